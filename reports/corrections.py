"""What reviewers said, as a data set a detector can learn from: images, YOLO labels, data.yaml, a manifest.

Only photos with complete labels are in it. A photo is complete when the answer that holds says so ("every gap is
marked") or says that it shows no shelf. Then its labels are: every box a person confirmed, adjusted or added, and
every box the model was confident of and that the person, who saw it, left alone. A box that scored low and was left
alone is no label. On an incomplete photo an unmarked gap would teach that it is none, so such photos stay out.
"""

import datetime as dt
import io
import uuid
import zipfile
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec
import sqlalchemy as sa

from core.scope import ScopedSession
from vision.geometry import Box
from workflows.review.model import ReviewAnswer, ReviewItem
from workflows.review.policy import Given
from workflows.review.service import given_of
from workflows.stores import stores_of
from workflows.visits.model import Photo

CLASS_NAME = "gap"
BATCH = 100
EPOCH = (2020, 1, 1, 0, 0, 0)
"""The date of every zip member: the same corrections make the same file."""


class Label(msgspec.Struct, frozen=True):
    """One labelled gap: its box, who says so (`person`, or `model` left alone by a person), and the model's score."""

    box: Box
    by: str
    verdict: str
    score: float | None


class Corrected(msgspec.Struct, frozen=True):
    """One photo with complete labels, and where they come from."""

    photo_id: uuid.UUID
    image: str
    image_sha256: str
    sha256: str
    width: int
    height: int
    store: str
    visit_id: uuid.UUID
    captured_at: dt.datetime | None
    model: str
    no_shelf: bool
    decided_by: str
    decided_by_id: uuid.UUID | None
    decided_at: dt.datetime
    answer_id: uuid.UUID
    labels: tuple[Label, ...]


def corrected(session: ScopedSession) -> Iterator[Corrected]:
    """Yield every photo with complete labels in the caller's part of the organisation, in the order of their ids."""
    last: uuid.UUID | None = None
    while True:
        query = sa.select(ReviewItem).where(ReviewItem.answer_id.is_not(None)).order_by(ReviewItem.id).limit(BATCH)
        batch = list(session.scalars(query if last is None else query.where(ReviewItem.id > last)))
        yield from _complete(session, batch)
        session.expunge_all()
        if len(batch) < BATCH:
            return
        last = batch[-1].id


def _complete(session: ScopedSession, items: list[ReviewItem]) -> Iterator[Corrected]:
    wanted = sa.select(ReviewAnswer).where(ReviewAnswer.id.in_([item.answer_id for item in items]))
    answers = {answer.id: answer for answer in session.scalars(wanted.where(ReviewAnswer.complete))}
    seen = sa.select(Photo).where(Photo.id.in_([item.photo_id for item in items]))
    photos = {photo.id: photo for photo in session.scalars(seen)}
    stores = stores_of(session, (item.store_id for item in items))
    for item in items:
        answer = answers.get(item.answer_id) if item.answer_id else None
        if answer is not None:
            given = given_of(session, answer)
            yield _of(item, answer, photos[item.photo_id], stores[item.store_id].code, labels_of(item, given))


def labels_of(item: ReviewItem, given: Given) -> tuple[Label, ...]:
    """Return the labels of a photo that was answered completely."""
    if given.no_shelf:
        return ()
    said = {answer.index: answer for answer in given.boxes if answer.index is not None}
    labels = []
    for index, mark in enumerate(item.marks):
        answer = said.get(index)
        if answer is None and mark.score >= item.open_from:
            labels.append(Label(mark.box, "model", "left", mark.score))
        elif answer is not None and answer.verdict != "not_gap":
            labels.append(Label(answer.box or mark.box, "person", answer.verdict, mark.score))
    labels += [Label(a.box, "person", a.verdict, None) for a in given.boxes if a.index is None and a.box is not None]
    return tuple(labels)


def _of(item: ReviewItem, answer: ReviewAnswer, photo: Photo, store: str, labels: tuple[Label, ...]) -> Corrected:
    reading: dict[str, Any] = photo.reading or {}
    return Corrected(
        photo_id=photo.id, image=f"{photo.id}.jpg", image_sha256=photo.display_sha256 or photo.sha256,
        sha256=photo.sha256, width=reading.get("width", 0), height=reading.get("height", 0), store=store,
        visit_id=item.visit_id, captured_at=photo.captured_at, model=item.model, no_shelf=answer.no_shelf,
        decided_by=answer.by_name, decided_by_id=answer.by_id, decided_at=answer.at, answer_id=answer.id, labels=labels,
    )  # fmt: skip


def yolo(photo: Corrected) -> str:
    """Return the label file of a photo."""
    lines = []
    for label in photo.labels:
        x0, y0, x1, y1 = label.box
        middle, size = ((x0 + x1) / 2, (y0 + y1) / 2), (x1 - x0, y1 - y0)
        shares = (middle[0] / photo.width, middle[1] / photo.height, size[0] / photo.width, size[1] / photo.height)
        lines.append("0 " + " ".join(f"{share:.6f}" for share in shares))
    return "".join(f"{line}\n" for line in lines)


def data_set(photos: Iterable[Corrected], read: Callable[[str], bytes]) -> Iterator[tuple[str, bytes]]:
    """Yield (path, content) of every file of the data set, photo by photo; `read` returns a stored file's bytes."""
    lines: list[bytes] = []
    for photo in photos:
        yield f"images/{photo.image}", read(photo.image_sha256)
        yield f"labels/{photo.photo_id}.txt", yolo(photo).encode()
        lines.append(msgspec.json.encode(photo))
    yield "data.yaml", f"path: .\ntrain: images\nval: images\nnames: [{CLASS_NAME}]\n".encode()
    yield "manifest.jsonl", b"".join(line + b"\n" for line in lines)


class _Pipe(io.RawIOBase):
    """What a zip is written to: keeps what was not taken yet, and cannot go back."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        """Return what was written since the last time."""
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


def zipped(files: Iterable[tuple[str, bytes]]) -> Iterator[bytes]:
    """Yield a zip of the files as it grows; at most one file of it is in memory."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w") as archive:
        for path, content in files:
            member = zipfile.ZipInfo(path, EPOCH)
            member.compress_type = (
                zipfile.ZIP_STORED if path.startswith(("images/", "audio/")) else zipfile.ZIP_DEFLATED
            )
            archive.writestr(member, content)
            yield pipe.take()
    yield pipe.take()
