"""What people say of a voice note is kept; findings and issues can be withdrawn."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

KEPT = ("note_correction", "note_reading")
MESSAGE = "a correction is only ever added to"
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    for table in ("finding", "issue"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "note_correction",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("note_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text_before", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("proposal_id", sa.Uuid(), nullable=True),
        sa.Column("proposal", JSON, nullable=True),
        sa.Column("verdict", sa.String(length=16), nullable=True),
        sa.Column("checkpoint", sa.String(length=64), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        *_owned("note_correction"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note_correction")),
        sa.UniqueConstraint("note_id", "number", name=op.f("uq_note_correction_note_id_number")),
    )
    op.create_table(
        "note_reading",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("note_id", sa.Uuid(), nullable=False),
        sa.Column("model", sa.String(length=80), nullable=False),
        sa.Column("issues", JSON, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *_owned("note_reading"),
        sa.ForeignKeyConstraint(["id"], ["note_correction.id"], name=op.f("fk_note_reading_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note_reading")),
    )
    for table in KEPT:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.create_index(batch_op.f(f"ix_{table}_company_id"), ["company_id"], unique=False)
            batch_op.create_index(batch_op.f(f"ix_{table}_store_id"), ["store_id"], unique=False)
    with op.batch_alter_table("note_reading", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_note_reading_note_id"), ["note_id"], unique=False)
    _keep_for_good()


def _owned(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f(f"fk_{table}_company_id")),
        sa.ForeignKeyConstraint(["note_id"], ["voice_note.id"], name=op.f(f"fk_{table}_note_id")),
        sa.ForeignKeyConstraint(["store_id"], ["org_node.id"], name=op.f(f"fk_{table}_store_id")),
    )


def _keep_for_good() -> None:
    """Refuse to change or delete what a person said, whoever asks."""
    if op.get_bind().dialect.name == "sqlite":
        for table in KEPT:
            for verb in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
                )
        return
    op.execute(
        f"CREATE FUNCTION note_refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    for table in KEPT:
        op.execute(
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION note_refuse_change()"
        )
