"""What runs in an office needs no test package: each module of the server is imported with those taken away."""

import subprocess
import sys
import tomllib

from tests.repo.tree import ROOT

# In a fresh interpreter, because here they are loaded already. greenlet comes with playwright and would hide
# that SQLAlchemy no longer brings it along.
IMPORT_ALL = """
import importlib, pkgutil, sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {absent!r}:
            raise ModuleNotFoundError(f"{{name}} is no package of the runtime", name=name)

sys.meta_path.insert(0, Absent())
imported = []
for package in ("sync", "server"):
    root = importlib.import_module(package)
    imported.append(package)
    for module in pkgutil.walk_packages(root.__path__, package + "."):
        importlib.import_module(module.name)
        imported.append(module.name)
print(*imported)
"""


def packages_in(lock: str) -> set[str]:
    lines = (ROOT / "locks" / f"{lock}.txt").read_text(encoding="utf-8").splitlines()
    return {line.partition("==")[0] for line in lines if line[:1].isalnum()}


def test_the_server_imports_without_the_test_packages() -> None:
    only_for_tests = packages_in("dev") - packages_in("runtime")
    assert {"pytest", "playwright", "hypothesis", "greenlet"} <= only_for_tests
    absent = {package.replace("-", "_") for package in only_for_tests} | {"_pytest"}
    run = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL.format(absent=absent)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert {"sync.event", "server.app", "server.cli"} <= set(run.stdout.split())


def test_the_locks_hold_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = {
        dependency.partition(">")[0].partition("[")[0] for dependency in project["dependencies"]
    }
    assert asked <= packages_in("runtime")
    assert packages_in("runtime") <= packages_in("dev")
