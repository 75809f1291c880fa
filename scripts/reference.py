"""The tables of docs/protocol.md that follow from sync/: bodies, messages, limits, lifecycle.

scripts/generate.py writes or compares them between their markers, so that the page alone is enough
to write a client and can never say another thing than the code.
"""

import json
from collections.abc import Iterable

import msgspec
from msgspec import Struct, inspect
from typescript import (
    BODY_STRUCTS,
    CLIENT_MESSAGES,
    HUB_MESSAGES,
    KEY_PATTERN,
    PART_STRUCTS,
    PLAIN_ROWS,
)

from sync import limits
from sync.lifecycle import LIFECYCLE, Row, RowRole


def with_reference(page: str) -> str:
    """The page with every generated part made anew. Raises ValueError when a marker is missing."""
    for name, text in _parts().items():
        begin, end = f"<!-- {name}: generated -->\n", f"<!-- /{name} -->"
        before, found, rest = page.partition(begin)
        _, closed, after = rest.partition(end)
        if not (found and closed):
            raise ValueError(f"docs/protocol.md has no markers for {name}")
        page = before + begin + "\n" + text + "\n" + end + after
    return page


def _parts() -> dict[str, str]:
    return {
        "bodies": "\n".join(_struct_table(struct) for struct in (*BODY_STRUCTS, *PART_STRUCTS)),
        "messages": "\n".join(
            _struct_table(struct) for struct in (*CLIENT_MESSAGES, *HUB_MESSAGES, *PLAIN_ROWS)
        ),
        "limits": _limit_table(),
        "lifecycle": _lifecycle_table(),
    }


def _struct_table(struct: type[Struct]) -> str:
    info = inspect.type_info(struct)
    assert isinstance(info, inspect.StructType)
    doc = _first_paragraph(struct)
    if info.array_like:
        head = f"array: [{json.dumps(info.tag)}, …]" if info.tag else "array"
        rows = [("place", "field", "type")] + [
            (str(at), f"`{field.encode_name}`", _type(field.type))
            for at, field in enumerate(info.fields, start=1 if info.tag else 0)
        ]
    else:
        head = "map"
        rows = [("field", "type", "when absent")] + [
            (f"`{field.encode_name}`", _type(field.type), _default(field)) for field in info.fields
        ]
    return f"**{struct.__name__}** ({head}): {doc}\n\n{_table(rows)}"


def _type(type_: inspect.Type) -> str:
    match type_:
        case inspect.IntType():
            return "uint"
        case inspect.BoolType():
            return "bool"
        case inspect.RawType():
            return "any"
        case inspect.NoneType():
            return "nil"
        case inspect.StrType(max_length=size, pattern=pattern):
            return _text(size, pattern)
        case inspect.BytesType(min_length=low, max_length=high):
            return _bytes(low, high)
        case inspect.ListType(item_type=item, max_length=size):
            return f"array of {_type(item)}" + (f", at most {size}" if size else "")
        case inspect.DictType(value_type=inspect.UnionType()):
            return "fields"
        case inspect.DictType(key_type=key, value_type=value):
            return f"map of {_type(key)} to {_type(value)}"
        case inspect.TupleType(item_types=items):
            return "[" + ", ".join(_type(item) for item in items) + "]"
        case inspect.UnionType(types=types):
            return " or ".join(_type(one) for one in types)
        case inspect.StructType(cls=cls):
            return cls.__name__
        case _:
            raise TypeError(f"no words for {type_}")


def _text(size: int | None, pattern: str | None) -> str:
    if pattern == KEY_PATTERN:
        return "key"
    if pattern is not None:
        return "text `" + pattern.replace("|", "\\|") + "`"
    return "text" if size is None else f"text, at most {size} characters"


def _bytes(low: int | None, high: int | None) -> str:
    if high is None:
        return "bytes"
    return f"{high} bytes" if low == high else f"{low or 0} to {high} bytes"


def _default(field: inspect.Field) -> str:
    if field.required:
        return "malformed"
    if field.default_factory is not msgspec.NODEFAULT:
        return "empty"
    return f"`{json.dumps(field.default)}`"


def _limit_table() -> str:
    values = {name: value for name, value in vars(limits).items() if name.isupper()}
    rows = [(f"`{name}`", f"{value:,}") for name, value in values.items()]
    return _table([("limit", "value"), *rows])


def _lifecycle_table() -> str:
    rows = [_row(row) for row in LIFECYCLE.transitions]
    edits = LIFECYCLE.edits
    rows.append(
        (
            f"`{edits.type}` {edits.zh}",
            ", ".join(sorted(edits.from_)),
            "the same",
            _roles(edits.roles),
            "",
            "",
            "",
        )
    )
    head = ("type", "from", "to", "roles (scope; acceptance modes)", "guards", "needs", "effects")
    states = [
        (f"`{name}`", state.zh, "yes" if state.terminal else "")
        for name, state in LIFECYCLE.states.items()
    ]
    return _table([head, *rows]) + "\n" + _table([("state", "Chinese", "terminal"), *states])


def _row(row: Row) -> tuple[str, ...]:
    parts = (row.guards, row.needs, row.effects)
    return (
        f"`{row.type}` {row.zh}",
        ", ".join(row.from_),
        row.to,
        _roles(row.roles),
        *(", ".join(part) for part in parts),
    )


def _roles(roles: Iterable[RowRole]) -> str:
    return ", ".join(_role(role) for role in roles)


def _role(role: RowRole) -> str:
    modes = ""
    if role.modes.only is not None:
        modes = "; only " + " ".join(sorted(role.modes.only))
    elif role.modes.excluded:
        modes = "; not " + " ".join(sorted(role.modes.excluded))
    return f"{role.role} ({role.scope}{modes})"


def _table(rows: Iterable[tuple[str, ...]]) -> str:
    head, *body = rows
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(row) + " |" for row in body]
    return "\n".join(lines) + "\n"


def _first_paragraph(struct: type[Struct]) -> str:
    return " ".join((struct.__doc__ or "").split("\n\n")[0].split())
