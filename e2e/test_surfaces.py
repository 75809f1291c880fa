"""Every screen of the three surfaces, as a machine can judge it: accessible, at home, within its own scope."""

import json

from playwright.sync_api import Page

from e2e.hub import ROOT
from e2e.office import Office
from e2e.scenery import furnish
from e2e.tour import Stop, whole_tour

AXE = ROOT / "pwa" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def test_no_screen_has_a_barrier_that_a_machine_can_find(office: Office) -> None:
    axe = AXE.read_text(encoding="utf-8")
    found: list[str] = []
    for stop in whole_tour(office, furnish(office)):
        for scheme in ("light", "dark"):
            stop.page.emulate_media(color_scheme=scheme)
            found += barriers(stop, scheme, axe)
        stop.page.emulate_media(color_scheme="light")
    assert not found, "\n" + "\n".join(found)


def barriers(stop: Stop, scheme: str, axe: str) -> list[str]:
    """What axe finds, one line a place."""
    if stop.page.evaluate("() => typeof window.axe") == "undefined":
        stop.page.evaluate(axe)
    settle(stop.page)
    answer = stop.page.evaluate(
        "async (rules) => JSON.stringify((await axe.run(document, {runOnly: rules})).violations)",
        RULES,
    )
    return [
        f"{stop.surface}/{stop.screen} ({scheme}): {violation['id']}: {violation['help']}"
        f"\n    {node['target']} {node['html'][:160]}"
        f"\n    {node['failureSummary'].splitlines()[-1].strip()[:200]}"
        for violation in json.loads(answer)
        for node in violation["nodes"]
    ]


def settle(page: Page) -> None:
    """Lets colours and sheets arrive where they are going."""
    page.evaluate(
        "() => Promise.all(document.getAnimations().filter((one) => one.effect.getTiming().iterations !== Infinity)"
        ".map((one) => one.finished.catch(() => undefined)))"
    )
