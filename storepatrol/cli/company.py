"""`storepatrol company`: the first company of an installation and its administrator."""

import argparse
import getpass
import sys
from pathlib import Path
from typing import Any


def add_parser(subparsers: "argparse._SubParsersAction[Any]") -> None:
    """Add the command to `storepatrol`."""
    parser = subparsers.add_parser("company", help="make a company with its administrator")
    parser.add_argument("--settings", type=Path, metavar="FILE", help="a TOML file of settings")
    parser.add_argument("--name-zh", required=True, metavar="名称", help="the company's name in Chinese")
    parser.add_argument("--name-en", required=True, metavar="NAME", help="the company's name in English")
    parser.add_argument("--time-zone", default="Asia/Shanghai", metavar="ZONE", help="default: %(default)s")
    parser.add_argument("--login", required=True, help="the administrator's login")
    parser.add_argument("--person", default="Administrator", metavar="NAME", help="the administrator's name")
    parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Make the company, the administrator, and the checklists everybody starts with."""
    from core import migrate
    from core.text import Text
    from storepatrol.bootstrap import load_settings, make_parts
    from storepatrol.founding import found

    password = sys.stdin.readline().rstrip("\n") if arguments.password_stdin else _ask()
    parts = make_parts(load_settings(arguments.settings))
    migrate.upgrade(parts.database.engine)
    name = Text(arguments.name_zh, arguments.name_en)
    found(parts, name, arguments.time_zone, arguments.login, arguments.person, password)
    print(f"{arguments.name_en}: {arguments.login} can sign in and add regions, stores and people")
    parts.database.close()
    return 0


def _ask() -> str:
    while True:
        password = getpass.getpass("Password: ")
        if getpass.getpass("Again: ") == password:
            return password
        print("The two are not the same.", file=sys.stderr)
