"""Questions to reviewers, their answers, thresholds, and what a candidate model saw otherwise."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KEPT = ("review_answer", "review_box", "review_policy")
MESSAGE = "an answer is only ever added to"


def upgrade() -> None:
    op.create_table(
        "review_policy",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("checkpoint", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("ask_from", sa.Double(), nullable=False),
        sa.Column("open_from", sa.Double(), nullable=False),
        sa.Column("sample", sa.Double(), nullable=False),
        sa.Column("set_by", sa.String(length=120), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_review_policy_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_policy")),
        sa.UniqueConstraint(
            "company_id", "checkpoint", "number", name=op.f("uq_review_policy_company_id_checkpoint_number")
        ),
    )
    with op.batch_alter_table("review_policy", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_review_policy_company_id"), ["company_id"], unique=False)

    op.create_table(
        "review_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("photo_id", sa.Uuid(), nullable=False),
        sa.Column("checkpoint", sa.String(length=64), nullable=False),
        sa.Column("dimension", sa.String(length=24), nullable=False),
        sa.Column("severity", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("model", sa.String(length=80), nullable=False),
        sa.Column("marks", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("limit_rate", sa.Double(), nullable=False),
        sa.Column("open_from", sa.Double(), nullable=False),
        sa.Column("policy_number", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer_id", sa.Uuid(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("trace_id", sa.String(length=64), nullable=True),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_review_item_company_id")),
        sa.ForeignKeyConstraint(["photo_id"], ["photo.id"], name=op.f("fk_review_item_photo_id")),
        sa.ForeignKeyConstraint(["store_id"], ["org_node.id"], name=op.f("fk_review_item_store_id")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_review_item_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_item")),
        sa.UniqueConstraint("photo_id", "checkpoint", name=op.f("uq_review_item_photo_id_checkpoint")),
    )
    with op.batch_alter_table("review_item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_review_item_company_id"), ["company_id"], unique=False)
        batch_op.create_index("ix_review_item_queue", ["company_id", "state", "rank", "asked_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_review_item_store_id"), ["store_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_review_item_visit_id"), ["visit_id"], unique=False)

    op.create_table(
        "shadow_look",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("photo_id", sa.Uuid(), nullable=False),
        sa.Column("current", sa.String(length=80), nullable=False),
        sa.Column("candidate", sa.String(length=80), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("differs", sa.Boolean(), nullable=False),
        sa.Column("both", sa.Integer(), nullable=False),
        sa.Column("current_count", sa.Integer(), nullable=False),
        sa.Column("candidate_count", sa.Integer(), nullable=False),
        sa.Column("only_current", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("only_candidate", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("current_rate", sa.Double(), nullable=True),
        sa.Column("candidate_rate", sa.Double(), nullable=True),
        sa.Column("ms", sa.Double(), nullable=False),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_shadow_look_company_id")),
        sa.ForeignKeyConstraint(["photo_id"], ["photo.id"], name=op.f("fk_shadow_look_photo_id")),
        sa.ForeignKeyConstraint(["store_id"], ["org_node.id"], name=op.f("fk_shadow_look_store_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shadow_look")),
        sa.UniqueConstraint("photo_id", "candidate", name=op.f("uq_shadow_look_photo_id_candidate")),
    )
    with op.batch_alter_table("shadow_look", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_shadow_look_company_id"), ["company_id"], unique=False)
        batch_op.create_index(
            "ix_shadow_look_list", ["company_id", "candidate", "differs", "looked_at", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_shadow_look_store_id"), ["store_id"], unique=False)

    op.create_table(
        "review_answer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("undoes", sa.Uuid(), nullable=True),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("no_shelf", sa.Boolean(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("rate", sa.Double(), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_review_answer_company_id")),
        sa.ForeignKeyConstraint(["item_id"], ["review_item.id"], name=op.f("fk_review_answer_item_id")),
        sa.ForeignKeyConstraint(["store_id"], ["org_node.id"], name=op.f("fk_review_answer_store_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_answer")),
        sa.UniqueConstraint("item_id", "number", name=op.f("uq_review_answer_item_id_number")),
    )
    with op.batch_alter_table("review_answer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_review_answer_company_id"), ["company_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_review_answer_store_id"), ["store_id"], unique=False)

    op.create_table(
        "review_box",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("answer_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("box", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("model", sa.String(length=80), nullable=False),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("band", sa.Integer(), nullable=True),
        sa.Column("agrees", sa.Boolean(), nullable=True),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["answer_id"], ["review_answer.id"], name=op.f("fk_review_box_answer_id")),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_review_box_company_id")),
        sa.ForeignKeyConstraint(["store_id"], ["org_node.id"], name=op.f("fk_review_box_store_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_box")),
    )
    with op.batch_alter_table("review_box", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_review_box_answer_id"), ["answer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_review_box_company_id"), ["company_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_review_box_store_id"), ["store_id"], unique=False)
    _keep_for_good()


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
        f"CREATE FUNCTION review_refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    for table in KEPT:
        op.execute(
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION review_refuse_change()"
        )
