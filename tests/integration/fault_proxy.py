"""A TCP proxy that cuts connections at a given byte, as a bad network does."""

import asyncio
import contextlib
import socket
import struct
import threading
from collections import deque
from types import TracebackType
from typing import Literal, Self

import msgspec

# Linger for no time at all: closing then sends a reset, and what the other side has not read yet is gone.
_RESET = struct.pack("ii", 1, 0)


class Cut(msgspec.Struct, frozen=True):
    """End one connection after so many bytes went up (to the server) or down (to the client).

    `fin` ends it as a program does that stops; `reset` as a router does that forgot the connection; `silence` passes
    no more bytes and tells nobody, as a phone does in a lift.
    """

    way: Literal["up", "down"]
    after: int
    how: Literal["fin", "reset", "silence"] = "fin"


class FaultProxy:
    """Listens on `port` and passes everything on to `target_port`; `cuts` apply to the next connections, one each."""

    def __init__(self, target_port: int) -> None:
        self.cuts: deque[Cut] = deque()
        self._target_port = target_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._connections: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._loop.close()

    async def _serve(self) -> None:
        async with await asyncio.start_server(self._accept, sock=self._listener) as server:
            await self._stop.wait()
            server.close()
            await asyncio.sleep(0)  # who was just let in has a task by now
            for connection in list(self._connections):
                connection.cancel()
            await asyncio.gather(*self._connections, return_exceptions=True)
            await asyncio.sleep(0)  # an aborted transport closes its socket in the next round

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        try:
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await self._pass_on(reader, writer)
        finally:
            writer.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        cut = self.cuts.popleft() if self.cuts else None
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
        ways = (
            asyncio.ensure_future(_pump(reader, far_writer, cut if cut and cut.way == "up" else None)),
            asyncio.ensure_future(_pump(far_reader, writer, cut if cut and cut.way == "down" else None)),
        )
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            for end in (far_writer, writer):
                await _close(end, reset=cut is not None and cut.how == "reset")


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, cut: Cut | None) -> None:
    """Pass bytes on until the sender ends, or the cut is reached."""
    passed = 0
    while cut is None or passed < cut.after:
        data = await reader.read(65536 if cut is None else min(65536, cut.after - passed))
        if not data:
            return
        writer.write(data)
        await writer.drain()
        passed += len(data)
    if cut.how == "silence":
        await asyncio.Event().wait()


async def _close(writer: asyncio.StreamWriter, *, reset: bool) -> None:
    if reset:
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
