"""The house's rules, as ordinary tests (CONTRIBUTING.md). Each failure names every file that breaks the rule."""

import json
import re
from pathlib import Path

import pytest

from tests.repo.tree import ROOT, files, is_test, name, source_files

LINES_MAX = {".py": 450, ".ts": 350, ".vue": 200}
TEST_LINES_MAX = 600
# A ratchet: what is over its ceiling may shrink or leave, never grow and never join.
LONG_FILES: dict[str, int] = {}

HIDING_NAMES = {"utils", "util", "helpers", "helper", "misc", "common"}
LEFTOVERS = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
ESCAPES = re.compile(
    r":\s*any\s*(?:[,;)=|&>\]]|$)|\bas any\b|<any\b|@ts-(?:ignore|nocheck)|#\s*type:\s*ignore(?!\[)"
)
REGISTRY = re.compile(r'https?://|"resolved"|--(?:extra-)?index-url')
# Folders of some one machine. Written in pieces, so that this line does not break its own rule.
MACHINE_PATH = re.compile(r"(?<![\w.~-])/(?:ro" + r"ot|wo" + r"rk|home/\w+|Us" + r"ers/\w+)/")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)

OPENING = {
    ".py": re.compile(r'(?:#!.*\n)?r?"""\S'),
    ".ts": re.compile(r"/\*\*|//"),
    ".mjs": re.compile(r"(?:#!.*\n)?(?:/\*\*|//)"),
    ".cjs": re.compile(r"/\*\*|//"),
    ".vue": re.compile(r"<!--"),
    ".css": re.compile(r"/\*"),
    ".sh": re.compile(r"#!.*\n#"),
}


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def lines_max(path: Path) -> int | None:
    return TEST_LINES_MAX if is_test(path) else LINES_MAX.get(path.suffix)


def matches(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    found = []
    for path in paths:
        for number, line in enumerate(text(path).splitlines(), start=1):
            if pattern.search(line):
                found.append(f"{name(path)}:{number}: {line.strip()[:100]}")
    return found


def nothing(found: list[str]) -> None:
    """Fails with the whole list, one breach a line."""
    assert not found, "\n" + "\n".join(found)


def test_every_source_file_says_what_it_is() -> None:
    silent = [name(path) for path in source_files() if not OPENING[path.suffix].match(text(path))]
    nothing(silent)


def test_no_file_is_longer_than_its_ceiling() -> None:
    long = []
    for path in source_files():
        ceiling, length = lines_max(path), len(text(path).splitlines())
        if ceiling is not None and length > LONG_FILES.get(name(path), ceiling):
            long.append(f"{name(path)}: {length} lines, at most {ceiling}")
    nothing(long)


def test_the_ratchet_lists_only_what_needs_it() -> None:
    for listed in LONG_FILES:
        path = ROOT / listed
        assert path.exists(), f"{listed} is gone: take it off the list"
        ceiling = lines_max(path)
        assert ceiling is not None
        assert len(text(path).splitlines()) > ceiling, f"{listed} fits now: take it off the list"


def test_no_name_hides_what_it_holds() -> None:
    hiding = [
        name(path)
        for path in files()
        if HIDING_NAMES & {part.split(".")[0].lower() for part in path.relative_to(ROOT).parts}
    ]
    nothing(hiding)


def test_nothing_is_left_for_later() -> None:
    nothing(matches(LEFTOVERS, source_files()))


def test_nobody_escapes_the_type_checkers() -> None:
    typescript = [path for path in source_files() if path.suffix in {".ts", ".vue", ".py"}]
    nothing(matches(ESCAPES, [path for path in typescript if path.parent.name != "repo"]))


def test_no_path_of_one_machine() -> None:
    readable = {".md", ".toml", ".json", ".html", ".yml", ".ini", ""}
    paths = source_files() + [path for path in files() if path.suffix in readable and path.suffix]
    nothing(matches(MACHINE_PATH, [*paths, ROOT / "Makefile", ROOT / ".ci" / "run"]))


def test_python_locks_name_no_registry_and_pin_every_hash() -> None:
    locks = sorted((ROOT / "locks").glob("*.txt"))
    assert {path.stem for path in locks} == {"bootstrap", "runtime", "dev"}
    nothing(matches(REGISTRY, locks))
    for path in locks:
        pins = re.findall(r"^[\w.\[\]-]+==\S+.*(?:\n +.*)*", text(path), re.MULTILINE)
        assert pins, f"{name(path)} pins nothing"
        assert [pin for pin in pins if "--hash=sha256:" not in pin] == []


@pytest.mark.parametrize("folder", ["pwa", "bench"])
def test_javascript_locks_name_no_registry_and_pin_every_hash(folder: str) -> None:
    lock = json.loads(text(ROOT / folder / "package-lock.json"))
    packages = {
        path: entry for path, entry in lock["packages"].items() if path and not entry.get("link")
    }
    assert [path for path, entry in packages.items() if "resolved" in entry] == []
    bundled = {path for path, entry in packages.items() if entry.get("inBundle")}
    assert [
        path for path, entry in packages.items() if "integrity" not in entry and path not in bundled
    ] == []


def test_javascript_packages_are_pinned_exactly() -> None:
    manifest = json.loads(text(ROOT / "pwa" / "package.json"))
    asked = {**manifest["dependencies"], **manifest["devDependencies"]}
    assert {
        package: version for package, version in asked.items() if not version[0].isdigit()
    } == {}


def test_relative_links_in_the_docs_resolve() -> None:
    broken = []
    for path in files(".md"):
        for target in LINK.findall(FENCE.sub("", text(path))):
            if "://" in target or target.startswith(("#", "mailto:")):
                continue
            file = (path.parent / target.split("#")[0]).resolve()
            if not file.exists():
                broken.append(f"{name(path)} → {target}")
    nothing(broken)


def test_the_build_server_runs_what_a_developer_runs() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert text(script).rstrip().endswith("make test")
