"""Price lists, their versions and lines, what a company chose, and what was read on photos."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "price_settings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("read_every_photo", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_price_settings_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_settings")),
        sa.UniqueConstraint("company_id", name=op.f("uq_price_settings_company_id")),
    )
    op.create_index(op.f("ix_price_settings_company_id"), "price_settings", ["company_id"], unique=False)
    op.create_table(
        "price_list",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("latest_number", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_price_list_company_id")),
        sa.ForeignKeyConstraint(["node_id"], ["org_node.id"], name=op.f("fk_price_list_node_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_list")),
    )
    op.create_index(op.f("ix_price_list_company_id"), "price_list", ["company_id"], unique=False)
    op.create_index("ix_price_list_list", "price_list", ["company_id", "id"], unique=False)
    op.create_index(op.f("ix_price_list_node_id"), "price_list", ["node_id"], unique=False)
    op.create_table(
        "price_list_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("line_count", sa.Integer(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported_by", sa.String(length=120), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_price_list_version_company_id")),
        sa.ForeignKeyConstraint(["list_id"], ["price_list.id"], name=op.f("fk_price_list_version_list_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_list_version")),
        sa.UniqueConstraint("list_id", "number", name=op.f("uq_price_list_version_list_id_number")),
    )
    op.create_index(op.f("ix_price_list_version_company_id"), "price_list_version", ["company_id"], unique=False)
    op.create_table(
        "price_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sku", sa.String(length=64), nullable=False),
        sa.Column("barcode", sa.String(length=14), nullable=True),
        sa.Column("names", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("searched", sa.Text(), nullable=False),
        sa.Column("minor", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("unit", sa.String(length=8), nullable=True),
        sa.Column("quantity", sa.Double(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_price_line_company_id")),
        sa.ForeignKeyConstraint(["version_id"], ["price_list_version.id"], name=op.f("fk_price_line_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_line")),
        sa.UniqueConstraint("version_id", "position", name=op.f("uq_price_line_version_id_position")),
    )
    op.create_index(op.f("ix_price_line_company_id"), "price_line", ["company_id"], unique=False)
    op.create_index("ix_price_line_sku", "price_line", ["version_id", "sku"], unique=False)
    op.create_table(
        "tag_look",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("tags", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("dates", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("tag_count", sa.Integer(), nullable=False),
        sa.Column("read_count", sa.Integer(), nullable=False),
        sa.Column("differ_count", sa.Integer(), nullable=False),
        sa.Column("missing", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("cut_short", sa.Boolean(), nullable=False),
        sa.Column("model", sa.String(length=80), nullable=False),
        sa.Column("ms", sa.Integer(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_tag_look_company_id")),
        sa.ForeignKeyConstraint(["id"], ["photo.id"], name=op.f("fk_tag_look_id")),
        sa.ForeignKeyConstraint(["store_id"], ["org_node.id"], name=op.f("fk_tag_look_store_id")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_tag_look_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag_look")),
    )
    op.create_index(op.f("ix_tag_look_company_id"), "tag_look", ["company_id"], unique=False)
    op.create_index(op.f("ix_tag_look_store_id"), "tag_look", ["store_id"], unique=False)
    op.create_index(op.f("ix_tag_look_visit_id"), "tag_look", ["visit_id"], unique=False)
