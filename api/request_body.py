"""A request's body straight from the server: as it arrives, without a limit, with its possible ends told apart."""

import asyncio
import contextlib
from types import TracebackType
from typing import Self

from litestar.types import Receive
from litestar.types.asgi_types import ReceiveMessage

from workflows.uploads.receiving import Pause


class RequestBody:
    """A `Body` for uploads.

    `Request.stream` would end in one and the same exception for a dropped connection and for a mistake of ours, and
    cannot wait for a while only.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._next: asyncio.Task[ReceiveMessage] | None = None
        self._ended = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._next is not None:
            self._next.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._next

    async def read(self, wait_s: float) -> bytes | Pause:
        """Return the next bytes, or why there are none."""
        if self._ended:
            return Pause.END
        if self._next is None:
            self._next = asyncio.ensure_future(self._receive())
        done, _ = await asyncio.wait({self._next}, timeout=wait_s)
        if not done:
            return Pause.SILENCE
        message, self._next = self._next.result(), None
        if message["type"] != "http.request":
            return Pause.DROPPED
        self._ended = not message["more_body"]
        return message["body"] or (Pause.END if self._ended else b"")
