"""`zongchuang verify`."""

import argparse

from server.commands.opening import open_as_it_is
from server.flows.verify import verify
from server.settings import Settings


def run(settings: Settings, _: argparse.Namespace) -> int:
    """Check every chain, signature, position, feed and projection; name the first difference."""
    report = verify(open_as_it_is(settings))
    if report.difference is not None:
        print(f"DIFFERENCE {report.difference}")
        return 1
    print(f"{report.events} events, {report.feeds} feeds, {report.cases} cases: no difference")
    return 0
