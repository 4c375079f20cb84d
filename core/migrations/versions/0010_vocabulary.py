"""A company's vocabulary for its voice notes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "vocabulary_term",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("text", sa.String(length=60), nullable=False),
        sa.Column("plain", sa.String(length=60), nullable=False),
        sa.Column("aliases", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("searched", sa.Text(), nullable=False),
        sa.Column("added_by", sa.String(length=120), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("kind IN ('product', 'brand', 'fixture', 'store')", name=op.f("ck_vocabulary_term_kind")),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_vocabulary_term_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vocabulary_term")),
        sa.UniqueConstraint("company_id", "plain", name=op.f("uq_vocabulary_term_company_id_plain")),
    )
    op.create_index(op.f("ix_vocabulary_term_company_id"), "vocabulary_term", ["company_id"], unique=False)
    op.create_table(
        "vocabulary_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_vocabulary_version_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vocabulary_version")),
        sa.UniqueConstraint("company_id", name=op.f("uq_vocabulary_version_company_id")),
    )
    op.create_index(op.f("ix_vocabulary_version_company_id"), "vocabulary_version", ["company_id"], unique=False)
