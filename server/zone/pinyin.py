"""Search keys of an item, made when a zone is loaded: a browser then needs no pinyin table."""

import json
import re
import sys
from pathlib import Path

from pypinyin import Style, lazy_pinyin

_FOLDER = Path(__file__).parent
_NOT_SPELT = re.compile(r"[^0-9A-Za-z\u3400-\u9fff]+")


def search_keys(name: str, aliases: list[str]) -> dict[str, str]:
    """The pinyin of the name and of each alias, name first, separated by spaces; lower-case ASCII.

    `initials` has the first letter of every character (`sydj bsyz`), `full` the whole syllables
    (`shiyedengji banshiyezheng`). Digits and Latin letters stand for themselves, marks are dropped.
    """
    words = [spelt for word in (name, *aliases) if (spelt := _NOT_SPELT.sub("", word))]
    return {
        "initials": " ".join(_spell(word, Style.FIRST_LETTER) for word in words),
        "full": " ".join(_spell(word, Style.NORMAL) for word in words),
    }


def _spell(word: str, style: Style) -> str:
    return "".join(lazy_pinyin(word, style=style, v_to_u=False)).lower()


def sample_search_keys() -> dict[str, dict[str, str]]:
    """The search keys of every item of the sample zone, by item id."""
    items = json.loads((_FOLDER / "catalogue.json").read_text("utf-8"))["items"]
    aliases = json.loads((_FOLDER / "aliases.json").read_text("utf-8"))
    return {item["id"]: search_keys(item["name"], aliases.get(item["id"], [])) for item in items}


if __name__ == "__main__":
    # The web client's tests have no pinyin table: > pwa/src/forms/searchKeys.fixture.json
    sys.stdout.write(json.dumps(sample_search_keys(), indent=1) + "\n")
