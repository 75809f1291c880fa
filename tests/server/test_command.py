"""What the command leaves on the machine."""

import subprocess
from pathlib import Path

from alembic import command
from sqlalchemy import text

from server.store.schema import make_config
from tests.server.conftest import Still
from tests.server.inside import enrol_tablet, item, push, sign_in_on
from tests.server.process import COMMAND, HubProcess

CLERK = "dating.shouli1"


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
        run = [COMMAND, "verify", "--data", tmp_path]
        return subprocess.run(run, capture_output=True, check=False).returncode == 0

    assert verified()
    with hub.store.engine.begin() as connection:
        connection.execute(text("UPDATE case_record SET receipt_no = 'as it was'"))
    assert not verified()
    config = make_config()
    with hub.store.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "-1")
    assert verified()
