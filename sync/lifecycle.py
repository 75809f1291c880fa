"""The lifecycle of a case: one table, read once from lifecycle.json; a row missing is a refusal.

Twin of pwa/src/sync/lifecycle.ts, which reads the same table (docs/protocol.md, "State is a fold").
"""

from collections.abc import Mapping
from importlib.resources import files
from typing import Literal

import msgspec
from msgspec import Struct

from sync.event import ACT_TYPES, BODY_BY_TYPE

Scope = Literal["point", "dept", "any", "person", "hub"]
Guard = Literal[
    "correction_once",
    "extension_once",
    "licence_only",
    "instant_only",
    "not_own_review",
    "no_deferral_open",
    "deferral_open",
]
Effect = Literal[
    "count_correction",
    "count_extension",
    "keep_missing",
    "clear_missing",
    "open_deferral",
    "close_deferral",
    "keep_reviewer",
    "move_point",
]
Need = Literal["opinion", "reason", "ground", "missing", "deferred", "manner", "recipient", "point"]


class Modes(Struct, frozen=True, forbid_unknown_fields=True):
    """For which acceptance modes of the item a role may: those in `only`, or all but `excluded`."""

    only: frozenset[str] | None = None
    excluded: frozenset[str] = msgspec.field(default=frozenset(), name="except")

    def allow(self, mode: str) -> bool:
        """Whether the item's acceptance mode is among them."""
        return mode not in self.excluded and (self.only is None or mode in self.only)


class RowRole(Struct, frozen=True, forbid_unknown_fields=True):
    """A role that may, and where it must be held."""

    role: str
    scope: Scope
    modes: Modes = Modes()


class Row(Struct, frozen=True, forbid_unknown_fields=True):
    """One act in some states: who may, what it must carry, what must hold, what it does."""

    type: str
    zh: str
    from_: tuple[str, ...] = msgspec.field(name="from")
    to: str
    roles: tuple[RowRole, ...]
    guards: tuple[Guard, ...] = ()
    needs: tuple[Need, ...] = ()
    effects: tuple[Effect, ...] = ()


class StateInfo(Struct, frozen=True, forbid_unknown_fields=True):
    """What a state is called, whether anything can follow it, and which clock runs in it."""

    zh: str
    en: str
    terminal: bool
    clock: Literal["none", "prereview", "correction", "decision", "paused", "delivery"]


class Edits(Struct, frozen=True, forbid_unknown_fields=True):
    """Where and by whom a case's fields and materials may be changed outside any transition."""

    type: str
    zh: str
    from_: frozenset[str] = msgspec.field(name="from")
    roles: tuple[RowRole, ...]


class Lifecycle(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole table."""

    about: str
    states: Mapping[str, StateInfo]
    transitions: tuple[Row, ...]
    edits: Edits
    hub: frozenset[str]


LIFECYCLE = msgspec.json.decode(
    files("sync").joinpath("lifecycle.json").read_bytes(), type=Lifecycle
)
DRAFT = "draft"

# The first row that has the type and the state; there is no other way to move a case.
ROW_BY_TYPE_AND_STATE: Mapping[tuple[str, str], Row] = {
    (row.type, state): row for row in reversed(LIFECYCLE.transitions) for state in row.from_
}
# Rights and needed parts do not depend on the state that is met: the hub judges them before it.
ROW_BY_TYPE: Mapping[str, Row] = {row.type: row for row in reversed(LIFECYCLE.transitions)}


def find_row(type_: str, state: str) -> Row | None:
    """The row for this act in this state; None: the act has no effect there."""
    return ROW_BY_TYPE_AND_STATE.get((type_, state))


_ROLES_BY_TYPE: Mapping[str, tuple[RowRole, ...]] = {
    **{type_: row.roles for type_, row in ROW_BY_TYPE.items()},
    LIFECYCLE.edits.type: LIFECYCLE.edits.roles,
}


def roles_for(type_: str) -> tuple[RowRole, ...]:
    """Who may write this type of a case's event; empty: nobody but the hub."""
    return _ROLES_BY_TYPE.get(type_, ())


assert set(ROW_BY_TYPE) == {"case.receive", "case.submit_online", *ACT_TYPES}
assert {*ROW_BY_TYPE, LIFECYCLE.edits.type, *LIFECYCLE.hub} == {
    type_ for type_ in BODY_BY_TYPE if type_.startswith("case.")
}
assert all(row.to in LIFECYCLE.states for row in LIFECYCLE.transitions)
assert all(state in LIFECYCLE.states for _, state in ROW_BY_TYPE_AND_STATE)
assert all(
    (row.roles, row.needs) == (ROW_BY_TYPE[row.type].roles, ROW_BY_TYPE[row.type].needs)
    for row in LIFECYCLE.transitions
)
