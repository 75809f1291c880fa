"""`zongchuang enrol-code`."""

import argparse

from server.commands.opening import complain, open_standing
from server.flows.enrol import make_code
from server.flows.refusals import Refusal
from server.settings import Settings


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Make a one-time enrolment code, good for ten minutes."""
    made = make_code(open_standing(settings), options.point, options.kind, b"")
    if isinstance(made, Refusal):
        return complain(made)
    print(made.code)
    return 0
