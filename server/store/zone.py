"""The zone's head: one row, whose lock orders everything, and the hub's secrets."""

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from server.store.engine import lock_founding
from server.store.hints import Hint, give_hint
from server.store.tables import hub_secret, zone


@dataclass(slots=True)
class ZoneHead:
    """Where the ledger ends: `position`, its `chain` hash, and the hub's own clock reading."""

    zone: bytes
    name: str
    position: int
    chain: bytes
    hlc: bytes
    loaded: str
    access: int


class Zone:
    """The zone's head row."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def create(self, head: ZoneHead) -> None:
        """Write the head of a new zone; there is one."""
        self._connection.execute(
            insert(zone).values(
                id=1,
                zone=head.zone,
                name=head.name,
                position=head.position,
                chain=head.chain,
                hlc=head.hlc,
                loaded=head.loaded,
                access=head.access,
            )
        )

    def find(self) -> ZoneHead | None:
        """The head as this transaction sees it; None before the zone is made."""
        row = self._connection.execute(select(zone).where(zone.c.id == 1)).first()
        return None if row is None else ZoneHead(*row[1:])

    def get(self) -> ZoneHead:
        """The head. Raises LookupError before the zone is made."""
        head = self.find()
        if head is None:
            raise LookupError("no zone in this database: run `zongchuang load-zone`")
        return head

    def lock_founding(self) -> None:
        """Be the only one to make a zone; what another process made is seen afterwards."""
        lock_founding(self._connection)

    def lock(self) -> ZoneHead:
        """The head, held by this transaction until it ends: nobody else gives positions meanwhile."""
        row = self._connection.execute(select(zone).where(zone.c.id == 1).with_for_update()).one()
        return ZoneHead(*row[1:])

    def advance(self, head: ZoneHead) -> None:
        """Write where the ledger ends now."""
        self._connection.execute(
            update(zone).values(
                position=head.position, chain=head.chain, hlc=head.hlc, access=head.access
            )
        )

    def skip_to(self, position: int) -> None:
        """The zone was restored: the positions of its new epoch go on after this one."""
        self._connection.execute(update(zone).values(position=position))

    def touch_access(self) -> None:
        """Somebody's rights may have changed: whoever reads asks again."""
        query = update(zone).values(access=zone.c.access + 1).returning(zone.c.access)
        access = self._connection.execute(query).scalar_one()
        give_hint(self._connection, Hint(0, 0, access, [], []))

    def hint(self, hint: Hint) -> None:
        """Tell other processes, once this transaction commits."""
        give_hint(self._connection, hint)

    def mark_loaded(self, digest: str, name: str) -> None:
        """Remember which zone files were loaded last."""
        self._connection.execute(update(zone).values(loaded=digest, name=name))


class Secrets:
    """What only the hub knows: its signing key and keys of its own."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, name: str) -> bytes | None:
        query = select(hub_secret.c.value).where(hub_secret.c.name == name)
        return self._connection.execute(query).scalar()

    def put(self, name: str, value: bytes) -> None:
        self._connection.execute(insert(hub_secret).values(name=name, value=value))
