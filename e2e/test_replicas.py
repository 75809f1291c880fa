"""The console's pages of one device, of what is held where, and of one scope, beside a tablet that works."""

import re
from pathlib import Path

from playwright.sync_api import Locator, expect

from e2e.console import Console
from e2e.forms import SHOP
from e2e.office import Office
from e2e.people import CLERK_HALL, applicant

NAME = "对照的平板"
# A quiet tablet reports every 20 s, and the console asks every 5 s.
SAID_MS = 45_000


def row_of(console: Console, region: str, name: str) -> Locator:
    """The row of a device in one of the tables."""
    table = console.page.get_by_role("region", name=region, exact=True)
    return table.get_by_role("row").filter(has_text=name)


def test_a_tablet_is_compared_with_the_hub(office: Office) -> None:
    tablet = office.tablet(CLERK_HALL, NAME)
    tablet.intake.take_in(SHOP, applicant(61))
    console = office.console().sign_in()
    page = console.page
    console.go("数据与备份")
    replica = row_of(console, "各设备与中心对照", NAME)
    expect(replica).to_contain_text("一致", timeout=SAID_MS)
    replica.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(NAME)
    address = page.url
    # An address that somebody passes on leads there too.
    console.open(address.removeprefix(console.line.url))
    facts = page.get_by_role("definition")
    expect(facts.filter(has_text=re.compile(r"^到第 \d+ 条$"))).to_be_visible()
    expect(facts.filter(has_text="管委会一楼大厅")).to_be_visible()
    held = page.get_by_role("region", name="设备上的数据与中心对照", exact=True).last
    expect(held.get_by_role("row").filter(has_text="全区公用")).to_contain_text(
        "一致", timeout=SAID_MS
    )
    held.get_by_role("link", name="全区公用").click()
    expect(page.get_by_role("heading", name="全区公用")).to_be_visible()
    reader = row_of(console, "存有它的设备", NAME)
    expect(reader).to_contain_text("一致", timeout=SAID_MS)
    expect(reader).to_contain_text("不用处理")


def test_what_is_in_no_backup_is_said_until_there_is_one(office: Office, tmp_path: Path) -> None:
    console = office.console().sign_in()
    console.go("数据与备份")
    panel = console.page.get_by_role("region", name="备份", exact=True)
    expect(panel).to_contain_text("还没有备份")
    expect(panel).to_contain_text("zongchuang backup")
    office.hub.command("backup", str(tmp_path / "backups"))
    expect(panel).to_contain_text("全部内容都在备份里", timeout=SAID_MS)


def test_an_address_of_nothing_says_so(office: Office) -> None:
    console = office.console().sign_in()
    for path, words in (
        ("replicas/point:NOWHERE", "没有这个地址的内容"),
        ("devices/999999", "中心没有这台设备"),
    ):
        console.open(f"/console/{path}")
        expect(console.page.get_by_role("alert")).to_contain_text(words)
