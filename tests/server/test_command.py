"""What the command leaves on the machine."""

import os
import subprocess
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text

from server.store.engine import sqlite_url
from server.store.relay import RelayIdentity
from server.store.schema import make_config, migrate
from server.store.store import Store
from tests.server.conftest import Still
from tests.server.inside import enrol_tablet, item, push, sign_in_on
from tests.server.process import COMMAND, HubProcess

CLERK = "dating.shouli1"


def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    outer = {**os.environ, **environment}
    return subprocess.run(
        [COMMAND, *arguments], env=outer, capture_output=True, text=True, check=False, input="x\n"
    )


def test_the_database_is_nobody_elses_to_read(hub: HubProcess) -> None:
    files = [path for path in Path(hub.data).rglob("*.db*") if path.is_file()]
    assert files, sorted(Path(hub.data).iterdir())
    assert {path.stat().st_mode & 0o077 for path in files} == {0}


def test_an_update_makes_the_projections_anew(still: Still, tmp_path: Path) -> None:
    """Another version of the program may have folded otherwise; what the ledger says stands."""
    hub, tablet = still.hub, enrol_tablet(still.hub)
    tablet.receive(item(hub), sign_in_on(hub, tablet, CLERK).account, ms=still.wall.ms)
    assert push(hub, tablet.push()) == ["ok"]

    def verified() -> bool:
        return run("verify", "--data", tmp_path).returncode == 0

    assert verified()
    with hub.store.engine.begin() as connection:
        connection.execute(text("UPDATE case_record SET receipt_no = 'as it was'"))
    assert not verified()
    config = make_config()
    with hub.store.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "-1")
    # To verify is to look: what an update would make good must not be made good before it is compared.
    looked = run("verify", "--data", tmp_path)
    assert looked.returncode == 1 and "zongchuang migrate" in looked.stderr, looked
    assert run("migrate", "--data", tmp_path).returncode == 0
    assert verified()


@pytest.mark.parametrize(
    "arguments",
    [
        ("verify",),
        ("backup", "backups"),
        ("rebuild",),
        ("migrate",),
        ("account", "xitong"),
        ("enrol-code", "HALL"),
    ],
    ids=lambda arguments: str(arguments[0]),
)
def test_no_hub_is_made_by_who_looks_for_one(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """A mistyped folder that verifies, or is backed up every night, would be a lie."""
    mistyped = tmp_path / "dta"
    name, *rest = arguments
    told = run(
        name, "--data", mistyped, *(tmp_path / one if one == "backups" else one for one in rest)
    )
    assert told.returncode == 1, told
    assert f"{name}: there is no hub in {mistyped}" in told.stderr, told
    assert list(tmp_path.iterdir()) == []


def test_a_relays_database_is_no_hubs(tmp_path: Path) -> None:
    store = Store.open(sqlite_url(tmp_path / "zongchuang.db"))
    migrate(store.engine)
    with store.write() as tx:
        tx.relay.create(RelayIdentity(7, b"z", "HALL", b"h", b"p", b"j", 0, b"", 0, 0))
    store.close()
    for name in ("verify", "load-zone"):
        told = run(name, "--data", tmp_path)
        assert told.returncode == 1 and f"{name}: " in told.stderr, told
        assert "Traceback" not in told.stderr, told


def test_a_later_programs_database_is_left_alone(still: Still, tmp_path: Path) -> None:
    with still.hub.store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '999912312359'"))
    for name in ("verify", "load-zone", "backup"):
        told = run(name, "--data", tmp_path, *([tmp_path / "backups"] if name == "backup" else []))
        assert told.returncode == 1 and "999912312359" in told.stderr, told
        assert "Traceback" not in told.stderr, told


def test_a_setting_that_is_none_is_named(tmp_path: Path) -> None:
    told = run("verify", "--data", tmp_path, PORT="eight")
    assert told.returncode == 1 and "PORT is 'eight'" in told.stderr, told
    assert "Traceback" not in told.stderr, told
