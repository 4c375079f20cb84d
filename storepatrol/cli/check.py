"""`storepatrol check`: do the database, the storage and the queue server answer from here? For health checks."""

import argparse
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.errors import StorepatrolError, Unavailable
from core.queues import QUEUES
from core.settings import Settings
from core.text import Text
from storepatrol.cli.language import say


def add_parser(subparsers: "argparse._SubParsersAction[Any]") -> None:
    """Add the command to `storepatrol`."""
    parser = subparsers.add_parser("check", help="do the parts answer from here? exit 1 if one does not")
    parser.add_argument("--settings", type=Path, metavar="FILE", help="a TOML file of settings")
    parser.add_argument("--worker", choices=QUEUES, help="a worker of this queue has to run on this machine, too")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Ask every part, print what each says."""
    from core import settings

    chosen = settings.load(os.environ, arguments.settings)
    checks: dict[str, Callable[[], None]] = {
        "database": lambda: _database(chosen),
        "storage": lambda: _storage(chosen),
    }
    if chosen.mode == "stack":
        checks["queue"] = lambda: _queue(chosen)
    if arguments.worker:
        checks["worker"] = lambda: _worker(arguments.worker)
    results = [_ask(name, check, as_json=arguments.json) for name, check in checks.items()]
    return 0 if all(results) else 1


def _ask(name: str, check: Callable[[], None], *, as_json: bool) -> bool:
    error: StorepatrolError | None = None
    try:
        check()
    except StorepatrolError as caught:
        error = caught
    row = {"part": name, "ok": error is None}
    if error:
        row["error"] = {"code": error.code, "detail": say(error.detail)}
    line = f"{name:10}{say(error.detail) if error else say(Text('正常', 'ok'))}"
    print(json.dumps(row, ensure_ascii=False) if as_json else line, flush=True)
    return error is None


def _database(chosen: Settings) -> None:
    import sqlalchemy as sa

    from core import migrate
    from core.db import Database, make_engine

    engine = make_engine(chosen.database_url, pool_size=1)
    try:
        Database(engine).check()
        current = migrate.is_current(engine)
    except sa.exc.SQLAlchemyError as error:
        raise Unavailable("database.unavailable", Text("数据库暂时不可用", "The database is away")) from error
    finally:
        engine.dispose()
    if not current:
        detail = Text(
            "数据库结构不是当前版本, 请运行 storepatrol migrate", "Not today's schema: run storepatrol migrate"
        )
        raise Unavailable("database.not_migrated", detail)


def _storage(chosen: Settings) -> None:
    from core.storage import store_for

    store_for(chosen).check()


def _queue(chosen: Settings) -> None:
    import redis

    try:
        with redis.Redis.from_url(chosen.redis_url, socket_connect_timeout=5, socket_timeout=5) as client:
            client.ping()
    except redis.RedisError as error:
        raise Unavailable("queue.unavailable", Text("任务队列暂时不可用", "The queue server is away")) from error


def _worker(queue: str) -> None:
    """Look for the process itself: the queue server's list of workers is empty after a flush."""
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = file.read_bytes().split(b"\0")
        except OSError:  # it ended while we looked
            continue
        if b"--child" in words and queue.encode() in words:
            return
    raise Unavailable("worker.away", Text(f"没有运行中的 {queue} 工作进程", f"No {queue} worker runs here"))
