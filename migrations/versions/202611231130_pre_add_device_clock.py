"""Add to every device the greatest time that its log carries, so that no later event goes back behind it."""

import sqlalchemy as sa
from alembic import op

from server.flows.facts import hlc_of
from sync.clock import ZERO

revision = "202611231130"
down_revision = "202611231000"
branch_labels = None
depends_on = None

EVENTS = 2_000  # read at a time
LEDGER = sa.table(
    "ledger", sa.column("position"), sa.column("device"), sa.column("event", sa.LargeBinary)
)
PARKED = sa.table("parked", sa.column("device"), sa.column("event", sa.LargeBinary))
DEVICE = sa.table("device", sa.column("number"), sa.column("hlc", sa.LargeBinary))


def upgrade() -> None:
    op.add_column("device", sa.Column("hlc", sa.LargeBinary(), server_default="", nullable=False))
    connection = op.get_bind()
    connection.execute(sa.update(DEVICE).values(hlc=ZERO))
    for device, hlc in _hlc_by_device(connection).items():
        connection.execute(sa.update(DEVICE).where(DEVICE.c.number == device).values(hlc=hlc))


def downgrade() -> None:
    with op.batch_alter_table("device") as device:
        device.drop_column("hlc")


def _hlc_by_device(connection: sa.Connection) -> dict[int, bytes]:
    hlcs: dict[int, bytes] = {}

    def note(device: int, event: bytes) -> None:
        hlcs[device] = max(hlcs.get(device, ZERO), hlc_of(event))

    for device, event in connection.execute(sa.select(PARKED.c.device, PARKED.c.event)):
        note(device, event)
    query = sa.select(LEDGER).order_by(LEDGER.c.position).limit(EVENTS)
    rows = connection.execute(query).all()
    while rows:
        for _, device, event in rows:
            note(device, event)
        rows = connection.execute(query.where(LEDGER.c.position > rows[-1].position)).all()
    return hlcs
