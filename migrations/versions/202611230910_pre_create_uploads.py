"""Create photos on their way up: how far each has come, and the bytes so far."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import sqlite

revision = "202611230910"
down_revision = "202611230617"
branch_labels = None
depends_on = None

# SQLite makes a primary key the row's own number only when its type is spelt INTEGER.
BIG = sa.BigInteger().with_variant(sqlite.INTEGER(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "upload",
        sa.Column("device", BIG, autoincrement=False, nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("size", BIG, nullable=False),
        sa.Column("received", BIG, nullable=False),
        sa.Column("until_ms", BIG, nullable=False),
        sa.PrimaryKeyConstraint("device", "sha256", name=op.f("pk_upload")),
    )
    op.create_table(
        "upload_part",
        sa.Column("device", BIG, autoincrement=False, nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("at", BIG, autoincrement=False, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("device", "sha256", "at", name=op.f("pk_upload_part")),
    )


def downgrade() -> None:
    op.drop_table("upload_part")
    op.drop_table("upload")
