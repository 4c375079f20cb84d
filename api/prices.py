"""Price lists, what was read on photos, and which photos are read: /api/v1/price-lists, /photos/{id}/tags."""

import base64
import binascii
from typing import Annotated

import msgspec
from litestar import Response, Router, get, post, put
from litestar.params import JSONBody, QueryParameter

from api.guard import needs
from api.inject import Id, Line, TheCaller, ThePage, TheParts
from api.replies import created_or_same
from core.access.permissions import Action
from core.errors import Malformed
from core.paging import Page
from core.text import Text
from workflows.prices import service, table, views
from workflows.prices.service import NewPriceList
from workflows.prices.table import MOST_BYTES, Problem

LARGEST_BODY = MOST_BYTES * 4 // 3 + 4096
"""Bytes of a file of the largest size, as base64 in JSON."""
SAMPLE = 5

Number = Annotated[int | None, QueryParameter(ge=1, le=2**31 - 1)]


class PriceFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A CSV file as it is, in base64: its encoding is part of what has to be understood."""

    file_name: Line
    content: str

    def read(self) -> tuple[bytes, table.Table]:
        """Return the bytes and what they say."""
        try:
            content = base64.b64decode(self.content, validate=True)
        except (binascii.Error, ValueError) as error:
            raise Malformed("price_list.not_base64", Text("内容不是 base64", "The content is not base64")) from error
        return content, table.read(content)


class Preview(msgspec.Struct, frozen=True):
    """What importing a file would do."""

    line_count: int
    sample: tuple[table.Line, ...]
    problems: tuple[Problem, ...]
    problem_count: int


class SettingsView(msgspec.Struct, frozen=True):
    """Whether every photo is read, not only those taken for prices and freshness; `version` 0: never chosen."""

    read_every_photo: bool
    version: int


@get("/price-lists", opt=needs(Action.SEE_PRICES), sync_to_thread=True)
def price_lists(parts: TheParts, caller: TheCaller, page: ThePage) -> Page[views.ListView]:
    """List the price lists that hold somewhere in the caller's part of the organisation."""
    with parts.database.snapshot(caller) as session:
        return views.lists(session, page)


@put("/price-lists/{list_id:uuid}", opt=needs(Action.CHANGE_PRICES), sync_to_thread=True)
def put_price_list(
    parts: TheParts, caller: TheCaller, list_id: Id, data: JSONBody[NewPriceList]
) -> Response[views.ListView]:
    """Make a price list under an id the client made; the same again returns it."""
    with parts.database.transaction(caller) as session:
        made, new = service.put(session, parts.clock.now(), list_id, data)
        return created_or_same((views.list_view(session, made), new))


@get("/price-lists/{list_id:uuid}", opt=needs(Action.SEE_PRICES), sync_to_thread=True)
def price_list(parts: TheParts, caller: TheCaller, list_id: Id) -> views.ListView:
    """Return one price list."""
    with parts.database.snapshot(caller) as session:
        return views.list_view(session, service.get(session, list_id))


@get("/price-lists/{list_id:uuid}/versions", opt=needs(Action.SEE_PRICES), sync_to_thread=True)
def price_versions(parts: TheParts, caller: TheCaller, list_id: Id, page: ThePage) -> Page[views.VersionView]:
    """List the files imported into a price list, the latest first."""
    with parts.database.snapshot(caller) as session:
        return views.versions(session, list_id, page)


@post(
    "/price-lists/check", opt=needs(Action.CHANGE_PRICES), sync_to_thread=True, request_max_body_size=LARGEST_BODY,
    status_code=200,
)  # fmt: skip
def check_file(data: JSONBody[PriceFile]) -> Preview:
    """Tell what is in a file and what is wrong with it; nothing is kept."""
    _, found = data.read()
    return Preview(len(found.lines), found.lines[:SAMPLE], found.problems, found.problem_count)


@post(
    "/price-lists/{list_id:uuid}/versions", opt=needs(Action.CHANGE_PRICES), sync_to_thread=True,
    request_max_body_size=LARGEST_BODY,
)  # fmt: skip
def import_file(
    parts: TheParts, caller: TheCaller, list_id: Id, data: JSONBody[PriceFile]
) -> Response[views.VersionView]:
    """Make a file the next version of a list, whole or not at all; the latest one's content again returns that."""
    content, found = data.read()
    with parts.database.transaction(caller) as session:
        version, new = service.import_table(session, parts.clock.now(), list_id, found, content, data.file_name)
        return created_or_same((views.version_view(version), new))


@get("/price-lists/{list_id:uuid}/lines", opt=needs(Action.SEE_PRICES), sync_to_thread=True)
def price_lines(
    parts: TheParts,
    caller: TheCaller,
    list_id: Id,
    page: ThePage,
    number: Number = None,
    q: Annotated[str, QueryParameter(max_length=120)] = "",
) -> Page[views.LineView]:
    """List the articles of a version, the latest unless told otherwise, that hold all words of `q`."""
    with parts.database.snapshot(caller) as session:
        return views.lines(session, list_id, number, q.replace("\x00", ""), page)


@get("/price-lists/{list_id:uuid}/file", opt=needs(Action.SEE_PRICES), sync_to_thread=True)
def export(parts: TheParts, caller: TheCaller, list_id: Id, number: Number = None) -> Response[str]:
    """Return a version as CSV. Cells that a spreadsheet would run as a formula begin with an apostrophe."""
    with parts.database.snapshot(caller) as session:
        content = table.write(views.all_lines(session, list_id, number))
    headers = {"content-disposition": 'attachment; filename="prices.csv"'}
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)


@get("/price-settings", opt=needs(Action.SEE_PRICES), sync_to_thread=True)
def price_settings(parts: TheParts, caller: TheCaller) -> SettingsView:
    """Return which photos are read."""
    with parts.database.snapshot(caller) as session:
        chosen = service.settings(session)
        return SettingsView(chosen.read_every_photo, chosen.version) if chosen else SettingsView(False, 0)


@put("/price-settings", opt=needs(Action.CHANGE_PRICES), sync_to_thread=True)
def put_price_settings(parts: TheParts, caller: TheCaller, data: JSONBody[SettingsView]) -> SettingsView:
    """Choose which photos are read."""
    with parts.database.transaction(caller) as session:
        chosen = service.choose(
            session, parts.clock.now(), read_every_photo=data.read_every_photo, version=data.version
        )
        return SettingsView(chosen.read_every_photo, chosen.version)


@get("/photos/{photo_id:uuid}/tags", opt=needs(Action.SEE_VISITS), sync_to_thread=True)
def photo_tags(parts: TheParts, caller: TheCaller, photo_id: Id) -> views.TagsView:
    """Return the price tags and dates read on a photo, with what the price list says of them."""
    with parts.database.snapshot(caller) as session:
        return views.tags_of(session, photo_id)


router = Router(
    "/",
    route_handlers=[
        price_lists, put_price_list, price_list, price_versions, check_file, import_file, price_lines, export,
        price_settings, put_price_settings, photo_tags,
    ],
    tags=["prices"],
)  # fmt: skip
