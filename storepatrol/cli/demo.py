"""`storepatrol demo`: a company with stores, people and a month of visits, to try the product with."""

import argparse
from pathlib import Path
from typing import Any


def add_parser(subparsers: "argparse._SubParsersAction[Any]") -> None:
    """Add the command to `storepatrol`."""
    parser = subparsers.add_parser("demo", help="make a demo company, and print its logins")
    parser.add_argument("--settings", type=Path, metavar="FILE", help="a TOML file of settings")
    parser.add_argument("--photos", type=Path, metavar="DIR", help="use these shelf photos instead of rendered ones")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Make the company if there is none, and print how to sign in."""
    from core import migrate
    from storepatrol.bootstrap import load_settings, make_parts
    from storepatrol.demo import greeting, open_demo

    parts = make_parts(load_settings(arguments.settings))
    migrate.upgrade(parts.database.engine)
    print("\n".join(greeting(open_demo(parts, arguments.photos), parts.settings.data_dir / "demo")))
    parts.database.close()
    return 0
