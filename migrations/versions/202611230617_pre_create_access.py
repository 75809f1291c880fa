"""Create what is no event: secrets, credentials, sessions, codes, counters, photos."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import sqlite

revision = "202611230617"
down_revision = "202611230616"
branch_labels = None
depends_on = None

# SQLite makes a primary key the row's own number only when its type is spelt INTEGER.
BIG = sa.BigInteger().with_variant(sqlite.INTEGER(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "hub_secret",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_hub_secret")),
    )
    op.create_table(
        "escrow_key",
        sa.Column("device", BIG, autoincrement=False, nullable=False),
        sa.Column("account", sa.LargeBinary(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["device"], ["device.number"], name=op.f("fk_escrow_key_device")),
        sa.PrimaryKeyConstraint("device", "account", name=op.f("pk_escrow_key")),
    )
    op.create_table(
        "credential",
        sa.Column("account", sa.LargeBinary(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("changed_ms", BIG, nullable=False),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_credential")),
    )
    op.create_table(
        "session",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("account", sa.LargeBinary(), nullable=False),
        sa.Column("device", BIG, nullable=False),
        sa.Column("from_ms", BIG, nullable=False),
        sa.Column("until_ms", BIG, nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_session")),
    )
    op.create_index("ix_session_account_device", "session", ["account", "device"], unique=False)
    op.create_table(
        "challenge",
        sa.Column("challenge_hash", sa.LargeBinary(), nullable=False),
        sa.Column("until_ms", BIG, nullable=False),
        sa.PrimaryKeyConstraint("challenge_hash", name=op.f("pk_challenge")),
    )
    op.create_table(
        "enrolment_code",
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("point", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("created_by", sa.LargeBinary(), nullable=False),
        sa.Column("created_ms", BIG, nullable=False),
        sa.Column("until_ms", BIG, nullable=False),
        sa.Column("used_ms", BIG, nullable=False),
        sa.Column("device", BIG, nullable=False),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_enrolment_code")),
    )
    op.create_table(
        "case_serial",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("date", sa.Text(), nullable=False),
        sa.Column("serial", BIG, nullable=False),
        sa.PrimaryKeyConstraint("code", "date", name=op.f("pk_case_serial")),
    )
    op.create_table(
        "attachment",
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("size", BIG, nullable=False),
        sa.Column("mime", sa.Text(), nullable=False),
        sa.Column("device", BIG, nullable=False),
        sa.Column("stored_ms", BIG, nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_attachment")),
    )
    op.create_table(
        "throttle",
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("failures", BIG, nullable=False),
        sa.Column("retry_at_ms", BIG, nullable=False),
        sa.PrimaryKeyConstraint("key_hash", name=op.f("pk_throttle")),
    )


def downgrade() -> None:
    op.drop_table("throttle")
    op.drop_table("attachment")
    op.drop_table("case_serial")
    op.drop_table("enrolment_code")
    op.drop_table("challenge")
    op.drop_table("session")
    op.drop_table("credential")
    op.drop_table("escrow_key")
    op.drop_table("hub_secret")
