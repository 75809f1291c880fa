"""Fixtures: one browser for the run, one hub, the places of each test."""

import shutil
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, expect

from e2e.browser import launch
from e2e.hub import DIST, Hub, copy_of, prepare
from e2e.office import Office

EVIDENCE = Path(tempfile.gettempdir()) / "zongchuang-e2e"
_OUTCOME = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Lets the fixtures know that their test failed."""
    report = yield
    if report.failed:
        item.stash[_OUTCOME] = False
    return report


@pytest.fixture(scope="session", autouse=True)
def patience() -> None:
    """How long a screen may take to say what it has to say, on a busy machine."""
    expect.set_options(timeout=10_000)


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = launch(playwright)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def surfaces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built surfaces, copied, so that a build beside the run changes nothing."""
    return Path(shutil.copytree(DIST, tmp_path_factory.mktemp("surfaces") / "dist"))


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare(tmp_path_factory.mktemp("hub"))


def serve(hub: Hub) -> Iterator[Hub]:
    """A hub for as long as its fixture lives; what it leaves behind must hold."""
    hub.start()
    yield hub
    hub.stop()
    hub.verify()


@pytest.fixture(scope="session")
def served_hub(
    template: Path, surfaces: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Hub]:
    """The hub of the run; a file of tests that changes the hub itself has its own under this name."""
    yield from serve(copy_of(template, tmp_path_factory.mktemp("hub") / "data", surfaces))


@pytest.fixture
def hub(served_hub: Hub) -> Hub:
    """The hub, up, whatever the test before did to it."""
    if not served_hub.running:
        served_hub.start()
    return served_hub


@pytest.fixture
def office(
    playwright: Playwright,
    chromium: Browser,
    hub: Hub,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> Iterator[Office]:
    place = Office(playwright, chromium, hub, tmp_path)
    yield place
    failed = _OUTCOME in request.node.stash
    if failed:
        place.keep_evidence(EVIDENCE / request.node.name)
    faults = place.close()
    if failed:
        print("the screens complained of:", *faults, sep="\n")
    assert failed or not faults, "the screens complained:\n" + "\n".join(faults)
