"""TypeScript from the Python structs: limits, codes, bodies, messages and the lifecycle table.

Every text here is a pure function of sync/; scripts/generate.py writes or compares it. The shapes
that check decoded values are put together from pwa/src/sync/shape.ts.
"""

import json
import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import cast, get_args

import msgspec
from msgspec import Struct, inspect

from sync import errors, event, limits, messages
from sync.lifecycle import LIFECYCLE, Guard, Need, Scope
from sync.lifecycle import Effect as LifecycleEffect
from sync.messages import FeedHead, Parted, ReadTo, Run, Standing

HEADER = "// Generated from {source} by scripts/generate.py; change that, not this.\n\n"
BODY_STRUCTS = cast("tuple[type[Struct], ...]", get_args(event.Body))
PART_STRUCTS: tuple[type[Struct], ...] = (
    event.ItemFacts,
    event.Applicant,
    event.Photo,
    event.Material,
    event.Missing,
    event.Role,
)
CLIENT_MESSAGES = cast("tuple[type[Struct], ...]", get_args(messages.ClientMessage))
HUB_MESSAGES = cast("tuple[type[Struct], ...]", get_args(messages.HubMessage))
PLAIN_ROWS: tuple[type[Struct], ...] = (Run, FeedHead, ReadTo, Parted, Standing)
# What JavaScript has a meaning of its own for.
TS_NAMES = {"Record": "ZoneRecord"}
KEY_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}\Z"
VALUE_TYPE = "string | string[]"
ENTRY = (
    "/** [position, device, seq, hub_ms, event]; event is null where the reader wrote it. */\n"
    "export type Entry = [number, number, number, number, Bytes | null];\n"
)


def limits_ts() -> str:
    """Every limit as a constant of the same name."""
    names = [name for name in vars(limits) if name.isupper()]
    lines = [f"export const {name} = {_number(getattr(limits, name))};" for name in names]
    return HEADER.format(source="sync/limits.py") + "\n".join(lines) + "\n"


def errors_ts() -> str:
    """Every family of codes as a constant list and the union of its members."""
    families: tuple[type[StrEnum], ...] = (
        errors.Verdict,
        errors.Parked,
        errors.Void,
        errors.Fault,
    )
    blocks = []
    for family in families:
        name = family.__name__
        plural = {"Verdict": "VERDICTS", "Parked": "PARKED", "Void": "VOIDS", "Fault": "FAULTS"}
        codes = _literals(code.value for code in family)
        blocks.append(
            f"/** {_first_line(family)} */\n"
            f"export const {plural[name]} = [\n{codes}] as const;\n"
            f"export type {name} = (typeof {plural[name]})[number];\n"
        )
    return HEADER.format(source="sync/errors.py") + "\n".join(blocks)


def types_ts() -> str:
    """Events and their bodies: an interface and a shape for each struct, and the tables by type."""
    shapes = _Shapes()
    blocks = [
        _fields(shapes),
        *(_interface(struct) + shapes.of_struct(struct) for struct in PART_STRUCTS),
        *(_interface(struct) + shapes.of_struct(struct) for struct in BODY_STRUCTS),
        _interface(event.EventHead) + shapes.of_struct(event.EventHead),
        f"export type Body ={_members(_name(struct) for struct in BODY_STRUCTS)};\n",
        _string_list("RECORD_TYPES", event.RECORD_TYPES),
        _string_list("ACT_TYPES", event.ACT_TYPES),
        _string_list("OPENING_TYPES", sorted(event.OPENING_TYPES)),
        _body_table(event.BODY_BY_TYPE),
    ]
    return HEADER.format(source="sync/event.py") + _imports(shapes.used) + "\n".join(blocks)


def messages_ts() -> str:
    """The messages: interfaces, the tuples they travel as, and readers that believe nothing."""
    shapes = _Shapes()
    structs = (*CLIENT_MESSAGES, *HUB_MESSAGES)
    blocks = [
        ENTRY,
        *(_interface(struct) + shapes.of_struct(struct) for struct in PLAIN_ROWS),
        *(_interface(struct, tagged=True) + shapes.of_struct(struct) for struct in structs),
        _message_union("Client", CLIENT_MESSAGES),
        _message_union("Hub", HUB_MESSAGES),
        _to_tuple(structs),
    ]
    imports = _imports(shapes.used | {"ShapeError"})
    return HEADER.format(source="sync/messages.py") + imports + "\n".join(blocks)


def lifecycle_ts() -> str:
    """The lifecycle table as a typed constant, with every default written out."""
    table = {
        "states": msgspec.to_builtins(LIFECYCLE.states),
        "transitions": [
            {
                "type": row.type,
                "zh": row.zh,
                "from": row.from_,
                "to": row.to,
                "roles": [_role(role) for role in row.roles],
                "guards": row.guards,
                "needs": row.needs,
                "effects": row.effects,
            }
            for row in LIFECYCLE.transitions
        ],
        "edits": {
            "type": LIFECYCLE.edits.type,
            "zh": LIFECYCLE.edits.zh,
            "from": sorted(LIFECYCLE.edits.from_),
            "roles": [_role(role) for role in LIFECYCLE.edits.roles],
        },
        "hub": sorted(LIFECYCLE.hub),
    }
    types = (
        f"export type State ={_union(LIFECYCLE.states)};\n"
        f"export type Scope ={_union(get_args(Scope))};\n"
        f"export type Guard ={_union(get_args(Guard))};\n"
        f"export type Need ={_union(get_args(Need))};\n"
        f"export type Effect ={_union(get_args(LifecycleEffect))};\n"
        """
/** A role that may, where it is held, for which acceptance modes (only null: all but `except`). */
export interface RowRole {
  readonly role: string;
  readonly scope: Scope;
  readonly modes: { readonly only: readonly string[] | null; readonly except: readonly string[] };
}

/** One act in some states: who may, what it must carry, what must hold, what it does. */
export interface Row {
  readonly type: string;
  readonly zh: string;
  readonly from: readonly State[];
  readonly to: State;
  readonly roles: readonly RowRole[];
  readonly guards: readonly Guard[];
  readonly needs: readonly Need[];
  readonly effects: readonly Effect[];
}

/** What a state is called, whether anything can follow it, and which clock runs in it. */
export interface StateInfo {
  readonly zh: string;
  readonly en: string;
  readonly terminal: boolean;
  readonly clock: string;
}

/** The whole table. */
export interface Lifecycle {
  readonly states: Readonly<Record<State, StateInfo>>;
  readonly transitions: readonly Row[];
  readonly edits: {
    readonly type: string;
    readonly zh: string;
    readonly from: readonly State[];
    readonly roles: readonly RowRole[];
  };
  readonly hub: readonly string[];
}

"""
    )
    data = json.dumps(table, ensure_ascii=False, indent=1)
    return (
        HEADER.format(source="sync/lifecycle.json")
        + types
        + f"export const LIFECYCLE: Lifecycle = {data};\n"
    )


def _imports(names: set[str]) -> str:
    shapes = "".join(f"  {name},\n" for name in [*sorted(names), "type Shape"])
    return f"import type {{ Bytes }} from '../bytes';\nimport {{\n{shapes}}} from '../shape';\n\n"


def _role(role: object) -> dict[str, object]:
    built = cast("dict[str, object]", msgspec.to_builtins(role))
    modes = cast("dict[str, list[str] | None]", built["modes"])
    ordered = {key: None if value is None else sorted(value) for key, value in modes.items()}
    return {"role": built["role"], "scope": built["scope"], "modes": ordered}


def _fields(shapes: "_Shapes") -> str:
    return (
        f"export type Value = {VALUE_TYPE};\n"
        "export type Fields = Record<string, Value>;\n\n"
        f"const key = {shapes.use('text')}(64, {_regex(KEY_PATTERN)});\n"
        "const isText = (value: unknown): boolean => typeof value === 'string';\n"
        f"const value = {shapes.of_type(inspect.type_info(event.Value))};\n"
        f"const fields = {shapes.use('record')}<Value>(value, key, {limits.FIELD_COUNT_MAX});\n"
    )


class _Shapes:
    """Writes shapes and remembers which combinators of shape.ts they use."""

    def __init__(self) -> None:
        self.used: set[str] = set()

    def of_struct(self, struct: type[Struct]) -> str:
        info = inspect.type_info(struct)
        assert isinstance(info, inspect.StructType)
        name, const = _name(struct), _const(struct)
        if info.array_like:
            maker = self.use("row")
            members = [(f.encode_name, self.of_type(f.type)) for f in info.fields]
            body = name if info.tag is None else f"Omit<{name}, 'type'>"
        else:
            maker = self.use("struct")
            members = [(f.encode_name, self._member(f)) for f in info.fields]
            body = name
        lines = "".join(f"  {key}: {shape},\n" for key, shape in members)
        return f"export const {const}: Shape<{body}> = {maker}<{body}>({{\n{lines}}});\n"

    def of_type(self, type_: inspect.Type) -> str:
        match type_:
            case inspect.IntType():
                return self.use("uint")
            case inspect.BoolType():
                return self.use("bool")
            case inspect.RawType():
                return self.use("anything")
            case inspect.StrType(max_length=size, pattern=pattern):
                return self._of_text(size, pattern)
            case inspect.BytesType(min_length=low, max_length=high):
                args = "" if high is None else str(high) if low == high else f"{high}, {low or 0}"
                return f"{self.use('bytes')}({args})"
            case inspect.ListType(item_type=item, max_length=size):
                limit = "" if size is None else f", {_number(size)}"
                return f"{self.use('list')}({self.of_type(item)}{limit})"
            case inspect.DictType(key_type=key, value_type=value, max_length=size):
                if _ts_type(value) == VALUE_TYPE and size is not None:
                    return "fields"
                limit = "" if size is None else f", {_number(size)}"
                return f"{self.use('record')}({self.of_type(value)}, {self.of_type(key)}{limit})"
            case inspect.TupleType(item_types=items):
                parts = ", ".join(self.of_type(item) for item in items)
                return f"{self.use('tuple')}({parts})"
            case inspect.UnionType(types=(one, inspect.NoneType())):
                return f"{self.use('nullable')}({self.of_type(one)})"
            case inspect.UnionType(types=(inspect.StrType() as one, other)):
                return f"{self.use('either')}({self.of_type(one)}, isText, {self.of_type(other)})"
            case inspect.StructType(cls=cls):
                return _const(cls)
            case _:
                raise TypeError(f"no shape for {type_}")

    def _of_text(self, size: int | None, pattern: str | None) -> str:
        if pattern == KEY_PATTERN:
            return "key"
        chars = "Infinity" if size is None else _number(size)
        if pattern is None:
            return f"{self.use('text')}({chars})"
        checked = f"{self.use('text')}({chars}, {_regex(pattern)})"
        union = _union_of_pattern(pattern)
        return f"({checked} as Shape<{union}>)" if union else checked

    def _member(self, field: inspect.Field) -> str:
        shape = self.of_type(field.type)
        if field.required:
            return f"{self.use('must')}({shape})"
        return f"{self.use('may')}({shape}, () => {_default(field)})"

    def use(self, name: str) -> str:
        self.used.add(name)
        return name


def _default(field: inspect.Field) -> str:
    if field.default_factory is not msgspec.NODEFAULT:
        return "[]" if field.default_factory is list else "({})"
    assert not field.default
    return json.dumps(field.default).replace('"', "'")


def _interface(struct: type[Struct], *, tagged: bool = False) -> str:
    info = inspect.type_info(struct)
    assert isinstance(info, inspect.StructType)
    tag = f"  type: '{info.tag}';\n" if tagged else ""
    fields = "".join(f"  {f.encode_name}: {_ts_type(f.type)};\n" for f in info.fields)
    doc = _first_line(struct)
    return f"/** {doc} */\nexport interface {_name(struct)} {{\n{tag}{fields}}}\n"


def _ts_type(type_: inspect.Type) -> str:
    match type_:
        case inspect.IntType():
            return "number"
        case inspect.BoolType():
            return "boolean"
        case inspect.StrType(pattern=pattern):
            return _union_of_pattern(pattern or "") or "string"
        case inspect.BytesType():
            return "Bytes"
        case inspect.RawType():
            return "unknown"
        case inspect.NoneType():
            return "null"
        case inspect.ListType(item_type=item):
            inner = _ts_type(item)
            return f"({inner})[]" if "|" in inner else f"{inner}[]"
        case inspect.DictType(value_type=value):
            inner = _ts_type(value)
            return "Fields" if inner == VALUE_TYPE else f"Record<string, {inner}>"
        case inspect.TupleType(item_types=items) if len(items) == 5:
            return "Entry"
        case inspect.TupleType(item_types=items):
            return f"[{', '.join(_ts_type(item) for item in items)}]"
        case inspect.UnionType(types=types):
            return " | ".join(_ts_type(one) for one in types)
        case inspect.StructType(cls=cls):
            return _name(cls)
        case _:
            raise TypeError(f"no TypeScript for {type_}")


def _body_table(table: Mapping[str, type[Struct]]) -> str:
    rows = "".join(f"  '{type_}': {_const(body)},\n" for type_, body in table.items())
    pairs = "".join(f"  '{type_}': {_name(body)};\n" for type_, body in table.items())
    return (
        "/** The body of each type of event. */\n"
        f"export interface BodyByType {{\n{pairs}}}\n\n"
        "export type EventType = keyof BodyByType;\n\n"
        "export const BODY_SHAPES: { readonly [K in EventType]: Shape<BodyByType[K]> } = {\n"
        f"{rows}}};\n"
    )


def _message_union(side: str, structs: tuple[type[Struct], ...]) -> str:
    names = " | ".join(_name(struct) for struct in structs)
    cases = ""
    for struct in structs:
        tag = _tag(struct)
        cases += f"    case '{tag}':\n"
        cases += f"      return {{ type: '{tag}', ...{_const(struct)}(fields, '{tag}') }};\n"
    return (
        f"export type {side}Message = {names};\n\n"
        f"/** Reads a decoded value as a {side.lower()}'s message; throws ShapeError. */\n"
        f"export function read{side}Message(value: unknown): {side}Message {{\n"
        "  if (!Array.isArray(value)) throw new ShapeError('message: no array');\n"
        "  const [tag, ...fields] = value as unknown[];\n"
        "  switch (tag) {\n"
        f"{cases}"
        "    default:\n"
        "      throw new ShapeError(`message: unknown ${String(tag)}`);\n"
        "  }\n"
        "}\n"
    )


def _to_tuple(structs: Iterable[type[Struct]]) -> str:
    cases = ""
    for struct in structs:
        info = inspect.type_info(struct)
        assert isinstance(info, inspect.StructType)
        parts = ", ".join(_part(field, "m") for field in info.fields)
        cases += f"    case '{info.tag}':\n      return ['{info.tag}', {parts}];\n"
    rows = ""
    for struct in PLAIN_ROWS:
        info = inspect.type_info(struct)
        assert isinstance(info, inspect.StructType)
        parts = ", ".join(_part(field, "row") for field in info.fields)
        export = "export " if struct is Standing else ""  # sent as bytes of its own
        head = f"{export}function {_row(struct)}(row: {_name(struct)}): unknown[]"
        rows += f"\n{head} {{\n  return [{parts}];\n}}\n"
    return (
        "/** A message as the array that travels. */\n"
        "export function messageTuple(m: ClientMessage | HubMessage): unknown[] {\n"
        f"  switch (m.type) {{\n{cases}  }}\n}}\n{rows}"
    )


def _part(field: inspect.Field, owner: str) -> str:
    value = f"{owner}.{field.encode_name}"
    match field.type:
        case inspect.ListType(item_type=inspect.StructType(cls=cls)):
            return f"{value}.map({_row(cls)})"
        case inspect.UnionType(types=(inspect.StructType(cls=cls), inspect.NoneType())):
            return f"{value} === null ? null : {_row(cls)}({value})"
        case _:
            return value


def _tag(struct: type[Struct]) -> str:
    info = inspect.type_info(struct)
    assert isinstance(info, inspect.StructType)
    return str(info.tag)


def _const(struct: type) -> str:
    name = _name(struct)
    return name[0].lower() + name[1:] + "Shape"


def _name(struct: type) -> str:
    return TS_NAMES.get(struct.__name__, struct.__name__)


def _row(struct: type) -> str:
    return _const(struct).removesuffix("Shape") + "Tuple"


def _regex(pattern: str) -> str:
    return f"/{pattern.replace(chr(92) + 'Z', '$')}/u"


def _union_of_pattern(pattern: str) -> str:
    """The members of a pattern that lists words, as a union of literals; else nothing."""
    found = re.fullmatch(r"\^\(([a-z_|]+)\)\\Z", pattern)
    return " | ".join(f"'{word}'" for word in found.group(1).split("|")) if found else ""


def _string_list(name: str, values: Iterable[str]) -> str:
    return f"export const {name} = [\n{_literals(values)}] as const;\n"


def _literals(values: Iterable[str]) -> str:
    return "".join(f"  '{value}',\n" for value in values)


def _union(values: Iterable[str]) -> str:
    return _members(f"'{value}'" for value in values)


def _members(names: Iterable[str]) -> str:
    return "".join(f"\n  | {name}" for name in names)


def _number(value: int) -> str:
    return f"{value:_}" if value >= 10_000 else str(value)


def _first_line(thing: type) -> str:
    return (thing.__doc__ or "").strip().partition("\n")[0]
