"""Evidence of photos, their prints, fences of stores, settings."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import SchemaItem

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def _owned(table: str, *columns: str) -> list[SchemaItem]:
    targets = {"company_id": "company.id", "store_id": "org_node.id"}
    return [
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in columns),
        *(sa.ForeignKeyConstraint([name], [targets[name]], name=op.f(f"fk_{table}_{name}")) for name in columns),
    ]


def _json() -> sa.JSON:
    return sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "photo_evidence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("nonce", sa.String(length=200), nullable=True),
        sa.Column("nonce_id", sa.Uuid(), nullable=True),
        sa.Column("position", sa.String(length=16), nullable=True),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("accuracy_m", sa.Double(), nullable=True),
        sa.Column("clock_offset_ms", sa.BigInteger(), nullable=True),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("doubtful", sa.Boolean(), nullable=False),
        sa.Column("doubts", _json(), nullable=False),
        sa.Column("facts", _json(), nullable=False),
        sa.Column("like_photo_id", sa.Uuid(), nullable=True),
        sa.Column("weighed_at", sa.DateTime(timezone=True), nullable=True),
        *_owned("photo_evidence", "store_id", "company_id"),
        sa.ForeignKeyConstraint(["id"], ["photo.id"], name=op.f("fk_photo_evidence_id")),
        sa.ForeignKeyConstraint(["like_photo_id"], ["photo.id"], name=op.f("fk_photo_evidence_like_photo_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photo_evidence")),
    )
    op.create_index(op.f("ix_photo_evidence_company_id"), "photo_evidence", ["company_id"])
    op.create_index(op.f("ix_photo_evidence_store_id"), "photo_evidence", ["store_id"])
    op.create_index("ix_photo_evidence_doubtful", "photo_evidence", ["company_id", "doubtful", "weighed_at", "id"])
    op.create_index("ix_photo_evidence_nonce", "photo_evidence", ["company_id", "nonce_id"])

    bands = [f"band{n}" for n in range(4)]
    op.create_table(
        "photo_print",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("photo_id", sa.Uuid(), nullable=False),
        sa.Column("bits", sa.String(length=16), nullable=False),
        *(sa.Column(band, sa.Integer(), nullable=False) for band in bands),
        *_owned("photo_print", "company_id"),
        sa.ForeignKeyConstraint(["photo_id"], ["photo.id"], name=op.f("fk_photo_print_photo_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photo_print")),
    )
    op.create_index(op.f("ix_photo_print_company_id"), "photo_print", ["company_id"])
    op.create_index(op.f("ix_photo_print_photo_id"), "photo_print", ["photo_id"])
    for band in bands:
        op.create_index(f"ix_photo_print_{band}", "photo_print", ["company_id", band])

    op.create_table(
        "store_fence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=False),
        sa.Column("longitude", sa.Double(), nullable=False),
        sa.Column("radius_m", sa.Double(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *_owned("store_fence", "store_id", "company_id"),
        sa.ForeignKeyConstraint(["id"], ["org_node.id"], name=op.f("fk_store_fence_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_store_fence")),
    )
    op.create_index(op.f("ix_store_fence_company_id"), "store_fence", ["company_id"])
    op.create_index(op.f("ix_store_fence_store_id"), "store_fence", ["store_id"])

    op.create_table(
        "evidence_settings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ask_position", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *_owned("evidence_settings", "company_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence_settings")),
    )
    op.create_index(op.f("ix_evidence_settings_company_id"), "evidence_settings", ["company_id"])
    op.create_index("ix_photo_content", "photo", ["company_id", "sha256"])
