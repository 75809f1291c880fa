"""Create the record: the zone, devices, the ledger, what waits beside it, and feeds."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import sqlite

revision = "202611230615"
down_revision = None
branch_labels = None
depends_on = None

# SQLite makes a primary key the row's own number only when its type is spelt INTEGER.
BIG = sa.BigInteger().with_variant(sqlite.INTEGER(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "zone",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("zone", sa.LargeBinary(), nullable=False),
        sa.Column("epoch", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("position", BIG, nullable=False),
        sa.Column("chain", sa.LargeBinary(), nullable=False),
        sa.Column("hlc", sa.LargeBinary(), nullable=False),
        sa.Column("loaded", sa.Text(), nullable=False),
        sa.Column("access", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zone")),
    )
    op.create_table(
        "device",
        sa.Column("number", BIG, autoincrement=False, nullable=False),
        sa.Column("stream", sa.LargeBinary(), nullable=False),
        sa.Column("suite", sa.Integer(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("point", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seq", BIG, nullable=False),
        sa.Column("link", sa.LargeBinary(), nullable=False),
        sa.Column("revoked_ms", BIG, server_default="0", nullable=False),
        sa.Column("revoked_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("forked_ms", BIG, server_default="0", nullable=False),
        sa.Column("last_contact_ms", BIG, server_default="0", nullable=False),
        sa.Column("unsent", BIG, server_default="0", nullable=False),
        sa.Column("refused", BIG, server_default="0", nullable=False),
        sa.Column("unsent_attachments", BIG, server_default="0", nullable=False),
        sa.Column("app_version", sa.Text(), server_default="", nullable=False),
        sa.Column("clock_offset_ms", BIG, server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_device")),
        sa.UniqueConstraint("stream", name=op.f("uq_device_stream")),
    )
    op.create_table(
        "ledger",
        sa.Column("position", BIG, autoincrement=False, nullable=False),
        sa.Column("device", BIG, nullable=False),
        sa.Column("seq", BIG, nullable=False),
        sa.Column("stream", sa.LargeBinary(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("hub_ms", BIG, nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("event", sa.LargeBinary(), nullable=False),
        sa.Column("link", sa.LargeBinary(), nullable=False),
        sa.Column("chain", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_ledger")),
    )
    op.create_index(
        "ix_ledger_refused",
        "ledger",
        ["position"],
        unique=False,
        sqlite_where=sa.text("verdict <> 'ok'"),
        postgresql_where=sa.text("verdict <> 'ok'"),
    )
    op.create_index("ix_ledger_stream_position", "ledger", ["stream", "position"], unique=False)
    op.create_index("uq_ledger_device_seq", "ledger", ["device", "seq"], unique=True)
    op.create_table(
        "parked",
        sa.Column("device", BIG, autoincrement=False, nullable=False),
        sa.Column("seq", BIG, autoincrement=False, nullable=False),
        sa.Column("stream", sa.LargeBinary(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("received_ms", BIG, nullable=False),
        sa.Column("event", sa.LargeBinary(), nullable=False),
        sa.Column("link", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("device", "seq", name=op.f("pk_parked")),
    )
    op.create_table(
        "push_signature",
        sa.Column("device", BIG, autoincrement=False, nullable=False),
        sa.Column("seq", BIG, autoincrement=False, nullable=False),
        sa.Column("link", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("device", "seq", name=op.f("pk_push_signature")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "fork",
        sa.Column("device", BIG, autoincrement=False, nullable=False),
        sa.Column("link", sa.LargeBinary(), nullable=False),
        sa.Column("first_seq", BIG, nullable=False),
        sa.Column("length", BIG, nullable=False),
        sa.Column("received_ms", BIG, nullable=False),
        sa.Column("push", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["device"], ["device.number"], name=op.f("fk_fork_device")),
        sa.PrimaryKeyConstraint("device", "link", name=op.f("pk_fork")),
    )
    op.create_table(
        "feed",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("n", BIG, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed")),
        sa.UniqueConstraint("name", name=op.f("uq_feed_name")),
    )
    op.create_table(
        "feed_entry",
        sa.Column("feed", BIG, autoincrement=False, nullable=False),
        sa.Column("n", BIG, autoincrement=False, nullable=False),
        sa.Column("position", BIG, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["feed"], ["feed.id"], name=op.f("fk_feed_entry_feed")),
        sa.PrimaryKeyConstraint("feed", "n", name=op.f("pk_feed_entry")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "stream_feed",
        sa.Column("stream", sa.LargeBinary(), nullable=False),
        sa.Column("feed", BIG, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["feed"], ["feed.id"], name=op.f("fk_stream_feed_feed")),
        sa.PrimaryKeyConstraint("stream", "feed", name=op.f("pk_stream_feed")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "parked_cause",
        sa.Column("cause_device", BIG, autoincrement=False, nullable=False),
        sa.Column("cause_seq", BIG, autoincrement=False, nullable=False),
        sa.Column("device", BIG, autoincrement=False, nullable=False),
        sa.Column("seq", BIG, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint(
            "cause_device", "cause_seq", "device", "seq", name=op.f("pk_parked_cause")
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_parked_stream", "parked", ["stream"], unique=False)


def downgrade() -> None:
    op.drop_table("parked_cause")
    op.drop_table("stream_feed")
    op.drop_table("feed_entry")
    op.drop_table("feed")
    op.drop_table("fork")
    op.drop_table("push_signature")
    op.drop_table("parked")
    op.drop_table("ledger")
    op.drop_table("device")
    op.drop_table("zone")
