"""Search keys of an item, made when a zone is loaded: a browser then needs no pinyin table."""

import re

from pypinyin import Style, lazy_pinyin

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
