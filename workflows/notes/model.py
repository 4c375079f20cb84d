"""Tables of corrections: everything a person ever said of a voice note, and what was read in a corrected text."""

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, Json, UtcDateTime
from core.scope import StoreOwned


class NoteCorrection(StoreOwned, Base):
    """One thing a person said of a note, once; nothing here is changed or deleted.

    Either `text` replaces `text_before`, or `verdict` is the answer to the proposed issue `proposal_id`, which looked
    like `proposal` then: `checkpoint` is the other one that was meant, `polarity` whether it is a problem (None where
    nothing was). The highest `number` is the note's version.
    """

    __tablename__ = "note_correction"
    __table_args__ = (sa.UniqueConstraint("note_id", "number"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    note_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("voice_note.id"))
    number: Mapped[int] = mapped_column()
    by_id: Mapped[uuid.UUID | None] = mapped_column()
    by_name: Mapped[str] = mapped_column(sa.String(120))
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    text_before: Mapped[str | None] = mapped_column(sa.Text)
    text: Mapped[str | None] = mapped_column(sa.Text)
    proposal_id: Mapped[uuid.UUID | None] = mapped_column()
    proposal: Mapped[dict[str, Any] | None] = mapped_column(Json(dict[str, Any]))
    verdict: Mapped[str | None] = mapped_column(sa.String(16))
    checkpoint: Mapped[str | None] = mapped_column(sa.String(64))
    polarity: Mapped[str | None] = mapped_column(sa.String(8))
    content_hash: Mapped[str] = mapped_column(sa.String(64))


class NoteReading(StoreOwned, Base):
    """What was found in a corrected text; `id` is the correction's. Of the heard text the note itself tells."""

    __tablename__ = "note_reading"

    id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("note_correction.id"), primary_key=True)
    note_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("voice_note.id"), index=True)
    model: Mapped[str] = mapped_column(sa.String(80))
    issues: Mapped[list[dict[str, Any]]] = mapped_column(Json(list[dict[str, Any]]))
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
