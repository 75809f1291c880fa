"""What is printed once the hub listens: its three addresses, and one demo account a role."""

import sys
import unicodedata

from server.flows.account import accounts_of
from server.flows.hub import Hub
from server.flows.zone_files import demo_accounts
from server.settings import Settings


def welcome_of(settings: Settings, hub: Hub, port: int) -> str:
    """The welcome of a hub that listens on `port`."""
    base = f"http://{settings.host}:{port}"
    lines = [
        f"  {pad(title, 20)}{address}"
        for title, address in (
            ("申请人 applicant", f"{base}/"),
            ("窗口 desk", f"{base}/desk/"),
            ("控制台 console", f"{base}/console/"),
        )
    ]
    standing = {username for username, _, _ in accounts_of(hub)}
    demo = [one for one in demo_accounts(settings.zone) if one.username in standing]
    if demo:
        lines.append("\n  演示账号 demo accounts")
        lines += [
            f"  {pad(one.role, 22)}{pad(one.username, 18)}{pad(one.password, 18)}{one.name}"
            for one in demo
        ]
    return "\n".join(lines)


def say(welcome: str) -> None:
    """Print it at once: whoever reads it can connect."""
    print(welcome)
    sys.stdout.flush()


def pad(text: str, columns: int) -> str:
    """Fill up to a width on the screen, where a Chinese character takes two columns."""
    width = sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
    return text + " " * max(1, columns - width)
