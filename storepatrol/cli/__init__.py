"""The command `storepatrol`. Each module here adds one subcommand; what it needs is imported when it runs."""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import metadata

from core.errors import StorepatrolError
from core.settings import SettingsError
from storepatrol.cli import check, company, demo, migrate, models, photo, serve, stack, timer, train, voice, worker
from storepatrol.cli.language import say

COMMANDS = (serve, worker, timer, company, demo, models, photo, voice, migrate, check, stack, train)


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = argparse.ArgumentParser(prog="storepatrol", description="Store inspection that closes the loop.")
    parser.add_argument("--version", action="version", version=f"%(prog)s {metadata.version('storepatrol')}")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add_parser(subparsers)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; return its exit code: 0 done, 1 something could not be done, 2 wrong usage or settings."""
    arguments = make_parser().parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except SettingsError as error:
        print(f"storepatrol: {error}", file=sys.stderr)
        return 2
    except StorepatrolError as error:
        print(f"storepatrol: {say(error.detail)} [{error.code}]", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read us (`| head`) has seen enough; the flush at exit must not complain about it either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
