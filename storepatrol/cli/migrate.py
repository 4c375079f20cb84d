"""`storepatrol migrate`: brings the database to today's schema."""

import argparse
import os
from pathlib import Path
from typing import Any


def add_parser(subparsers: "argparse._SubParsersAction[Any]") -> None:
    """Add the command to `storepatrol`."""
    parser = subparsers.add_parser("migrate", help="bring the database to today's schema")
    parser.add_argument("--settings", type=Path, metavar="FILE", help="a TOML file of settings")
    parser.add_argument(
        "--draft", metavar="MESSAGE", help="for developers: write a migration from the database's schema to the models"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Migrate, or draft a migration."""
    from core import log, migrate, settings
    from core.db import make_engine

    chosen = settings.load(os.environ, arguments.settings)
    log.configure(chosen.log_form, chosen.log_level)
    chosen.data_dir.mkdir(parents=True, exist_ok=True)
    engine = make_engine(chosen.database_url)
    try:
        if arguments.draft:
            from storepatrol.tables import metadata

            migrate.draft(engine, metadata, arguments.draft)
            return 0
        migrate.upgrade(engine)
    finally:
        engine.dispose()
    print(f"database is at {migrate.head()}")
    return 0
