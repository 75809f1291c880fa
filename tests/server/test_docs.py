"""Every subcommand, setting and code of the hub has its heading in the docs."""

import re
from enum import StrEnum
from pathlib import Path

import pytest

from server.cli import make_parser
from server.flows.refusals import Code
from sync.errors import Fault, Parked, Verdict, Void

DOCS = Path(__file__).parents[2] / "docs"


def headings(name: str) -> str:
    text = (DOCS / name).read_text("utf-8")
    return "\n".join(line for line in text.splitlines() if re.match(r"#+ ", line))


def subcommands() -> dict[str, set[str]]:
    """The options of every subcommand."""
    choices = next(a.choices for a in make_parser()._actions if isinstance(a.choices, dict))
    return {
        name: {option for action in parser._actions for option in action.option_strings}
        for name, parser in choices.items()
    }


@pytest.mark.parametrize("name", subcommands())
def test_every_subcommand_has_a_heading(name: str) -> None:
    assert f"`zongchuang {name}`" in headings("operations.md")


def test_every_setting_has_a_heading() -> None:
    text = headings("operations.md")
    own = {"-h", "--help", "--kind"}
    for option in set.union(*subcommands().values()) - own:
        assert f"`{option}`" in text, option


@pytest.mark.parametrize("codes", [Code, Verdict, Parked, Void, Fault])
def test_every_code_has_a_heading(codes: type[StrEnum]) -> None:
    text = headings("errors.md")
    for code in codes:
        assert f"`{code}`" in text, code
