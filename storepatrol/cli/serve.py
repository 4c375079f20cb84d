"""`storepatrol serve`: the API, the client, and (embedded) the workers and the timer."""

import argparse
from pathlib import Path
from typing import Any


def add_parser(subparsers: "argparse._SubParsersAction[Any]") -> None:
    """Add the command to `storepatrol`."""
    parser = subparsers.add_parser("serve", help="serve everything at one address")
    parser.add_argument("--settings", type=Path, metavar="FILE", help="a TOML file of settings")
    parser.add_argument("--demo", action="store_true", help="make the demo company first, if it is not there")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Migrate, greet, serve."""
    from core import migrate, weights
    from storepatrol.bootstrap import load_settings, make_parts
    from storepatrol.demo import greeting, open_demo
    from storepatrol.server import serve

    chosen = load_settings(arguments.settings)
    _must_be_free(chosen.host, chosen.port)
    parts = make_parts(chosen)
    if chosen.mode == "embedded":
        weights.locate(chosen.whisper_model, chosen.models)  # better told now than by a worker that cannot start
        migrate.upgrade(parts.database.engine)
    address = f"http://{chosen.host}:{chosen.port}"
    lines = [f"Storepatrol: {address}"]
    if arguments.demo:
        print("Demo company: making it if it is not there yet … 演示公司: 首次运行时创建 …", flush=True)
        lines += greeting(open_demo(parts), chosen.data_dir / "demo")
    serve(parts, arguments.settings, ready=lambda: print("\n".join(lines), flush=True))
    parts.database.close()
    return 0


def _must_be_free(host: str, port: int) -> None:
    """Say which setting helps when somebody else listens there already."""
    import errno
    import socket

    from core.settings import SettingsError

    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise SettingsError(f"STOREPATROL_PORT: {port} is taken; try STOREPATROL_PORT={port + 1}") from error
            raise SettingsError(f"STOREPATROL_HOST: {host}:{port}: {error.strerror}") from error
