"""Tables of a visit and of what was recorded during it."""

import datetime as dt
import enum
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, Json, UtcDateTime
from core.scope import CompanyOwned, StoreOwned
from core.text import Text


class VisitState(enum.StrEnum):
    """A visit is planned, then being done, then sent; a sent one never changes."""

    PLANNED = "planned"
    IN_PROGRESS = "in_progress"
    SUBMITTED = "submitted"


class MediaState(enum.StrEnum):
    """`unreadable` is the file's fault, `failed` ours: the job waits for a person. The other two are the good ends."""

    STORED = "stored"
    ANALYSED = "analysed"
    TRANSCRIBED = "transcribed"
    UNREADABLE = "unreadable"
    FAILED = "failed"


SETTLED = (MediaState.ANALYSED, MediaState.TRANSCRIBED, MediaState.UNREADABLE, MediaState.FAILED)


class Visit(StoreOwned, Base):
    """One round through one store with one version of a checklist."""

    __tablename__ = "visit"
    __table_args__ = (
        sa.Index("ix_visit_list", "company_id", "planned_for", "id"),
        sa.Index("ix_visit_reports", "company_id", "state", "submitted_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    checklist_version_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("checklist_version.id"))
    supervisor_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("person.id"), index=True)
    state: Mapped[str] = mapped_column(sa.String(16), default=VisitState.PLANNED)
    planned_for: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    started_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    submitted_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    content_hash: Mapped[str] = mapped_column(sa.String(64))
    submission_hash: Mapped[str | None] = mapped_column(sa.String(64))
    expected_photos: Mapped[tuple[uuid.UUID, ...]] = mapped_column(Json(tuple[uuid.UUID, ...]), default=())
    expected_notes: Mapped[tuple[uuid.UUID, ...]] = mapped_column(Json(tuple[uuid.UUID, ...]), default=())
    score: Mapped[float | None] = mapped_column()
    version: Mapped[int] = mapped_column(default=1)


class Answer(StoreOwned, Base):
    """The answer to one item of a sent visit, with what it scored."""

    __tablename__ = "answer"
    __table_args__ = (sa.UniqueConstraint("visit_id", "item_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    visit_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("visit.id"))
    item_id: Mapped[str] = mapped_column(sa.String(64))
    checkpoint: Mapped[str] = mapped_column(sa.String(64), index=True)
    dimension: Mapped[str] = mapped_column(sa.String(24))
    value: Mapped[Any] = mapped_column(Json(Any))
    not_applicable: Mapped[bool] = mapped_column(default=False)
    comment: Mapped[str] = mapped_column(sa.Text, default="")
    failed: Mapped[bool] = mapped_column(default=False)
    points: Mapped[float | None] = mapped_column()
    weight: Mapped[float] = mapped_column(default=0.0)
    answered_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)


class StoredFile(CompanyOwned, Base):
    """A file of the company, once for each content."""

    __tablename__ = "stored_file"
    __table_args__ = (sa.UniqueConstraint("company_id", "sha256"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(sa.String(64))
    size: Mapped[int] = mapped_column(sa.BigInteger)
    media_type: Mapped[str] = mapped_column(sa.String(64))
    stored_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)


class Photo(StoreOwned, Base):
    """A photo of a visit, or the after photo of a task; `reading` is what the model saw, as vision reported it.

    `gap_count` and `oos_rate` repeat two numbers of it, for those who look at many photos at once. `display_sha256` is
    a JPEG that any browser shows upright, of a size for a screen: the original itself where it is that already.
    """

    __tablename__ = "photo"
    __table_args__ = (
        sa.CheckConstraint("(visit_id IS NULL) <> (task_id IS NULL)", name="one_parent"),
        sa.Index("ix_photo_content", "company_id", "sha256"),
        *(
            sa.Index(f"ix_photo_{column.removesuffix('_sha256')}", column, postgresql_using="hash")
            for column in ("sha256", "thumb_sha256", "display_sha256", "overlay_sha256")
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    visit_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("visit.id"), index=True)
    task_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    item_id: Mapped[str | None] = mapped_column(sa.String(64))
    sha256: Mapped[str] = mapped_column(sa.String(64))
    size: Mapped[int] = mapped_column(sa.BigInteger)
    media_type: Mapped[str] = mapped_column(sa.String(64))
    source: Mapped[str | None] = mapped_column(sa.String(16))
    captured_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    stored_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    taken_by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("person.id"))
    state: Mapped[str] = mapped_column(sa.String(16), default=MediaState.STORED)
    problem: Mapped[Text | None] = mapped_column(Json(Text))
    reading: Mapped[dict[str, Any] | None] = mapped_column(Json(dict[str, Any]))
    gap_count: Mapped[int | None] = mapped_column()
    oos_rate: Mapped[float | None] = mapped_column()
    thumb_sha256: Mapped[str | None] = mapped_column(sa.String(64))
    display_sha256: Mapped[str | None] = mapped_column(sa.String(64))
    overlay_sha256: Mapped[str | None] = mapped_column(sa.String(64))
    trace_id: Mapped[str | None] = mapped_column(sa.String(64))


class VoiceNote(StoreOwned, Base):
    """A voice note of a visit; `heard` are the statements that `read_by` (a reader and its version) understood in it.

    `transcript` is what the model heard. Its `text` is corrected by the company's vocabulary, `heard` what it was, and
    `corrections` tell the difference; its segments are as they were heard. `read_by` is None until the transcript was
    read. `unread`: why its text, as it is now, could not be read. `audio_dropped_at`: since then the company has no
    recording of it any more.
    """

    __tablename__ = "voice_note"
    __table_args__ = (
        sa.Index("ix_voice_note_sha256", "sha256", postgresql_using="hash"),
        # Whose time may come; those that went are not looked at again.
        sa.Index(
            "ix_voice_note_audio", "company_id", "state", "stored_at",
            sqlite_where=sa.text("audio_dropped_at IS NULL"), postgresql_where=sa.text("audio_dropped_at IS NULL"),
        ),
    )  # fmt: skip

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    visit_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("visit.id"), index=True)
    item_id: Mapped[str | None] = mapped_column(sa.String(64))
    sha256: Mapped[str] = mapped_column(sa.String(64))
    size: Mapped[int] = mapped_column(sa.BigInteger)
    media_type: Mapped[str] = mapped_column(sa.String(64))
    captured_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    stored_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    spoken_by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("person.id"))
    state: Mapped[str] = mapped_column(sa.String(16), default=MediaState.STORED)
    problem: Mapped[Text | None] = mapped_column(Json(Text))
    transcript: Mapped[dict[str, Any] | None] = mapped_column(Json(dict[str, Any]))
    heard: Mapped[list[dict[str, Any]]] = mapped_column(Json(list[dict[str, Any]]), default=list)
    heard_count: Mapped[int] = mapped_column(default=0)
    read_by: Mapped[str | None] = mapped_column(sa.String(80))
    unread: Mapped[Text | None] = mapped_column(Json(Text))
    audio_dropped_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    trace_id: Mapped[str | None] = mapped_column(sa.String(64))
