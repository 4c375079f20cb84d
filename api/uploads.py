"""Resumable uploads: tus 1.0 at `/uploads`, for any tus client. What may be uploaded is told in `docs/uploads.md`."""

import asyncio
import contextlib
import uuid
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from email.utils import format_datetime
from typing import Any, TypeVar

from litestar import HttpMethod, Request, Response, Router, delete, head, patch, post, route
from litestar.datastructures import MutableScopeHeaders
from litestar.di import NamedDependency, Provide
from litestar.exceptions import MethodNotAllowedException
from litestar.params import SkipValidation
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from api.guard import PUBLIC, needs
from api.inject import Id, TheCaller, TheParts
from api.request_body import RequestBody
from core.access.permissions import Action
from core.caller import Caller
from core.errors import Locked, Malformed, Unavailable, UnsupportedType
from core.log import bind_contextvars
from core.parts import Parts
from core.text import Text
from workflows.uploads import appending, protocol, service
from workflows.uploads.receiving import Threads, receive
from workflows.uploads.records import UploadState

PATIENCE_S = 3.0
"""How long a request waits for another one to let go of the same upload, before it is answered 423."""
POLL_S = 0.1
DISK_THREADS = 8
STORE_THREADS = 8
RETRY_AFTER_S = 2

AnyRequest = Request[Any, Any, Any]
TheThreads = NamedDependency[SkipValidation[Threads]]
T = TypeVar("T")


@route("/", http_method=[HttpMethod.OPTIONS], opt=PUBLIC, status_code=204, include_in_schema=False)
async def describe(parts: TheParts) -> Response[None]:
    """Tell what the server can do."""
    settings = parts.settings
    return Response(
        None,
        status_code=204,
        headers={
            "Tus-Version": protocol.VERSION,
            "Tus-Extension": ",".join(protocol.EXTENSIONS),
            "Tus-Max-Size": str(max(settings.max_photo_bytes, settings.max_voice_bytes)),
            "Tus-Checksum-Algorithm": ",".join(protocol.CHECKSUM_ALGORITHMS),
        },
    )


@post("/", opt=needs(Action.UPLOAD), request_max_body_size=None, status_code=201)
async def create(request: AnyRequest, parts: TheParts, caller: TheCaller, threads: TheThreads) -> Response[None]:
    """Begin an upload (creation, creation-with-upload)."""
    protocol.check_version(request.headers.get("tus-resumable"))
    _refuse_what_is_not_offered(request)
    checksum = protocol.parse_checksum(request.headers.get("upload-checksum"))
    length = protocol.parse_number("Upload-Length", request.headers.get("upload-length"))
    metadata = protocol.parse_metadata(request.headers.get("upload-metadata"))
    with_upload = _brings_bytes(request)
    upload = await threads.run_slow(service.create, parts, caller, length, metadata)
    location = f"{request.scope['path'].rstrip('/')}/{upload.id}"
    if with_upload and not upload.finished:
        upload = await _first_bytes(request, parts, caller, threads, upload, checksum)
    return _answer(upload, 201, {"Location": location})


@head("/{upload_id:uuid}", opt=needs(Action.UPLOAD))
async def tell(
    request: AnyRequest, upload_id: Id, parts: TheParts, caller: TheCaller, threads: TheThreads
) -> Response[None]:
    """Tell how far an upload has come."""
    return await _tell(request, upload_id, parts, caller, threads)


@patch("/{upload_id:uuid}", opt=needs(Action.UPLOAD), request_max_body_size=None, status_code=204)
async def append(
    request: AnyRequest, upload_id: Id, parts: TheParts, caller: TheCaller, threads: TheThreads
) -> Response[None]:
    """Add bytes to an upload."""
    return await _append(request, upload_id, parts, caller, threads)


@delete("/{upload_id:uuid}", opt=needs(Action.UPLOAD), status_code=204)
async def terminate(
    request: AnyRequest, upload_id: Id, parts: TheParts, caller: TheCaller, threads: TheThreads
) -> Response[None]:
    """Forget an unfinished upload."""
    return await _terminate(request, upload_id, parts, caller, threads)


@post("/{upload_id:uuid}", opt=needs(Action.UPLOAD), request_max_body_size=None, status_code=204)
async def overridden(
    request: AnyRequest, upload_id: Id, parts: TheParts, caller: TheCaller, threads: TheThreads
) -> Response[None]:
    """Do what `X-HTTP-Method-Override` says: some networks let only GET and POST pass."""
    methods = {"PATCH": _append, "DELETE": _terminate, "HEAD": _tell}
    method = methods.get(request.headers.get("x-http-method-override", "").upper())
    if method is None:
        raise MethodNotAllowedException(headers={"Allow": "HEAD, PATCH, DELETE, OPTIONS"})
    return await method(request, upload_id, parts, caller, threads)


def _speak_tus(app: ASGIApp) -> ASGIApp:
    """Mark every response as tus 1.0, errors included, and tell a client that meets a lock when to come back."""

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableScopeHeaders.from_message(message)
                headers["Tus-Resumable"] = protocol.VERSION
                headers["Cache-Control"] = "no-store"
                if message["status"] == 412:
                    headers["Tus-Version"] = protocol.VERSION
                if message["status"] in (423, 503):
                    headers.setdefault("Retry-After", str(RETRY_AFTER_S))
            await send(message)

        await app(scope, receive, send_marked)

    return middleware


async def _tell(
    request: AnyRequest, upload_id: uuid.UUID, parts: Parts, caller: Caller, threads: Threads
) -> Response[None]:
    protocol.check_version(request.headers.get("tus-resumable"))
    upload = await threads.run(service.find, parts, caller, upload_id)
    if not upload.finished:
        # A request that broke off a moment ago may still be putting its last bytes on the disk.
        await _until_free(parts, upload_id, threads)
        upload = await threads.run(service.find, parts, caller, upload_id)
    described = {"Upload-Length": str(upload.length), "Upload-Metadata": protocol.format_metadata(upload.metadata)}
    return _answer(upload, 200, described)


async def _append(
    request: AnyRequest, upload_id: uuid.UUID, parts: Parts, caller: Caller, threads: Threads
) -> Response[None]:
    protocol.check_version(request.headers.get("tus-resumable"))
    _check_content_type(request)
    offset = protocol.parse_number("Upload-Offset", request.headers.get("upload-offset"))
    checksum = protocol.parse_checksum(request.headers.get("upload-checksum"))
    upload = await _pour(request, parts, caller, threads, upload_id, offset, checksum)
    return _answer(upload, 204, {})


async def _terminate(
    request: AnyRequest, upload_id: uuid.UUID, parts: Parts, caller: Caller, threads: Threads
) -> Response[None]:
    protocol.check_version(request.headers.get("tus-resumable"))
    await _patiently(lambda: threads.run(service.terminate, parts, caller, upload_id))
    return Response(None, status_code=204)


async def _first_bytes(
    request: AnyRequest,
    parts: Parts,
    caller: Caller,
    threads: Threads,
    upload: UploadState,
    checksum: protocol.Checksum | None,
) -> UploadState:
    try:
        return await _pour(request, parts, caller, threads, upload.id, 0, checksum)
    except Unavailable:
        # The client must learn the address of what it began; its next request will say that the store is away.
        return await threads.run(service.find, parts, caller, upload.id)


async def _pour(
    request: AnyRequest,
    parts: Parts,
    caller: Caller,
    threads: Threads,
    upload_id: uuid.UUID,
    offset: int,
    checksum: protocol.Checksum | None,
) -> UploadState:
    announced = request.content_length
    begun = await _patiently(
        lambda: threads.run(appending.begin, parts, caller, upload_id, offset, checksum, announced)
    )
    if isinstance(begun, UploadState):
        return begun
    bind_contextvars(trace_id=begun.state.trace_id, upload_id=str(upload_id))
    async with RequestBody(request.receive) as body:
        return await receive(begun, body, threads)


async def _patiently(attempt: Callable[[], Awaitable[T]]) -> T:
    """Try again for a while when another request holds the upload's lock."""
    for _ in range(round(PATIENCE_S / POLL_S)):
        with contextlib.suppress(Locked):
            return await attempt()
        await asyncio.sleep(POLL_S)
    return await attempt()


async def _until_free(parts: Parts, upload_id: uuid.UUID, threads: Threads) -> None:
    folder = service.folder_of(parts)
    for _ in range(round(PATIENCE_S / POLL_S)):
        if await threads.run(folder.is_free, upload_id):
            return
        await asyncio.sleep(POLL_S)


def _answer(upload: UploadState, status: int, headers: dict[str, str]) -> Response[None]:
    headers["Upload-Offset"] = str(upload.offset)
    if upload.sha256 is not None:
        headers["X-Storepatrol-Sha256"] = upload.sha256
    else:
        headers["Upload-Expires"] = format_datetime(upload.expires_at, usegmt=True)
    return Response(None, status_code=status, headers=headers)


def _check_content_type(request: AnyRequest) -> None:
    if request.headers.get("content-type", "").strip().lower() != protocol.CONTENT_TYPE:
        raise UnsupportedType(
            "upload.wrong_content_type",
            Text(f"Content-Type 应为 {protocol.CONTENT_TYPE}", f"Content-Type must be {protocol.CONTENT_TYPE}"),
        )


def _brings_bytes(request: AnyRequest) -> bool:
    if not request.content_length and "transfer-encoding" not in request.headers:
        return False
    _check_content_type(request)
    return True


def _refuse_what_is_not_offered(request: AnyRequest) -> None:
    for name in ("Upload-Defer-Length", "Upload-Concat"):
        if name in request.headers:
            raise Malformed("upload.not_offered", Text(f"不支持 {name}", f"{name} is not offered"), header=name)


_threads = Threads(
    ThreadPoolExecutor(DISK_THREADS, thread_name_prefix="upload-disk"),
    ThreadPoolExecutor(STORE_THREADS, thread_name_prefix="upload-store"),
)

router = Router(
    "/uploads",
    route_handlers=[describe, create, tell, append, terminate, overridden],
    dependencies={"threads": Provide(lambda: _threads, sync_to_thread=False)},
    middleware=[_speak_tus],
    tags=["uploads"],
)
