"""Create the hub's memory of its backups: up to which position everything lies elsewhere too."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import sqlite

revision = "202611230940"
down_revision = "202611230910"
branch_labels = None
depends_on = None

# SQLite makes a primary key the row's own number only when its type is spelt INTEGER.
BIG = sa.BigInteger().with_variant(sqlite.INTEGER(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "backup",
        sa.Column("taken_ms", BIG, autoincrement=False, nullable=False),
        sa.Column("position", BIG, nullable=False),
        sa.Column("photos", BIG, nullable=False),
        sa.Column("bytes", BIG, nullable=False),
        sa.PrimaryKeyConstraint("taken_ms", name=op.f("pk_backup")),
    )


def downgrade() -> None:
    op.drop_table("backup")
