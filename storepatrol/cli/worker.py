"""`storepatrol worker`: does the jobs of some queues; by default watched over and restarted when it dies."""

import argparse
import contextlib
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from core.queues import DETAILS, QUEUES, VISION
from storepatrol.cli import options

LOOK_FOR_MODELS_S = 5.0
POLITE = 10
"""Nobody waits for the details: where processors are few they are left to those somebody waits for."""


def add_parser(subparsers: "argparse._SubParsersAction[Any]") -> None:
    """Add the command to `storepatrol`."""
    parser = subparsers.add_parser("worker", help="do the jobs of some queues")
    parser.add_argument("--settings", type=Path, metavar="FILE", help="a TOML file of settings")
    parser.add_argument(
        "--queues", type=options.queues, default=QUEUES, metavar="NAME[,NAME]",
        help=f"of {', '.join(QUEUES)} (default: all)",
    )  # fmt: skip
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Watch over one worker for each queue, or be one."""
    from storepatrol.bootstrap import load_settings, make_parts

    parts = make_parts(load_settings(arguments.settings))
    stop = threading.Event()
    if arguments.child:
        return _be_one(parts, arguments.queues, stop)
    from storepatrol.supervisor import WorkerProcess, keep_running

    queues: tuple[str, ...] = arguments.queues
    _stop_on_signals(stop)
    with keep_running({queue: WorkerProcess(parts, (queue,), arguments.settings).run for queue in queues}, stop):
        stop.wait()
    parts.database.close()
    return 0


def _be_one(parts: Any, queues: tuple[str, ...], stop: threading.Event) -> int:
    from core.weights import own
    from storepatrol.bootstrap import make_tools
    from storepatrol.memory import limit_growth
    from storepatrol.supervisor import CHILD_NAME
    from workflows.worker import Worker, worker_name

    threading.Thread(target=_end_with_parent, daemon=True).start()
    name = os.environ.get(CHILD_NAME) or worker_name(queues)
    _stop_on_signals(stop)
    began = own.read_state(parts.settings.own_models)  # before the models are loaded, so that no change is missed
    worker = Worker(make_tools(parts, queues), queues, name, owns_process=True)
    if {VISION, DETAILS} & set(queues):
        threading.Thread(target=_end_with_model, args=(parts.settings.own_models, began), daemon=True).start()
    if queues in ((VISION,), (DETAILS,)):  # a recording is decoded in a child of its own, which has its own limit
        limit_growth(parts.settings.vision_memory_mb)
    if queues == (DETAILS,):
        os.nice(POLITE)
    if parts.settings.mode == "stack":
        from workflows.dispatch import connect, serve_queue

        (queue,) = queues  # its supervisor starts one child for each
        serve_queue(worker, queue, connect(parts.settings.redis_url), stop)
    else:
        worker.run(stop)
    parts.database.close()
    return 0


def _stop_on_signals(stop: threading.Event) -> None:
    for signal_ in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_, lambda *_: stop.set())


def _end_with_model(folder: Path, began: Any) -> None:
    """Stop as by SIGTERM, after the job in hand, when another model was put to use: the successor loads it."""
    from core.weights import WeightsError, own

    while True:
        time.sleep(LOOK_FOR_MODELS_S)
        with contextlib.suppress(WeightsError):  # the next look, or the next start, will tell
            now = own.read_state(folder)
            if (now.current, now.shadow) != (began.current, began.shadow):
                os.kill(os.getpid(), signal.SIGTERM)
                return


def _end_with_parent() -> None:
    """Leave when the supervisor is gone, however it went: its end of our standard input closes."""
    # Not through sys.stdin: the interpreter could not end while a thread waits in there.
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os._exit(1)
