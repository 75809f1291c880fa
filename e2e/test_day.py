"""A day's work at two points: four tablets, a relay each, a line that breaks at any byte, a hub that dies, an update.

In the evening the hub holds what was saved, once each, and every tablet shows what the hub holds. `DAY_SEED` says where
the line breaks; another one is another day.
"""

import os
import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import expect

from e2e.conftest import serve
from e2e.desk import Desk
from e2e.forms import SHOP, STATEMENT
from e2e.hub import Hub, copy_of
from e2e.line import Line
from e2e.office import Office
from e2e.people import CLERK, CLERK_HALL, SECOND_CLERK_HALL, applicant
from e2e.relay import Relay
from e2e.test_update import release

SEED = int(os.environ.get("DAY_SEED", "20261123"))
# From within a handshake to past a push with its answer.
BYTES_MIN, BYTES_MAX = 200, 30_000
RECONNECTED_MS = 60_000
# A relay that could not reach its hub for long waits for up to a minute before it tries again.
DRAINED_MS = 120_000

# The number of this device, and how many events it has written.
OWN_EVENTS = """async () => {
  const asked = (request) => new Promise((done, failed) => {
    request.onsuccess = () => done(request.result)
    request.onerror = () => failed(request.error)
  })
  for (const { name } of await indexedDB.databases()) {
    const database = await asked(indexedDB.open(name))
    if (database.objectStoreNames.contains('log')) {
      const read = database.transaction(['device', 'log'])
      const [[device], events] = await Promise.all([
        asked(read.objectStore('device').getAll()), asked(read.objectStore('log').count()),
      ])
      return [device.number, events]
    }
  }
  throw new Error('this browser has no log')
}"""


@pytest.fixture(scope="module")
def served_hub(
    template: Path, surfaces: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Hub]:
    """A hub of its own, with surfaces of its own, of which a newer version can be put in place."""
    folder = tmp_path_factory.mktemp("day")
    static = Path(shutil.copytree(surfaces, folder / "dist"))
    yield from serve(copy_of(template, folder / "data", static))


@dataclass
class Day:
    """The four tablets, what happens to their lines, and what was saved at the windows.

    saved: by receipt number the acts of each case, in the order of the day.
    """

    hub: Hub
    hall: tuple[Desk, Desk]
    jz: tuple[Desk, Desk]
    chance: random.Random
    saved: dict[str, list[str]] = field(default_factory=dict)
    person: int = 300

    @property
    def tablets(self) -> tuple[Desk, ...]:
        return (*self.hall, *self.jz)

    def bytes_left(self) -> int:
        return self.chance.randrange(BYTES_MIN, BYTES_MAX)

    def break_lines(self) -> None:
        """Sooner or later each tablet's line breaks; nobody is told."""
        for tablet in self.tablets:
            tablet.line.cut_after(self.bytes_left())

    def restore_lines(self) -> None:
        for tablet in self.tablets:
            tablet.line.restore()

    def take_in(self, tablet: Desk, *, photo: bool = False) -> str:
        self.person += 1
        form = self.chance.choice((SHOP, STATEMENT))
        someone = applicant(self.person)
        receipt = tablet.intake.take_in(form, someone, photo=form.materials[0] if photo else "")
        self.saved[receipt] = ["case.receive"]
        return receipt

    def accept(self, tablet: Desk, receipt: str) -> None:
        """A clerk accepts a colleague's case."""
        tablet.cases.open(receipt)
        tablet.cases.decide("受理")
        self.saved[receipt].append("case.accept")

    # The day

    def morning(self) -> None:
        """The lines come and go."""
        self.break_lines()
        first = self.take_in(self.hall[0], photo=True)
        self.take_in(self.jz[0])
        self.restore_lines()
        self.hall[1].cases.go()
        expect(self.hall[1].cases.row(first)).to_be_visible(timeout=RECONNECTED_MS)
        self.break_lines()
        self.accept(self.hall[1], first)
        self.take_in(self.jz[1], photo=True)

    def without_hub(self, relay: Relay) -> None:
        """Each point goes on by itself, one of them through a power cut of its relay."""
        self.hub.kill()
        self.restore_lines()
        for tablet in self.tablets:
            tablet.expect_point(RECONNECTED_MS)
        shared = self.take_in(self.jz[0])
        self.jz[1].cases.go()
        self.jz[1].cases.expect_tick(shared, "已到点位")
        self.accept(self.jz[1], shared)
        relay.kill()
        self.take_in(self.hall[0])
        relay.start()
        self.hall[0].expect_point(RECONNECTED_MS)
        self.take_in(self.hall[1])

    def update(self, trunk: Line) -> None:
        """The hub comes back with a newer version of the surface, while the lines still break."""
        trunk.cut_after(self.bytes_left())
        self.break_lines()
        release(self.hub.static)
        self.hub.start()
        tablet = self.hall[0]
        last = self.take_in(tablet)
        tablet.line.restore()
        tablet.reload()
        tablet.unlock()
        tablet.page.get_by_role("button", name="更新应用").click()
        tablet.unlock()
        tablet.cases.open(last)

    def evening(self, trunk: Line) -> None:
        """Every line is up, and everything drains, by the point or straight to the hub."""
        trunk.restore()
        self.restore_lines()
        for tablet in self.tablets:
            tablet.send_now()
        for tablet in self.tablets:
            tablet.expect_all_sent(DRAINED_MS)


def events_of(hub: Hub, device: int) -> int:
    with closing(sqlite3.connect(hub.data / "zongchuang.db", timeout=10)) as database:
        asked = "SELECT count(*) FROM ledger WHERE device = ?"
        return int(database.execute(asked, (device,)).fetchone()[0])


def expect_saved(day: Day) -> None:
    """The hub holds what was saved, once, and every tablet shows what there is of its point."""
    assert day.hub.acts() == day.saved
    for tablet in day.tablets:
        device, events = tablet.page.evaluate(OWN_EVENTS)
        assert events_of(day.hub, device) == events
    for point, beside in (("HALL", day.hall), ("JZ", day.jz)):
        theirs = [receipt for receipt in day.saved if receipt.startswith(f"JK-{point}-")]
        assert theirs
        for tablet in beside:
            tablet.cases.go()
            for receipt in theirs:
                tablet.cases.expect_tick(receipt, "已到中心")
                expect(tablet.cases.row(receipt)).to_have_count(1)


def test_a_day_at_two_points(office: Office, tmp_path: Path) -> None:
    hub = office.hub
    hall = (office.tablet(CLERK_HALL, "一号"), office.tablet(SECOND_CLERK_HALL, "二号"))
    jz = (office.tablet(CLERK, "九站一号"), office.tablet(CLERK, "九站二号"))
    trunk = office.line()
    relays = [
        Relay(hub, tmp_path / "hall", "HALL", [tablet.line.url for tablet in hall], trunk),
        Relay(hub, tmp_path / "jz", "JZ", [tablet.line.url for tablet in jz]),
    ]
    day = Day(hub, hall, jz, random.Random(SEED))
    try:
        for relay in relays:
            relay.start()
        day.morning()
        day.without_hub(relays[0])
        day.update(trunk)
        day.evening(trunk)
        expect_saved(day)
    finally:
        for relay in relays:
            relay.stop()
