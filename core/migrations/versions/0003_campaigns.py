"""Campaigns, their artwork, and what photos showed of it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "campaign",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("starts", sa.Date(), nullable=False),
        sa.Column("ends", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("kind IN ('poster', 'wobbler', 'shelf_strip')", name=op.f("ck_campaign_kind")),
        sa.CheckConstraint("starts <= ends", name=op.f("ck_campaign_dates")),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_campaign_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign")),
    )
    op.create_index(op.f("ix_campaign_company_id"), "campaign", ["company_id"], unique=False)
    op.create_index("ix_campaign_list", "campaign", ["company_id", "starts", "id"], unique=False)

    op.create_table(
        "campaign_artwork",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.String(length=64), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("thumb_sha256", sa.String(length=64), nullable=False),
        sa.Column("display_sha256", sa.String(length=64), nullable=False),
        sa.Column("features", sa.LargeBinary(), nullable=False),
        sa.Column("feature_count", sa.Integer(), nullable=False),
        sa.Column("extractor", sa.String(length=32), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_artwork_campaign_id")),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_campaign_artwork_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_artwork")),
    )
    op.create_index(op.f("ix_campaign_artwork_campaign_id"), "campaign_artwork", ["campaign_id"], unique=False)
    op.create_index(op.f("ix_campaign_artwork_company_id"), "campaign_artwork", ["company_id"], unique=False)

    op.create_table(
        "campaign_place",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_place_campaign_id")),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_campaign_place_company_id")),
        sa.ForeignKeyConstraint(["node_id"], ["org_node.id"], name=op.f("fk_campaign_place_node_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_place")),
        sa.UniqueConstraint("campaign_id", "node_id", name=op.f("uq_campaign_place_campaign_id_node_id")),
    )
    op.create_index(op.f("ix_campaign_place_company_id"), "campaign_place", ["company_id"], unique=False)
    op.create_index(op.f("ix_campaign_place_node_id"), "campaign_place", ["node_id"], unique=False)

    op.create_table(
        "campaign_showing",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("photo_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_showing_campaign_id")),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_campaign_showing_company_id")),
        sa.ForeignKeyConstraint(["photo_id"], ["photo.id"], name=op.f("fk_campaign_showing_photo_id")),
        sa.ForeignKeyConstraint(["store_id"], ["org_node.id"], name=op.f("fk_campaign_showing_store_id")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_campaign_showing_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_showing")),
        sa.UniqueConstraint("visit_id", "campaign_id", name=op.f("uq_campaign_showing_visit_id_campaign_id")),
    )
    op.create_index(op.f("ix_campaign_showing_company_id"), "campaign_showing", ["company_id"], unique=False)
    op.create_index("ix_campaign_showing_latest", "campaign_showing", ["campaign_id", "store_id", "at"], unique=False)
    op.create_index(op.f("ix_campaign_showing_store_id"), "campaign_showing", ["store_id"], unique=False)

    op.create_table(
        "material_look",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("for_material", sa.Boolean(), nullable=False),
        sa.Column("telling", sa.Boolean(), nullable=False),
        sa.Column("model", sa.String(length=80), nullable=False),
        sa.Column("ms", sa.Integer(), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_material_look_company_id")),
        sa.ForeignKeyConstraint(["id"], ["photo.id"], name=op.f("fk_material_look_id")),
        sa.ForeignKeyConstraint(["store_id"], ["org_node.id"], name=op.f("fk_material_look_store_id")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_material_look_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_material_look")),
    )
    op.create_index(op.f("ix_material_look_company_id"), "material_look", ["company_id"], unique=False)
    op.create_index(op.f("ix_material_look_store_id"), "material_look", ["store_id"], unique=False)
    op.create_index(op.f("ix_material_look_visit_id"), "material_look", ["visit_id"], unique=False)

    op.create_table(
        "material_sighting",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("photo_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("artwork_id", sa.Uuid(), nullable=False),
        sa.Column("found", sa.Boolean(), nullable=False),
        sa.Column("timing", sa.String(length=16), nullable=False),
        sa.Column("corners", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("visible", sa.Double(), nullable=False),
        sa.Column("in_frame", sa.Double(), nullable=True),
        sa.Column("angle", sa.Double(), nullable=True),
        sa.Column("upright", sa.Boolean(), nullable=True),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("rivals", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("copies", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("model", sa.String(length=80), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["artwork_id"], ["campaign_artwork.id"], name=op.f("fk_material_sighting_artwork_id")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_material_sighting_campaign_id")),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_material_sighting_company_id")),
        sa.ForeignKeyConstraint(["photo_id"], ["photo.id"], name=op.f("fk_material_sighting_photo_id")),
        sa.ForeignKeyConstraint(["store_id"], ["org_node.id"], name=op.f("fk_material_sighting_store_id")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_material_sighting_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_material_sighting")),
        sa.UniqueConstraint("photo_id", "artwork_id", name=op.f("uq_material_sighting_photo_id_artwork_id")),
    )
    op.create_index(op.f("ix_material_sighting_campaign_id"), "material_sighting", ["campaign_id"], unique=False)
    op.create_index(op.f("ix_material_sighting_company_id"), "material_sighting", ["company_id"], unique=False)
    op.create_index(op.f("ix_material_sighting_store_id"), "material_sighting", ["store_id"], unique=False)
    op.create_index("ix_material_sighting_visit", "material_sighting", ["visit_id", "artwork_id"], unique=False)
