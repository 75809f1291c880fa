"""Add which device a device was before it was enrolled anew."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import sqlite

revision = "202611231215"
down_revision = "202611231130"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sqlite.INTEGER(), "sqlite")


def upgrade() -> None:
    op.add_column("device", sa.Column("former", BIG, server_default="0", nullable=False))


def downgrade() -> None:
    op.drop_column("device", "former")
