"""What a company keeps of voice notes; recordings that were dropped; whose content is still needed."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

NEEDED_BY = {
    "voice_note": ("sha256",),
    "photo": ("sha256", "thumb_sha256", "display_sha256", "overlay_sha256"),
    "campaign_artwork": ("sha256", "thumb_sha256", "display_sha256"),
    "fix_attempt": ("overlay_sha256",),
}


def upgrade() -> None:
    op.create_table(
        "voice_settings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("keep_days", sa.Integer(), nullable=True),
        sa.Column("mask_numbers", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_voice_settings_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voice_settings")),
    )
    op.create_index(op.f("ix_voice_settings_company_id"), "voice_settings", ["company_id"])
    op.add_column("voice_note", sa.Column("audio_dropped_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_voice_note_audio", "voice_note", ["company_id", "state", "stored_at"],
        sqlite_where=sa.text("audio_dropped_at IS NULL"), postgresql_where=sa.text("audio_dropped_at IS NULL"),
    )  # fmt: skip
    for table, columns in NEEDED_BY.items():
        for column in columns:
            name = f"ix_{table}_{column.removesuffix('_sha256')}"
            op.create_index(name, table, [column], postgresql_using="hash")
