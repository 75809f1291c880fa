"""The places where people meet the hub during one test: tablets, desks, phones, the console; each on its own line."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Playwright

from e2e.browser import CHINESE, DESK, PHONE, TABLET, Profile
from e2e.console import Console
from e2e.desk import Desk
from e2e.guard import Guard
from e2e.hub import Hub
from e2e.line import Line
from e2e.people import Account
from e2e.phone import Phone


@dataclass
class Office:
    """Opens places, watches all of them, closes them; keeps traces and pictures when asked."""

    playwright: Playwright
    chromium: Browser
    hub: Hub
    folder: Path
    _open: list[tuple[BrowserContext, Guard]] = field(default_factory=list)
    _lines: list[Line] = field(default_factory=list)

    def line(self) -> Line:
        line = Line(self.hub.port)
        self._lines.append(line)
        return line

    def context(self, options: dict[str, Any]) -> BrowserContext:
        return self.chromium.new_context(**CHINESE, **options)

    def place(self, context: BrowserContext, line: Line) -> tuple[BrowserContext, Line, Guard]:
        """Keeps an eye on a context until the test is over; what a page object needs."""
        context.set_default_timeout(15_000)
        context.tracing.start(snapshots=True, screenshots=False, sources=False)
        guard = Guard(context)
        self._open.append((context, guard))
        return context, line, guard

    # Devices

    def device(self, options: dict[str, Any] = TABLET) -> Desk:
        """A fresh browser on the desk surface, not enrolled."""
        line = self.line()
        return Desk(*self.place(self.context(options), line)).open()

    def tablet(self, account: Account, name: str = "窗口平板") -> Desk:
        """An enrolled tablet at the account's point, its clerk signed in, ready to work without a line."""
        return self.staff(self.device(TABLET), account, "tablet", name)

    def desk(self, account: Account, name: str = "后台电脑") -> Desk:
        """The same for the back office."""
        return self.staff(self.device(DESK), account, "desk", name)

    def staff(self, device: Desk, account: Account, kind: str, name: str) -> Desk:
        device.enrol(self.hub.enrol_code(account.point, kind), name)
        device.sign_in(account)
        device.await_offline_ready()
        device.expect_hub()
        return device

    def profile(self) -> Profile:
        """A browser whose storage is on disk, to be killed and opened again."""
        return Profile(self.playwright, self.folder / f"profile-{len(self._open)}")

    def phone(self) -> Phone:
        return Phone(*self.place(self.context(PHONE), self.line())).open()

    def console(self) -> Console:
        return Console(*self.place(self.context(DESK), self.line())).open()

    # The end

    def forget(self, context: BrowserContext) -> None:
        """A context that was killed has nothing more to say."""
        self._open = [(one, guard) for one, guard in self._open if one is not context]

    def keep_evidence(self, folder: Path) -> None:
        """A picture of every page and the trace of every context."""
        folder.mkdir(parents=True, exist_ok=True)
        for number, (context, _) in enumerate(self._open):
            for at, page in enumerate(context.pages):
                page.screenshot(path=folder / f"place-{number}-tab-{at}.png", timeout=5_000)
            context.tracing.stop(path=folder / f"place-{number}.zip")

    def close(self) -> list[str]:
        """Closes every place; what the guards heard."""
        faults: list[str] = []
        for context, guard in self._open:
            faults += guard.faults
            context.close()
        for line in self._lines:
            line.close()
        return faults
