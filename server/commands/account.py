"""`zongchuang account`."""

import argparse
import sys
from getpass import getpass

from server.commands.opening import complain, open_standing
from server.flows.account import set_password
from server.settings import Settings


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Set an account's password, read from the terminal or standard input."""
    password = getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    refusal = set_password(open_standing(settings), options.username, password)
    return 0 if refusal is None else complain(refusal)
