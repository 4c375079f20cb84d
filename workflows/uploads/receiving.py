"""Pours a request's body into an upload: few bytes in memory, the disk in threads, and what has arrived is kept."""

import asyncio
import enum
import functools
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from contextvars import copy_context
from typing import ParamSpec, Protocol, TypeVar

from workflows.uploads.appending import Appending
from workflows.uploads.records import UploadState

FIRST_PIECE = 4096
PIECE = 256 * 1024
"""Bytes held in memory for one request; the first piece is smaller, for a wrong kind of file to be refused early."""
TICK_S = 0.5
YIELD_AFTER_S = 1.5
"""A request that has brought nothing for so long gives way to another one that asks for the same upload."""
LONGEST_SILENCE_S = 60.0
"""A phone that lost its network says no goodbye: after this silence its request counts as dropped."""

P = ParamSpec("P")
T = TypeVar("T")


class Pause(enum.Enum):
    """What a body brings when it brings no bytes."""

    SILENCE = "silence"
    END = "end"
    DROPPED = "dropped"


class Body(Protocol):
    """A request's body as it arrives."""

    async def read(self, wait_s: float) -> bytes | Pause:
        """Return the next bytes; SILENCE when none come within `wait_s` seconds, END, or DROPPED by the client."""
        ...


class Threads:
    """Runs blocking work in threads of our own: a slow store takes none from other requests, nor from the disk."""

    def __init__(self, disk: Executor, store: Executor) -> None:
        self._disk = disk
        self._store = store

    def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Awaitable[T]:
        """Start work that waits for the disk and the database, with the log's context; return its future."""
        return _start(self._disk, functools.partial(work, *args, **kwargs))

    def run_slow(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Awaitable[T]:
        """Start work that may wait for the store."""
        return _start(self._store, functools.partial(work, *args, **kwargs))


def _start(executor: Executor, work: Callable[[], T]) -> Awaitable[T]:
    return asyncio.get_running_loop().run_in_executor(executor, copy_context().run, work)


async def receive(appending: Appending, body: Body, threads: Threads) -> UploadState:
    """Append a whole body and return where the upload stands then.

    A body that breaks off, or falls silent, counts as far as it came.

    Raises:
        StorepatrolError: as `Appending.write` and `Appending.complete`.

    """
    try:
        if await _pour(appending, body, threads) is Pause.END:
            return await threads.run_slow(appending.complete)
        return await threads.run(appending.close)
    finally:
        # The server may cancel us at any await; the lock must be given back all the same.
        await asyncio.shield(threads.run(appending.close))


async def _pour(appending: Appending, body: Body, threads: Threads) -> Pause:
    buffer, enough, silence_s = bytearray(), FIRST_PIECE, 0.0
    while True:
        arrived = await body.read(TICK_S)
        if isinstance(arrived, bytes):
            buffer += arrived
            silence_s = 0.0
        else:
            silence_s += TICK_S
        if buffer and (isinstance(arrived, Pause) or len(buffer) >= enough):
            await threads.run(appending.write, bytes(buffer))
            buffer.clear()
            enough = PIECE
        if arrived in (Pause.END, Pause.DROPPED):
            return Pause(arrived)
        if await _is_over(appending, silence_s, threads):
            return Pause.DROPPED


async def _is_over(appending: Appending, silence_s: float, threads: Threads) -> bool:
    if silence_s < YIELD_AFTER_S:
        return False
    return silence_s >= LONGEST_SILENCE_S or await threads.run(appending.is_wanted)
