"""A shop to play through: visits, photos and notes as the services take them, and models that say what they are told.

The models are fakes; database, storage, worker and pipeline are the real ones.
"""

import datetime as dt
import io
import secrets
import tempfile
import threading
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from PIL import Image

from checklists import library
from checklists import service as checklists
from checklists.answers import Answer, Value
from checklists.built_in import AVAILABILITY, Template
from checklists.item import Item
from checklists.kinds import Choice, Number, PassFail, Scale
from core import jobs
from core.caller import Caller, installation
from core.db import Database
from core.errors import StorepatrolError
from core.hashing import sha256_of
from core.ids import new_id
from core.jobs import Job, Ticket
from core.parts import Parts
from core.queues import QUEUES
from core.text import Text
from speech.errors import AudioError
from speech.notes import NoteIssue, NoteReader, RuleReader, Understood
from speech.transcriber import Transcriber
from speech.transcript import Segment, Transcript, Word
from tests.builders import Company
from vision.compare import Comparison, Verdict
from vision.geometry import Box
from vision.photo import Photo as Picture
from vision.quality import Quality
from vision.shelf import Gap, Row, ShelfReader, ShelfReading
from workflows.issues.model import Issue
from workflows.lexicon import lexicon
from workflows.notify.model import Notification
from workflows.tasks.model import Task
from workflows.tasks.policy import Sla
from workflows.tools import Tools
from workflows.verification.service import Judgement, decide
from workflows.visits import service as visits
from workflows.visits.media import MediaTarget, StoredRef, add_media
from workflows.worker import Worker

LIBRARY = library.load()
GAP = LIBRARY.seeing("gap")[0]
"""The checkpoint that a photo with gaps fails."""
HOUR = dt.timedelta(hours=1)
LEASE = HOUR
SLA = Sla(minor=72 * HOUR, major=24 * HOUR, critical=4 * HOUR)
T = TypeVar("T")


class FakeReader:
    """Sees the same gaps on every photo."""

    model, min_score = "fake gap 1 + fake row 1", 0.25

    def __init__(self, gaps: int = 2, oos_rate: float | None = 0.2) -> None:
        self.gaps, self.oos_rate, self.read_count = gaps, oos_rate, 0
        self.quality = Quality(ok=True, reasons=())

    def read(self, photo: Picture, min_score: float | None = None) -> ShelfReading:
        self.read_count += 1
        return ShelfReading(
            width=photo.width,
            height=photo.height,
            quality=self.quality,
            gaps=tuple(Gap((10 * n, 5, 10 * n + 8, 20), 0.9, 0) for n in range(self.gaps)),
            rows=(Row((0, 0, photo.width, photo.height), 0.9),),
            oos_rate=self.oos_rate,
            model=self.model,
            ms=1.0,
        )


class FakeTranscriber:
    """Hears what the recording's bytes spell, in words where "|" divides it.

    What begins with "!" is no recording, and of what begins with "?" nothing is understood, for the reason named.
    """

    def __init__(self) -> None:
        self.asked: list[tuple[tuple[str, ...], str | None]] = []
        """The languages that might be spoken, and the one expected, of each note."""

    def transcribe(self, data: bytes, languages: tuple[str, ...], expected: str | None = None) -> Transcript:
        self.asked.append((languages, expected))
        text = data.decode()
        if text.startswith("!"):
            raise AudioError("audio.not_audio", Text("不是录音", "This is no recording"))
        if text.startswith("?"):
            return Transcript("en", 2.0, "", (), "fake whisper 1", 1, empty_reason=text[1:])
        spelt = text.split("|") if "|" in text else ()
        words = tuple(Word(at / 4, at / 4 + 0.25, word, 0.9) for at, word in enumerate(spelt))
        text = "".join(spelt) or text
        return Transcript("en", 2.0, text, (Segment(0.0, 2.0, text, 0.9, words),), "fake whisper 1", 1)


class FailingReader:
    """Reads notes like another reader, but for as many times as it was told to fail."""

    name = "failing"

    def __init__(self, reader: NoteReader, times: int) -> None:
        self._reader, self.times = reader, times

    def issues(self, text: str) -> tuple[NoteIssue, ...]:
        return self.read(text).issues

    def read(self, text: str) -> Understood:
        if self.times > 0:
            self.times -= 1
            raise NotUnderstood("note.not_understood", Text("没有读懂", "The reader gave up"))
        return self._reader.read(text)


class NotUnderstood(StorepatrolError):
    """A reader's failure that no further attempt mends."""


class FakeComparer:
    """Says of every pair what it was told to say, and remembers where it was to look."""

    def __init__(self) -> None:
        self.verdict: Verdict = "fixed"
        self.reasons: tuple[str, ...] = ("gap_gone",)
        self.asked: list[Sequence[Box]] = []
        self.of: dict[str, Verdict] = {}
        """By the hash of the before photo, where it is not the same for all."""

    def __call__(self, before: Picture, after: Picture, boxes: Sequence[Box], reader: ShelfReader) -> Comparison:
        self.asked.append(boxes)
        verdict = self.of.get(before.sha256, self.verdict)
        return Comparison(verdict, self.reasons if verdict == self.verdict else (f"said_{verdict}",), 0.9, None)


def make_tools(parts: Parts, reader: FakeReader, comparer: FakeComparer) -> Tools:
    return Tools(
        parts=parts,
        library=LIBRARY,
        sla=SLA,
        reader=cast("ShelfReader", reader),
        transcriber=cast("Transcriber", FakeTranscriber()),
        notes=RuleReader(lexicon(LIBRARY)),
        lexicon=lexicon(LIBRARY),
        compare=comparer,
    )


def answer_to(item: Item, *, good: bool) -> Value:
    """A good or a failing value of the kind the item asks for."""
    match item.answer:
        case PassFail():
            return good
        case Number(min=lowest, max=highest):
            if highest is not None:
                return highest if good else highest + 1
            return lowest if good or lowest is None else lowest - 1
        case Scale(max=most):
            return most if good else 0
        case Choice(choices=choices):
            return next(choice.value for choice in choices if choice.ok is good)


def at_once(*deeds: Callable[[], T]) -> list[T | Exception]:
    """Do things in threads that start together; what each returned, or raised of what a caller can act on."""
    start = threading.Barrier(len(deeds))
    results: dict[int, T | Exception] = {}

    def do(number: int, deed: Callable[[], T]) -> None:
        start.wait()
        try:
            results[number] = deed()
        except (StorepatrolError, sa.exc.SQLAlchemyError) as error:
            results[number] = error

    threads = [threading.Thread(target=do, args=numbered) for numbered in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [results[number] for number in range(len(deeds))]


def queries_of(database: Database, deed: Callable[[], object]) -> int:
    """Do something; how many SELECTs that took."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("SELECT"):
            seen.append(statement)

    sa.event.listen(database.engine, "before_cursor_execute", note)
    deed()
    sa.event.remove(database.engine, "before_cursor_execute", note)
    return len(seen)


def jpeg() -> bytes:
    """A small photo like no other."""
    picture = Image.effect_noise((64, 48), 90).convert("RGB")
    picture.putpixel((0, 0), tuple(secrets.token_bytes(3)))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG")
    return buffer.getvalue()


class Shop:
    """One company with its checklist, and hands to do everything with."""

    def __init__(self, parts: Parts, company: Company, template: Template = AVAILABILITY) -> None:
        self.parts, self.company = parts, company
        self.reader, self.comparer = FakeReader(), FakeComparer()
        self.tools = make_tools(parts, self.reader, self.comparer)
        with parts.database.transaction(company.system()) as session:
            built_in = checklists.install_built_in(session, parts.clock.now(), LIBRARY)
        self.version_id = built_in[template.key].id
        self.items = built_in[template.key].content.items

    # --- people

    def caller(self, person: str, trace_id: str | None = None) -> Caller:
        caller = self.company.caller(self.parts, person)
        return Caller(caller.actor, caller.company_id, caller.grants, trace_id)

    # --- what a supervisor does

    def new_visit(self, store: str = "store_a", **changes: Any) -> visits.NewVisit:
        return visits.NewVisit(
            **{
                "store_id": self.company.nodes[store],
                "checklist_version_id": self.version_id,
                "started_at": self.parts.clock.now(),
                **changes,
            }
        )

    def visit(self, store: str = "store_a", person: str = "supervisor") -> uuid.UUID:
        id_ = new_id()
        with self.parts.database.transaction(self.caller(person)) as session:
            visits.put(session, self.parts.clock.now(), id_, self.new_visit(store))
        return id_

    def answers(self, *failed: str) -> tuple[Answer, ...]:
        """An answer to every item: good, but for the checkpoints named."""
        return tuple(Answer(item.id, answer_to(item, good=item.checkpoint not in failed)) for item in self.items)

    def submit(
        self, visit_id: uuid.UUID, *failed: str, person: str = "supervisor", trace_id: str | None = None, **more: Any
    ) -> None:
        submission = visits.Submission(answers=self.answers(*failed), **more)
        with self.parts.database.transaction(self.caller(person, trace_id)) as session:
            visits.submit(session, self.parts.clock.now(), visit_id, submission)

    def photo(self, visit_id: uuid.UUID, content: bytes | None = None, **more: Any) -> uuid.UUID:
        target = MediaTarget("photo", more.pop("id", new_id()), visit_id=visit_id, item_id=more.pop("item_id", None))
        return self._media(target, content or jpeg(), **more)

    def note(self, visit_id: uuid.UUID, text: str, **more: Any) -> uuid.UUID:
        return self._media(MediaTarget("voice", new_id(), visit_id=visit_id), text.encode(), **more)

    def after(
        self, task_id: uuid.UUID, person: str = "manager_a", content: bytes | None = None, **more: Any
    ) -> uuid.UUID:
        self.parts_clock_ticks()
        return self._media(MediaTarget("after", new_id(), task_id=task_id), content or jpeg(), person=person, **more)

    def _media(
        self, target: MediaTarget, content: bytes, person: str = "supervisor", trace_id: str | None = None
    ) -> uuid.UUID:
        file = StoredRef(sha256_of(content), len(content), "audio/ogg" if target.kind == "voice" else "image/jpeg")
        with tempfile.NamedTemporaryFile() as draft:
            draft.write(content)
            draft.flush()
            self.parts.blobs.put(Path(draft.name), file.sha256, file.size, file.media_type)
        with self.parts.database.transaction(self.caller(person, trace_id)) as session:
            add_media(session, self.parts.clock.now(), target, file, trace_id)
        return target.id

    # --- what time and workers do

    def parts_clock_ticks(self, span: dt.timedelta = dt.timedelta(milliseconds=1)) -> None:
        cast("Any", self.parts.clock).advance(span)

    def worker(self, name: str = "worker", queues: tuple[str, ...] = QUEUES) -> Worker:
        return Worker(self.tools, queues, name, owns_process=False)

    def work(self) -> int:
        """Do every due job; how many."""
        worker, done = self.worker(), 0
        while worker.run_one():
            done += 1
            assert done < 500, "jobs make jobs without end"
        return done

    # --- what is there afterwards

    def rows(self, table: type[T], *conditions: Any, order: Any = None) -> list[T]:
        query = sa.select(table).where(*conditions).order_by(order if order is not None else sa.text("1"))
        with self.parts.database.snapshot(installation()) as session:
            return list(session.scalars(query))

    def one(self, table: type[T], *conditions: Any) -> T:
        (row,) = self.rows(table, *conditions)
        return row

    def count(self, table: type[Any], *conditions: Any) -> int:
        return len(self.rows(table, *conditions))

    def task(self) -> Task:
        return self.one(Task)

    def issue(self) -> Issue:
        return self.one(Issue)

    def open_task(self, store: str = "store_a") -> Task:
        """A task as a photo with gaps makes it."""
        visit_id = self.visit(store)
        self.photo(visit_id)
        self.work()
        return self.one(Task, Task.store_id == self.company.nodes[store])

    def decide(
        self, task_id: uuid.UUID, person: str, verdict: Any = "fixed", why: str = "seen", version: int | None = None
    ) -> None:
        with self.parts.database.transaction(self.caller(person)) as session:
            judgement = Judgement(verdict, ("person",), Text(why, why))
            wanted = self.one(Task, Task.id == task_id).version if version is None else version
            decide(session, self.parts.clock.now(), task_id, wanted, judgement)


# --- jobs as the queue hands them out


def claim(shop: Shop, worker: str = "one", *, attempts: int = 5, only: uuid.UUID | None = None) -> Ticket | None:
    with shop.parts.database.transaction(installation()) as session:
        return jobs.claim(session, shop.parts.clock.now(), QUEUES, LEASE, attempts, worker=worker, only=only)


def must_claim(shop: Shop, worker: str = "one", *, attempts: int = 5) -> Ticket:
    ticket = claim(shop, worker, attempts=attempts)
    assert ticket is not None
    return ticket


def a_photo(shop: Shop) -> uuid.UUID:
    return shop.photo(shop.visit())


def job(shop: Shop, kind: str = "see") -> Job:
    return shop.one(Job, Job.kind == kind)


# --- after photos and what is said of them


def say(shop: Shop, verdict: str, *reasons: str) -> None:
    """What the comparison will say from now on."""
    shop.comparer.verdict, shop.comparer.reasons = verdict, reasons  # type: ignore[assignment]


def told(shop: Shop, kind: str) -> set[str]:
    ids = {message.person_id for message in shop.rows(Notification, Notification.kind == kind)}
    return {name for name, id_ in shop.company.people.items() if id_ in ids}
