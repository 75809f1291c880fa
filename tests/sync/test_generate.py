"""What is derived from sync/ is fresh, and the check that says so can fail."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import generate  # noqa: E402 - scripts are no package


def test_everything_generated_is_fresh() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "generate.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_same_input_gives_the_same_bytes() -> None:
    assert generate.outputs() == generate.outputs()


def test_a_stale_file_is_named_and_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stale, missing = tmp_path / "stale.ts", tmp_path / "missing.ts"
    stale.write_text("old")
    monkeypatch.setattr(generate, "ROOT", tmp_path)
    monkeypatch.setattr(generate, "outputs", lambda: {stale: "new", missing: "new"})
    assert generate.main(["--check"]) == 1
    assert capsys.readouterr().out == "stale stale.ts\nstale missing.ts\n"
    assert stale.read_text() == "old"
    assert generate.main([]) == 0
    assert (stale.read_text(), missing.read_text()) == ("new", "new")
    assert generate.main(["--check"]) == 0
