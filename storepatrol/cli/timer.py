"""`storepatrol timer`: escalates what is overdue and hands due jobs to the queue server (stack)."""

import argparse
import signal
import threading
from pathlib import Path
from typing import Any


def add_parser(subparsers: "argparse._SubParsersAction[Any]") -> None:
    """Add the command to `storepatrol`."""
    parser = subparsers.add_parser("timer", help="escalate what is overdue, dispatch what is due (stack)")
    parser.add_argument("--settings", type=Path, metavar="FILE", help="a TOML file of settings")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Tick until SIGTERM. Any number of timers may run."""
    from storepatrol.bootstrap import load_settings, make_parts
    from workflows.dispatch import Dispatcher, connect
    from workflows.timer import Timer

    chosen = load_settings(arguments.settings)
    parts = make_parts(chosen)
    dispatcher = Dispatcher(parts, connect(chosen.redis_url)) if chosen.mode == "stack" else None
    stop = threading.Event()
    for signal_ in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_, lambda *_: stop.set())
    Timer(parts, dispatcher).run(stop)
    parts.database.close()
    return 0
