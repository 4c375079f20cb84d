"""An after photo may show several of a problem's places put right."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    with op.batch_alter_table("fix_attempt", schema=None) as batch_op:
        batch_op.add_column(sa.Column("places_done", JSON, nullable=False, server_default="[]"))
    with op.batch_alter_table("fix_attempt", schema=None) as batch_op:
        batch_op.alter_column("places_done", server_default=None)
