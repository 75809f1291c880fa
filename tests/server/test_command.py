"""What the command leaves on the machine."""

from pathlib import Path

from tests.server.process import HubProcess


def test_the_database_is_nobody_elses_to_read(hub: HubProcess) -> None:
    files = [path for path in Path(hub.data).rglob("*.db*") if path.is_file()]
    assert files, sorted(Path(hub.data).iterdir())
    assert {path.stat().st_mode & 0o077 for path in files} == {0}
