"""Every screen of the three surfaces, as a machine can judge it: accessible, at home, within its own scope."""

import json
import urllib.request

from e2e.forms import SHOP
from e2e.hub import ROOT
from e2e.office import Office
from e2e.scenery import furnish
from e2e.tour import Stop, settle, whole_tour

AXE = ROOT / "pwa" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def test_no_screen_has_a_barrier_or_runs_over_the_edge_of_a_phone(office: Office) -> None:
    axe = AXE.read_text(encoding="utf-8")
    found: list[str] = []
    for stop in whole_tour(office, furnish(office)):
        found += barriers(stop, "light", axe, {"type": "tag", "values": RULES})
        # Only colours are another matter in the dark.
        stop.page.emulate_media(color_scheme="dark")
        found += barriers(stop, "dark", axe, {"type": "rule", "values": ["color-contrast"]})
        stop.page.emulate_media(color_scheme="light")
        found += overflows(stop)
    assert not found, "\n" + "\n".join(found)


def barriers(stop: Stop, scheme: str, axe: str, only: dict[str, object]) -> list[str]:
    """What axe finds, one line a place."""
    if stop.page.evaluate("() => typeof window.axe") == "undefined":
        stop.page.evaluate(axe)
    settle(stop.page)
    answer = stop.page.evaluate(
        "async (runOnly) => {"
        " const {violations} = await axe.run(document, {runOnly, resultTypes: ['violations']});"
        " return JSON.stringify(violations) }",
        only,
    )
    return [
        f"{stop.surface}/{stop.screen} ({scheme}): {violation['id']}: {violation['help']}"
        f"\n    {node['target']} {node['html'][:160]}"
        f"\n    {node['failureSummary'].splitlines()[-1].strip()[:200]}"
        for violation in json.loads(answer)
        for node in violation["nodes"]
    ]


def overflows(stop: Stop) -> list[str]:
    """Whether the screen is wider than a phone's window, which nobody finds by scrolling down."""
    kept = stop.page.viewport_size
    assert kept is not None
    stop.page.set_viewport_size({"width": 390, "height": 844})
    width = stop.page.evaluate("() => document.documentElement.scrollWidth")
    stop.page.set_viewport_size(kept)
    return [f"{stop.surface}/{stop.screen}: {width} px wide on a phone"] if width > 390 else []


def test_each_service_worker_controls_its_own_surface_and_no_other(office: Office) -> None:
    phone = office.phone()
    phone.await_offline_ready(SHOP.id)
    page = phone.page
    for path, scope in (("/", "/"), ("/desk/", "/desk/"), ("/console/", "/console/")):
        page.goto(f"{phone.line.url}{path}")
        page.wait_for_function(
            "url => navigator.serviceWorker.controller?.scriptURL === url",
            arg=f"{phone.line.url}{scope}sw.js",
        )
    scopes = page.evaluate(
        "async () => (await navigator.serviceWorker.getRegistrations()).map((one) => one.scope)"
    )
    assert sorted(scopes) == sorted(
        f"{phone.line.url}{scope}" for scope in ("/", "/desk/", "/console/")
    )
    # A phone never downloads the console, nor the desk.
    kept = page.evaluate(
        "async (scope) => {"
        " const names = (await caches.keys()).filter((one) => one.includes('shell') && one.endsWith(scope));"
        " const requests = await Promise.all(names.map(async (one) => (await caches.open(one)).keys()));"
        " return requests.flat().map((one) => new URL(one.url).pathname) }",
        f"{phone.line.url}/",
    )
    assert "/index.html" in kept
    assert not [path for path in kept if path.startswith(("/desk/", "/console/"))]


def test_the_policy_is_strict_on_every_surface(office: Office) -> None:
    for path in ("/", "/desk/", "/console/", "/follow", "/api/zone"):
        with urllib.request.urlopen(f"{office.hub.url}{path}", timeout=10) as answer:
            policy = answer.headers["Content-Security-Policy"]
        rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
        assert rules["default-src"] == "'self'"
        assert rules["script-src"] == "'self'"
        assert rules["object-src"] == "'none'"
        assert rules["frame-ancestors"] == "'none'"
        assert "unsafe-eval" not in policy
