"""Resumable uploads: tus 1.0 at `/uploads`, for any tus client. What may be uploaded is told in `docs/uploads.md`."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from litestar import HttpMethod, Request, Response, Router, delete, head, patch, post, route
from litestar.datastructures import MutableScopeHeaders
from litestar.di import NamedDependency, Provide
from litestar.exceptions import MethodNotAllowedException
from litestar.params import SkipValidation
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from api.guard import PUBLIC, needs
from api.inject import Id, TheCaller, TheParts
from api.upload_desk import UploadDesk
from core.access.permissions import Action
from workflows.uploads import protocol
from workflows.uploads.receiving import Threads

DISK_THREADS = 8
STORE_THREADS = 8
RETRY_AFTER_S = 2

TheDesk = NamedDependency[SkipValidation[UploadDesk]]


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


# The limit of a request's body is lifted where bytes come in: the desk counts them against the upload's length.
@post("/", opt=needs(Action.UPLOAD), request_max_body_size=None, status_code=201)
async def create(desk: TheDesk) -> Response[None]:
    """Begin an upload (creation, creation-with-upload)."""
    return await desk.create()


@head("/{upload_id:uuid}", opt=needs(Action.UPLOAD))
async def tell(desk: TheDesk, upload_id: Id) -> Response[None]:
    """Tell how far an upload has come."""
    return await desk.tell(upload_id)


@patch("/{upload_id:uuid}", opt=needs(Action.UPLOAD), request_max_body_size=None, status_code=204)
async def append(desk: TheDesk, upload_id: Id) -> Response[None]:
    """Add bytes to an upload."""
    return await desk.append(upload_id)


@delete("/{upload_id:uuid}", opt=needs(Action.UPLOAD), status_code=204)
async def terminate(desk: TheDesk, upload_id: Id) -> Response[None]:
    """Forget an unfinished upload."""
    return await desk.terminate(upload_id)


@post("/{upload_id:uuid}", opt=needs(Action.UPLOAD), request_max_body_size=None, status_code=204)
async def overridden(desk: TheDesk, upload_id: Id) -> Response[None]:
    """Do what `X-HTTP-Method-Override` says: some networks let only GET and POST pass."""
    match desk.request.headers.get("x-http-method-override", "").upper():
        case "PATCH":
            return await desk.append(upload_id)
        case "DELETE":
            return await desk.terminate(upload_id)
        case "HEAD":
            return await desk.tell(upload_id)
        case _:
            raise MethodNotAllowedException(headers={"Allow": "HEAD, PATCH, DELETE, OPTIONS"})


_threads = Threads(
    disk=ThreadPoolExecutor(DISK_THREADS, thread_name_prefix="upload-disk"),
    store=ThreadPoolExecutor(STORE_THREADS, thread_name_prefix="upload-store"),
)


def _desk(request: Request[Any, Any, Any], parts: TheParts, caller: TheCaller) -> UploadDesk:
    protocol.check_version(request.headers.get("tus-resumable"))
    return UploadDesk(request=request, parts=parts, caller=caller, threads=_threads)


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


router = Router(
    "/uploads",
    route_handlers=[describe, create, tell, append, terminate, overridden],
    dependencies={"desk": Provide(_desk, sync_to_thread=False)},
    middleware=[_speak_tus],
    tags=["uploads"],
)
