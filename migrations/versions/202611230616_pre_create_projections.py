"""Create what is rebuilt from the ledger: cases, records, accounts, grants, uses of photos."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import sqlite

revision = "202611230616"
down_revision = "202611230615"
branch_labels = None
depends_on = None

# SQLite makes a primary key the row's own number only when its type is spelt INTEGER.
BIG = sa.BigInteger().with_variant(sqlite.INTEGER(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "case_record",
        sa.Column("stream", sa.LargeBinary(), nullable=False),
        sa.Column("position", BIG, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("point", sa.Text(), nullable=False),
        sa.Column("dept", sa.Text(), nullable=False),
        sa.Column("window", sa.Text(), nullable=False),
        sa.Column("receipt_no", sa.Text(), nullable=False),
        sa.Column("case_no", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("applicant_name", sa.Text(), nullable=False),
        sa.Column("id_last4", sa.Text(), nullable=False),
        sa.Column("opened_ms", BIG, nullable=False),
        sa.Column("updated_ms", BIG, nullable=False),
        sa.Column("void_count", BIG, nullable=False),
        sa.Column("unknown_count", BIG, nullable=False),
        sa.Column("conflict_count", BIG, nullable=False),
        sa.Column("photos_missing", BIG, nullable=False),
        sa.Column("fold", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("stream", name=op.f("pk_case_record")),
    )
    op.create_index(
        "uq_case_record_case_no",
        "case_record",
        ["case_no"],
        unique=True,
        sqlite_where=sa.text("case_no <> ''"),
        postgresql_where=sa.text("case_no <> ''"),
    )
    op.create_index(
        "uq_case_record_receipt_no",
        "case_record",
        ["receipt_no"],
        unique=True,
        sqlite_where=sa.text("receipt_no <> ''"),
        postgresql_where=sa.text("receipt_no <> ''"),
    )
    op.create_table(
        "void_event",
        sa.Column("position", BIG, autoincrement=False, nullable=False),
        sa.Column("effect", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_void_event")),
    )
    op.create_table(
        "record",
        sa.Column("stream", sa.LargeBinary(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("position", BIG, nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("stream", name=op.f("pk_record")),
    )
    op.create_index("ix_record_type_id", "record", ["type", "id"], unique=False)
    op.create_table(
        "item_version",
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("position", BIG, nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("item", "version", name=op.f("pk_item_version")),
    )
    op.create_table(
        "account",
        sa.Column("stream", sa.LargeBinary(), nullable=False),
        sa.Column("position", BIG, nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("stream", name=op.f("pk_account")),
    )
    op.create_index(op.f("ix_account_username"), "account", ["username"], unique=False)
    op.create_table(
        "grant_span",
        sa.Column("position", BIG, autoincrement=False, nullable=False),
        sa.Column("account", sa.LargeBinary(), nullable=False),
        sa.Column("device", BIG, nullable=False),
        sa.Column("from_ms", BIG, nullable=False),
        sa.Column("until_ms", BIG, nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_grant_span")),
    )
    op.create_index(
        "ix_grant_span_account_device", "grant_span", ["account", "device"], unique=False
    )
    op.create_table(
        "attachment_use",
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("stream", sa.LargeBinary(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", "stream", name=op.f("pk_attachment_use")),
    )


def downgrade() -> None:
    op.drop_table("attachment_use")
    op.drop_table("grant_span")
    op.drop_table("account")
    op.drop_table("item_version")
    op.drop_table("record")
    op.drop_table("void_event")
    op.drop_table("case_record")
