"""The repository as its rules see it: the files that are ours, by kind."""

from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Made by tools, or not ours.
NOT_OURS = {
    ".git", ".venv", ".mypy_cache", ".ruff_cache", ".hypothesis", ".pytest_cache", ".import_linter_cache",
    "node_modules", "dist", "data", "__pycache__", "test-results",
}  # fmt: skip
SOURCE = {".py", ".ts", ".vue", ".mjs", ".cjs", ".sh", ".css"}


def files(*suffixes: str) -> Iterable[Path]:
    """Every file of ours with one of these suffixes (all files without any), in a stable order."""
    return sorted(_walk(ROOT, set(suffixes)))


def source_files() -> list[Path]:
    """Every file of ours that a person writes and a machine runs."""
    return [path for path in files(*SOURCE) if "generated" not in path.parts]


def name(path: Path) -> str:
    """The path as a reader writes it."""
    return path.relative_to(ROOT).as_posix()


def is_test(path: Path) -> bool:
    """True for a file whose reader wants many cases in one place."""
    return path.stem.startswith("test_") or path.name.endswith(".test.ts")


def _walk(folder: Path, suffixes: set[str]) -> Iterable[Path]:
    for path in folder.iterdir():
        if path.name in NOT_OURS or path.name.endswith(".egg-info"):
            continue
        if path.is_dir():
            yield from _walk(path, suffixes)
        elif not suffixes or path.suffix in suffixes:
            yield path
