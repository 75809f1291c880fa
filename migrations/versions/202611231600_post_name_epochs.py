"""Name epochs by the position with which they begin: the hub's follows from its ledger, a relay meets the hub anew."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import sqlite

revision = "202611231600"
down_revision = "202611231215"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sqlite.INTEGER(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("zone") as zone:
        zone.drop_column("epoch")
    with op.batch_alter_table("relay_identity") as identity:
        identity.drop_column("epoch")
    op.add_column("relay_identity", sa.Column("epoch", BIG, server_default="0", nullable=False))
    op.add_column(
        "relay_identity",
        sa.Column("epoch_proof", sa.LargeBinary(), server_default="", nullable=False),
    )
    # What the hub signed for a relay named no epoch: nobody believes it any more, and all of it can be had again.
    for table in ("relay_entry", "relay_head", "relay_feed"):
        op.execute(sa.text(f"DELETE FROM {table}"))  # noqa: S608 - the names stand above
    op.execute(sa.text("DELETE FROM relay_journal WHERE kind = 'ack'"))
    op.execute(sa.text("UPDATE relay_journal SET settled_ms = 0 WHERE kind = 'push'"))


def downgrade() -> None:
    with op.batch_alter_table("relay_identity") as identity:
        identity.drop_column("epoch_proof")
        identity.drop_column("epoch")
    for table in ("relay_identity", "zone"):
        op.add_column(
            table, sa.Column("epoch", sa.LargeBinary(), server_default="", nullable=False)
        )
