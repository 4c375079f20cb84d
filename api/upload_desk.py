"""What a tus request asks for, done: headers read, the upload moved, the answer's headers written."""

import asyncio
import contextlib
import uuid
from collections.abc import Awaitable, Callable
from email.utils import format_datetime
from typing import Any, TypeVar

import msgspec
from litestar import Request, Response

from api.request_body import RequestBody
from core.caller import Caller
from core.errors import Locked, Malformed, Unavailable, UnsupportedType
from core.log import bind_contextvars
from core.parts import Parts
from core.text import Text
from workflows.uploads import appending, protocol, service
from workflows.uploads.protocol import Checksum
from workflows.uploads.receiving import Threads, receive
from workflows.uploads.records import UploadState

PATIENCE_S = 3.0
"""How long a request waits for another one to let go of the same upload, before it is answered 423."""
POLL_S = 0.1

T = TypeVar("T")


class UploadDesk(msgspec.Struct, frozen=True):
    """One tus request of one caller, and what is needed to serve it."""

    request: Request[Any, Any, Any]
    parts: Parts
    caller: Caller
    threads: Threads

    async def create(self) -> Response[None]:
        """Begin an upload, with its first bytes if the request brings some."""
        self._refuse_what_is_not_offered()
        checksum = protocol.parse_checksum(self._header("Upload-Checksum"))
        length = protocol.parse_number("Upload-Length", self._header("Upload-Length"))
        metadata = protocol.parse_metadata(self._header("Upload-Metadata"))
        with_bytes = self._brings_bytes()
        upload = await self.threads.run_slow(service.create, self.parts, self.caller, length, metadata)
        if with_bytes and not upload.finished:
            upload = await self._take_first_bytes(upload, checksum)
        location = f"{self.request.scope['path'].rstrip('/')}/{upload.id}"
        return _answer(upload, 201, {"Location": location})

    async def tell(self, upload_id: uuid.UUID) -> Response[None]:
        """Tell how far an upload has come."""
        upload = await self._find(upload_id)
        if not upload.finished:
            # A request that broke off a moment ago may still be putting its last bytes on the disk.
            await self._until_free(upload_id)
            upload = await self._find(upload_id)
        metadata = protocol.format_metadata(upload.metadata)
        return _answer(upload, 200, {"Upload-Length": str(upload.length), "Upload-Metadata": metadata})

    async def append(self, upload_id: uuid.UUID) -> Response[None]:
        """Add the request's bytes to an upload."""
        self._check_content_type()
        offset = protocol.parse_number("Upload-Offset", self._header("Upload-Offset"))
        checksum = protocol.parse_checksum(self._header("Upload-Checksum"))
        return _answer(await self._take_bytes(upload_id, offset, checksum), 204, {})

    async def terminate(self, upload_id: uuid.UUID) -> Response[None]:
        """Forget an unfinished upload."""
        await _patiently(lambda: self.threads.run(service.terminate, self.parts, self.caller, upload_id))
        return Response(None, status_code=204)

    async def _take_first_bytes(self, upload: UploadState, checksum: Checksum | None) -> UploadState:
        try:
            return await self._take_bytes(upload.id, 0, checksum)
        except Unavailable:
            # The client must learn the address of what it began; its next request will say that the store is away.
            return await self._find(upload.id)

    async def _take_bytes(self, upload_id: uuid.UUID, offset: int, checksum: Checksum | None) -> UploadState:
        announced = self.request.content_length
        begin = appending.begin
        begun = await _patiently(
            lambda: self.threads.run(begin, self.parts, self.caller, upload_id, offset, checksum, announced)
        )
        if isinstance(begun, UploadState):
            return begun
        bind_contextvars(trace_id=begun.state.trace_id, upload_id=str(upload_id))
        async with RequestBody(self.request.receive) as body:
            return await receive(begun, body, self.threads)

    async def _find(self, upload_id: uuid.UUID) -> UploadState:
        return await self.threads.run(service.find, self.parts, self.caller, upload_id)

    async def _until_free(self, upload_id: uuid.UUID) -> None:
        """Wait for another request to let go of the upload, but no longer than is polite."""
        folder = service.folder_of(self.parts)
        for _ in range(round(PATIENCE_S / POLL_S)):
            if await self.threads.run(folder.is_free, upload_id):
                return
            await asyncio.sleep(POLL_S)

    def _header(self, name: str) -> str | None:
        return self.request.headers.get(name)

    def _check_content_type(self) -> None:
        if (self._header("Content-Type") or "").strip().lower() != protocol.CONTENT_TYPE:
            raise UnsupportedType(
                "upload.wrong_content_type",
                Text(f"Content-Type 应为 {protocol.CONTENT_TYPE}", f"Content-Type must be {protocol.CONTENT_TYPE}"),
            )

    def _brings_bytes(self) -> bool:
        if not self.request.content_length and self._header("Transfer-Encoding") is None:
            return False
        self._check_content_type()
        return True

    def _refuse_what_is_not_offered(self) -> None:
        for name in ("Upload-Defer-Length", "Upload-Concat"):
            if self._header(name) is not None:
                raise Malformed("upload.not_offered", Text(f"不支持 {name}", f"{name} is not offered"), header=name)


async def _patiently(attempt: Callable[[], Awaitable[T]]) -> T:
    """Try again for a while when another request holds the upload's lock."""
    for _ in range(round(PATIENCE_S / POLL_S)):
        with contextlib.suppress(Locked):
            return await attempt()
        await asyncio.sleep(POLL_S)
    return await attempt()


def _answer(upload: UploadState, status: int, headers: dict[str, str]) -> Response[None]:
    headers["Upload-Offset"] = str(upload.offset)
    if upload.sha256 is not None:
        headers["X-Storepatrol-Sha256"] = upload.sha256
    else:
        headers["Upload-Expires"] = format_datetime(upload.expires_at, usegmt=True)
    return Response(None, status_code=status, headers=headers)
