"""Create what a point's relay keeps, and the place for a relay's address among the devices."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import sqlite

revision = "202611231000"
down_revision = "202611230940"
branch_labels = None
depends_on = None

# SQLite makes a primary key the row's own number only when its type is spelt INTEGER.
BIG = sa.BigInteger().with_variant(sqlite.INTEGER(), "sqlite")


def upgrade() -> None:
    op.add_column("device", sa.Column("address", sa.Text(), server_default="", nullable=False))
    op.create_table(
        "relay_identity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("device", BIG, nullable=False),
        sa.Column("zone", sa.LargeBinary(), nullable=False),
        sa.Column("point", sa.Text(), nullable=False),
        sa.Column("hub_key", sa.LargeBinary(), nullable=False),
        sa.Column("private_key", sa.LargeBinary(), nullable=False),
        sa.Column("journal", sa.LargeBinary(), nullable=False),
        sa.Column("epoch", sa.LargeBinary(), nullable=False),
        sa.Column("hub_ms", BIG, nullable=False),
        sa.Column("last_n", BIG, nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_relay_identity_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relay_identity")),
    )
    op.create_table(
        "relay_feed",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("n", BIG, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_relay_feed")),
    )
    op.create_table(
        "relay_entry",
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("n", BIG, autoincrement=False, nullable=False),
        sa.Column("position", BIG, nullable=False),
        sa.Column("device", BIG, nullable=False),
        sa.Column("seq", BIG, nullable=False),
        sa.Column("hub_ms", BIG, nullable=False),
        sa.Column("event", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("feed", "n", name=op.f("pk_relay_entry")),
    )
    op.create_index("ix_relay_entry_device_seq", "relay_entry", ["device", "seq"], unique=False)
    op.create_table(
        "relay_head",
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("n", BIG, autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("feed", "n", name=op.f("pk_relay_head")),
    )
    op.create_table(
        "relay_journal",
        sa.Column("n", BIG, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("device", BIG, nullable=False),
        sa.Column("first_seq", BIG, nullable=False),
        sa.Column("last_seq", BIG, nullable=False),
        sa.Column("link", sa.LargeBinary(), nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=False),
        sa.Column("at_ms", BIG, nullable=False),
        sa.Column("settled_ms", BIG, nullable=False),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_relay_journal")),
    )
    op.create_index(
        "ix_relay_journal_device_last_seq", "relay_journal", ["device", "last_seq"], unique=False
    )


def downgrade() -> None:
    op.drop_table("relay_journal")
    op.drop_table("relay_head")
    op.drop_table("relay_entry")
    op.drop_table("relay_feed")
    op.drop_table("relay_identity")
    op.drop_column("device", "address")
