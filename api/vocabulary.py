"""The company's own words for its voice notes: /api/v1/vocabulary."""

import base64
import binascii
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, Router, delete, get, post, put
from litestar.params import FromQuery, JSONBody, QueryParameter

from api.guard import needs
from api.inject import Id, Line, TheCaller, ThePage, TheParts
from api.replies import created_or_same
from api.standards import LIBRARY
from core.access.permissions import Action
from core.errors import Malformed
from core.paging import Page
from core.text import Text
from speech.vocabulary import Corrected, Kind, Term, correct
from workflows.lexicon import lexicon
from workflows.sheets import Problem
from workflows.vocabulary import service, table, views
from workflows.vocabulary.current import VocabularyShelf
from workflows.vocabulary.service import Imported, NewTerm

LARGEST_BODY = table.MOST_BYTES * 4 // 3 + 4096
"""Bytes of a file of the largest size, as base64 in JSON."""
SAMPLE = 5
LEXICON = lexicon(LIBRARY)


class TermFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A CSV file as it is, in base64: its encoding is part of what has to be understood."""

    file_name: Line
    content: str

    def read(self) -> table.Table:
        """Return what the file says."""
        try:
            return table.read(base64.b64decode(self.content, validate=True))
        except (binascii.Error, ValueError) as error:
            raise Malformed("vocabulary.not_base64", Text("内容不是 base64", "The content is not base64")) from error


class Preview(msgspec.Struct, frozen=True):
    """What importing a file would bring."""

    term_count: int
    sample: tuple[Term, ...]
    problems: tuple[Problem, ...]
    problem_count: int


class Heard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text as a recogniser may have heard it."""

    text: Annotated[str, msgspec.Meta(max_length=2000)]


@get("", opt=needs(Action.SEE_VOCABULARY), sync_to_thread=True)
def vocabulary(
    parts: TheParts,
    caller: TheCaller,
    page: ThePage,
    q: Annotated[str, QueryParameter(max_length=120)] = "",
    kind: FromQuery[Kind | None] = None,
) -> Page[views.TermView]:
    """List the terms somebody added that hold all words of `q`."""
    with parts.database.snapshot(caller) as session:
        return views.terms(session, q.replace("\x00", ""), kind, page)


@get("/summary", opt=needs(Action.SEE_VOCABULARY), sync_to_thread=True)
def vocabulary_summary(parts: TheParts, caller: TheCaller) -> views.Summary:
    """Count the terms: added ones, stores, and products of the price lists."""
    with parts.database.snapshot(caller) as session:
        return views.summary(session)


@put("/{term_id:uuid}", opt=needs(Action.CHANGE_VOCABULARY), sync_to_thread=True)
def put_term(parts: TheParts, caller: TheCaller, term_id: Id, data: JSONBody[NewTerm]) -> Response[views.TermView]:
    """Add a term under an id the client made; the same again returns it."""
    with parts.database.transaction(caller) as session:
        row, new = service.put(session, parts.clock.now(), term_id, data)
        return created_or_same((views.term_view(row), new))


@delete("/{term_id:uuid}", opt=needs(Action.CHANGE_VOCABULARY), sync_to_thread=True)
def remove_term(parts: TheParts, caller: TheCaller, term_id: Id) -> None:
    """Take a term out. Notes that it corrected stay as they are."""
    with parts.database.transaction(caller) as session:
        service.remove(session, parts.clock.now(), term_id)


@post(
    "/check", opt=needs(Action.CHANGE_VOCABULARY), sync_to_thread=True, request_max_body_size=LARGEST_BODY,
    status_code=200,
)  # fmt: skip
def check_terms(data: JSONBody[TermFile]) -> Preview:
    """Tell what is in a file and what is wrong with it; nothing is kept."""
    found = data.read()
    return Preview(len(found.terms), found.terms[:SAMPLE], found.problems, found.problem_count)


@post(
    "/import", opt=needs(Action.CHANGE_VOCABULARY), sync_to_thread=True, request_max_body_size=LARGEST_BODY,
    status_code=200,
)  # fmt: skip
def import_terms(parts: TheParts, caller: TheCaller, data: JSONBody[TermFile]) -> Imported:
    """Add a file's terms, all or none; the same file again changes nothing."""
    found = data.read()
    with parts.database.transaction(caller) as session:
        return service.import_table(session, parts.clock.now(), found, data.file_name)


@post("/try", opt=needs(Action.SEE_VOCABULARY), sync_to_thread=True, status_code=200)
def try_text(request: Request[Any, Any, Any], parts: TheParts, caller: TheCaller, data: JSONBody[Heard]) -> Corrected:
    """Tell what would become of a heard text; nothing is kept."""
    shelf: VocabularyShelf = request.app.state["vocabularies"]
    return correct(data.text, shelf.of(parts.database, caller, LEXICON))


router = Router(
    "/vocabulary",
    route_handlers=[vocabulary, vocabulary_summary, put_term, remove_term, check_terms, import_terms, try_text],
    tags=["vocabulary"],
)
