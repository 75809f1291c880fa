"""Makes every statement and every commit of a node's database a place to crash, or to fail for want of room."""

import sqlite3
from collections.abc import Callable

from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError

from tests.simulator.world import DiskFull, World


def watch_writes(world: World, node: str, engine: Engine) -> Callable[[], None]:
    """Begins; the answer ends it."""

    def may_fail(what: str) -> None:
        try:
            world.write_point(node, what)
        except DiskFull as full:
            cause = sqlite3.OperationalError("database or disk is full")
            raise OperationalError(what, None, cause) from full

    def before_statement(_: object, __: object, statement: str, *___: object) -> None:
        world.crash_point(node, "before a statement")
        if not statement.startswith(("SELECT", "BEGIN")):
            may_fail("a statement")

    def before_commit(*_: object) -> None:
        world.crash_point(node, "before a commit")
        may_fail("a commit")

    event.listen(engine, "before_cursor_execute", before_statement)
    event.listen(engine, "commit", before_commit)

    def end() -> None:
        event.remove(engine, "before_cursor_execute", before_statement)
        event.remove(engine, "commit", before_commit)

    return end
