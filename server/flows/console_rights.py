"""Who may do what on the console.

Administrators of the zone everything, a point's manager what is of that point, supervisors read.
"""

from server.flows.hub import Hub
from server.flows.reader import Reader
from sync.event import Role
from sync.ledger import DeviceFacts, holds_role

READERS = frozenset(
    {"sys_admin", "security_admin", "sync_admin", "audit_admin", "supervisor", "point_manager"}
)
ADMINISTRATORS = frozenset({"sys_admin", "security_admin", "sync_admin", "point_manager"})
# A relay reads all of its point's cases: only who may give people that right anyway may make one.
RELAY_ADMINISTRATORS = frozenset({"sys_admin", "security_admin"})


def held(hub: Hub, reader: Reader, names: frozenset[str]) -> list[Role]:
    """The reader's roles among these that are in force now.

    A browser that is no device stands at no point: there a role of a point reaches that point, since
    the console shows and switches devices but moves no case. On a device the rule of the cases holds.
    """
    now_ms = hub.now_ms()

    def counts(role: Role) -> bool:
        point = reader.point if reader.device else role.point
        return holds_role(role, DeviceFacts(reader.device, "", point), now_ms)

    return [role for role in reader.body.roles if role.role in names and counts(role)]


def points_of(hub: Hub, reader: Reader, names: frozenset[str]) -> frozenset[str] | None:
    """The points where the reader has one of these roles; None: everywhere."""
    roles = held(hub, reader, names)
    if any(not role.point for role in roles):
        return None
    return frozenset(role.point for role in roles)
