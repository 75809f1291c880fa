"""Keep how a device stands: its log, what it reads, its storage, as it last reported them."""

import sqlalchemy as sa
from alembic import op

revision = "202611232230"
down_revision = "202611231720"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "device", sa.Column("standing", sa.LargeBinary, server_default="", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("device", "standing")
