"""Who read a voice note, why a text of it could not be read, and whether a person says that it is a problem."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
NOT_READ = {
    "zh": "文字保留着, 但多次未能识别其中的问题; 可以重新识别",
    "en": "The text is kept, but what it says could not be understood; it can be read again",
}


def upgrade() -> None:
    op.add_column("voice_note", sa.Column("read_by", sa.String(length=80), nullable=True))
    op.add_column("voice_note", sa.Column("unread", JSON, nullable=True))
    op.add_column("note_correction", sa.Column("polarity", sa.String(length=8), nullable=True))
    # Until now hearing and reading were one job, which did not write down who read.
    op.execute("UPDATE voice_note SET read_by = 'unknown' WHERE state = 'transcribed'")
    _mark_those_whose_reading_died()


def _mark_those_whose_reading_died() -> None:
    marked = sa.text(
        "UPDATE voice_note SET unread = :why "
        "WHERE id IN (SELECT subject_id FROM job WHERE kind = 'read_note' AND state = 'dead') "
        "AND (SELECT c.id FROM note_correction c WHERE c.note_id = voice_note.id AND c.text IS NOT NULL "
        "ORDER BY c.number DESC LIMIT 1) NOT IN (SELECT id FROM note_reading)"
    )
    op.execute(marked.bindparams(sa.bindparam("why", NOT_READ, type_=JSON)))
