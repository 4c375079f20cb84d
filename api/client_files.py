"""The mobile client at `/`: the files its build left in api/client/, inside the wheel."""

import gzip
import hashlib
import mimetypes
from pathlib import Path
from typing import Any

import msgspec
from litestar import MediaType, Request, Response, Router, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from api.guard import PUBLIC

CLIENT = Path(__file__).parent / "client"

_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"
_TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".webmanifest": "application/manifest+json"}
_WORTH_PACKING = ("text/", "application/json", "application/manifest+json", "image/svg+xml", "application/wasm")
_NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Storepatrol</title>
<h1>Storepatrol is running</h1>
<p>网页客户端尚未构建。请运行 <code>make run</code>, 或在
 <code>mobile_client</code> 目录执行
<code>npm ci &amp;&amp; npm run build</code>。</p>
<p>The web client was not built. Use <code>make run</code>, or <code>npm ci &amp;&amp; npm run build</code> in
<code>mobile_client</code>. The API is described at <a href="/api/docs">/api/docs</a>.</p></html>
"""


class _File(msgspec.Struct, frozen=True):
    content: bytes
    packed: bytes | None
    media_type: str
    etag: str
    cache_control: str


class ClientFiles:
    """The files of one built client, read once: what is not in this table is not served, whatever path is asked for."""

    def __init__(self, folder: Path) -> None:
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        self._files = {path.relative_to(folder).as_posix(): _read(path, folder) for path in files}

    def answer(self, name: str, *, accepts: str, known_etag: str | None) -> Response[bytes]:
        """Return the response for one file.

        Raises:
            NotFoundException: there is none of this name.

        """
        file = self._files.get(name)
        if file is None:
            if name == "index.html":
                return Response(_NOT_BUILT.encode(), media_type=MediaType.HTML, headers={"Cache-Control": "no-store"})
            raise NotFoundException
        headers = {"ETag": file.etag, "Cache-Control": file.cache_control, "Vary": "Accept-Encoding"}
        if known_etag == file.etag:
            return Response(b"", status_code=304, headers=headers, media_type=file.media_type)
        if file.packed is not None and "gzip" in accepts:
            return Response(file.packed, headers={**headers, "Content-Encoding": "gzip"}, media_type=file.media_type)
        return Response(file.content, headers=headers, media_type=file.media_type)


def _read(path: Path, folder: Path) -> _File:
    content = path.read_bytes()
    media_type = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    worth_it = len(content) > 1024 and media_type.startswith(_WORTH_PACKING)
    hashed_name = path.relative_to(folder).parts[0] == "assets"  # Vite puts a hash of the content into these names
    return _File(
        content=content,
        packed=gzip.compress(content, 6, mtime=0) if worth_it else None,
        media_type=media_type,
        etag=f'"{hashlib.sha256(content).hexdigest()[:32]}"',
        cache_control=_FOR_EVER if hashed_name else _ASK_AGAIN,
    )


def _serve(request: Request[Any, Any, Any], name: str) -> Response[bytes]:
    files: ClientFiles = request.app.state["client_files"]
    return files.answer(
        name,
        accepts=request.headers.get("accept-encoding", ""),
        known_etag=request.headers.get("if-none-match"),
    )


@get("/", opt=PUBLIC, sync_to_thread=False)
def index(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Serve the client's page; what comes after the # is the client's own business."""
    return _serve(request, "index.html")


@get("/{file_path:path}", opt=PUBLIC, sync_to_thread=False)
def file(request: Request[Any, Any, Any], file_path: FromPath[Path]) -> Response[bytes]:
    """Serve one file of the client."""
    return _serve(request, file_path.as_posix().lstrip("/"))


router = Router("/", route_handlers=[index, file], include_in_schema=False)
