"""`storepatrol stack up|down|status`: PostgreSQL, Redis and SeaweedFS on this machine, for development and tests.

`storepatrol stack storage` is SeaweedFS alone, as a container of the production stack runs it.
"""

import argparse
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any

from core.text import Text
from storepatrol.cli import options
from storepatrol.cli.language import say
from storepatrol.stack import ServerError, Stack, StackBusy, running_environment, seaweed, stop_running
from storepatrol.stack.process import die_with_parent


def add_parser(subparsers: "argparse._SubParsersAction[Any]") -> None:
    """Add the command `stack`."""
    parser = subparsers.add_parser("stack", help="start real servers here: PostgreSQL, Redis, SeaweedFS (development)")
    commands = parser.add_subparsers(dest="stack_command", required=True)
    up = commands.add_parser("up", help="start them and stay; Ctrl-C or `down` ends them")
    down = commands.add_parser("down", help="end them")
    status = commands.add_parser("status", help="are they running, and which settings use them (exit 1 if not)")
    for command, run in ((up, run_up), (down, run_down), (status, run_status)):
        command.add_argument(
            "--data-dir",
            type=Path,
            default=None,
            help="default: STOREPATROL_DATA_DIR, else .data; servers use DIR/stack",
        )
        command.set_defaults(run=run)
    storage = commands.add_parser("storage", help="SeaweedFS alone, with the S3 keys of the settings; S3 on port 8333")
    storage.add_argument("--folder", type=Path, required=True, help="where it keeps its data")
    storage.add_argument("--host", default="127.0.0.1", help="address S3 listens on (default: 127.0.0.1)")
    storage.add_argument(
        "--first-port", type=options.count, default=8333, help="S3; its other parts take the next seven"
    )
    storage.add_argument("--check", action="store_true", help="exit 0 if it runs and can be relied on")
    storage.set_defaults(run=run_storage)
    status.add_argument("--json", action="store_true", help="one JSON object: the settings")
    up.add_argument(
        "--exec",
        dest="command",
        nargs=argparse.REMAINDER,
        metavar="COMMAND",
        help="last option: run COMMAND with the servers' settings, then end them; its exit code is ours",
    )


def run_up(args: argparse.Namespace) -> int:
    """Start the servers, and run a command or wait; with servers that run already, use those."""
    data_dir = _data_dir(args)
    for signal_ in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(signal_, _interrupt)
    try:
        with Stack(data_dir / "stack", data_dir) as stack:
            return _run(args.command, stack.environment) if args.command else _stay(stack)
    except StackBusy as error:
        environment = _wait_for_other(data_dir / "stack")
        if not args.command or environment is None:
            return _fail(error)
        return _run(args.command, environment)
    except ServerError as error:
        return _fail(error)
    except KeyboardInterrupt:
        return 0


def run_down(args: argparse.Namespace) -> int:
    """End the servers that another process started."""
    try:
        stopped = stop_running(_data_dir(args) / "stack")
    except ServerError as error:
        return _fail(error)
    print(say(Text("已停止", "stopped") if stopped else Text("没有在运行", "not running")))
    return 0


def run_status(args: argparse.Namespace) -> int:
    """Print the settings as shell lines, so that `eval "$(storepatrol stack status)"` uses the servers."""
    environment = running_environment(_data_dir(args) / "stack")
    if environment is None:
        print(say(Text("没有在运行", "not running")), file=sys.stderr)
        return 1
    print(json.dumps(environment) if args.json else _exports(environment))
    return 0


def run_storage(args: argparse.Namespace) -> int:
    """Run SeaweedFS until told to stop, or ask the one that runs."""
    ports = {name: args.first_port + offset for offset, name in enumerate(seaweed.PORTS)}
    if args.check:
        return 0 if seaweed.ready(ports) else 1
    keys = [os.environ.get(f"STOREPATROL_S3_{name}", "") for name in ("ACCESS_KEY", "SECRET_KEY")]
    if not all(keys):
        return _fail(ServerError("STOREPATROL_S3_ACCESS_KEY and STOREPATROL_S3_SECRET_KEY are needed"), 2)
    signal.signal(signal.SIGTERM, _interrupt)
    args.folder.mkdir(parents=True, exist_ok=True)
    child = seaweed.spawn(args.folder.absolute(), ports, keys[0], keys[1], s3_host=args.host, gigabytes=0)
    try:
        child.wait_ready(lambda: seaweed.ready(ports))
        while child.alive:
            time.sleep(0.5)
        return _fail(ServerError(f"SeaweedFS ended by itself\n{child.log_tail()}"))
    except ServerError as error:
        return _fail(error)
    except KeyboardInterrupt:
        return 0
    finally:
        child.stop()
        seaweed.remove_sockets(ports)


def _data_dir(args: argparse.Namespace) -> Path:
    return (args.data_dir or Path(os.environ.get("STOREPATROL_DATA_DIR") or ".data")).absolute()


def _stay(stack: Stack) -> int:
    hint = Text(
        "服务器已就绪; 按 Ctrl-C 停止. 使用它们的设置:", "Servers are ready; Ctrl-C ends them. Settings that use them:"
    )
    print(f"# {say(hint)}\n{_exports(stack.environment)}", flush=True)
    while not stack.dead:
        time.sleep(0.5)
    child = stack.dead[0]
    raise ServerError(f"{child.name} ended by itself\n{child.log_tail()}")


def _run(command: list[str], environment: dict[str, str]) -> int:
    """Run the command to its end; Ctrl-C reaches it from the terminal, a SIGTERM of ours is passed on."""
    try:
        process = subprocess.Popen(
            command, env={**os.environ, **environment}, preexec_fn=die_with_parent(signal.SIGTERM)
        )
    except OSError as error:
        return _fail(error, 2)
    while True:
        try:
            code = process.wait()
        except KeyboardInterrupt:
            process.terminate()
        else:
            return code if code >= 0 else 128 - code


def _wait_for_other(folder: Path, patience_s: float = 60.0) -> dict[str, str] | None:
    """Return the environment of the servers another process runs, once they are up."""
    deadline = time.monotonic() + patience_s
    while (environment := running_environment(folder)) is None and time.monotonic() < deadline:
        time.sleep(0.2)
    return environment


def _exports(environment: dict[str, str]) -> str:
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in environment.items())


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _fail(error: Exception, code: int = 1) -> int:
    print(f"storepatrol stack: {error}", file=sys.stderr)
    return code
