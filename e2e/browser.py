"""Chromium as the tests use it: one for all ordinary contexts, and profiles on disk that outlive a killed browser."""

import os
import shutil
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Playwright

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Nothing leaves the machine, not even by mistake.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
]
TABLET: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}, "has_touch": True}
DESK: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
}
CHINESE: dict[str, Any] = {"locale": "zh-CN", "timezone_id": "Asia/Shanghai"}


def launch(playwright: Playwright) -> Browser:
    """The browser whose contexts are forgotten when they close."""
    return playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)


class Profile:
    """A browser with its storage in a folder, as a tablet has it: may be killed and opened again."""

    def __init__(self, playwright: Playwright, folder: Path) -> None:
        self._playwright = playwright
        self._folder = folder

    def open(self, **options: Any) -> BrowserContext:
        return self._playwright.chromium.launch_persistent_context(
            self._folder, executable_path=CHROMIUM, args=FLAGS, **CHINESE, **options
        )

    def kill(self) -> None:
        """Ends every process of this profile at once, as a flat battery does."""
        for process in self._processes():
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        with suppress(FileNotFoundError):
            # Left behind by the dead browser; the next one would think that the profile is in use.
            (self._folder / "SingletonLock").unlink()

    def copy(self) -> "Profile":
        """The same storage in another folder, as a restored image has it; while no browser has it open."""
        folder = self._folder.with_name(f"{self._folder.name}-copy")
        shutil.copytree(self._folder, folder, ignore=shutil.ignore_patterns("Singleton*"))
        return Profile(self._playwright, folder)

    def _processes(self) -> list[int]:
        """The browser of this folder and its children; nobody else's has this folder in its command."""
        mark = f"--user-data-dir={self._folder}".encode()
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with suppress(OSError):
                    if mark in (entry / "cmdline").read_bytes().split(b"\0"):
                        found.append(int(entry.name))
        return found
