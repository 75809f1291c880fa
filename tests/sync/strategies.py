"""Hypothesis strategies for the protocol's values."""

from hypothesis import strategies as st

from sync.event import (
    Act,
    Applicant,
    Edit,
    ItemFacts,
    Material,
    Missing,
    Photo,
    Receive,
    encode_event,
)

uints = st.integers(0, 2**53 - 1)
digests = st.binary(min_size=32, max_size=32)
streams = st.binary(min_size=16, max_size=16)
hlcs = st.binary(min_size=8, max_size=8)
keys = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,9}", fullmatch=True)
lines = st.text(max_size=12)
values = st.one_of(lines, st.lists(lines, max_size=3))
fields = st.dictionaries(keys, values, max_size=4)
photos = st.builds(Photo, digests, uints, st.sampled_from(["image/jpeg", "image/png"]))
materials = st.lists(
    st.builds(
        Material,
        keys,
        st.sampled_from(["provided", "exempt", "deferred", "missing"]),
        st.lists(photos, max_size=2),
        lines,
    ),
    max_size=3,
)
items = st.builds(ItemFacts, keys, lines, lines, lines, lines, lines)
receives = st.builds(
    Receive,
    item=items,
    point=keys,
    dept=keys,
    applicant=st.builds(Applicant, lines, lines, lines, lines),
    fields=fields,
    materials=materials,
)
acts = st.builds(
    Act,
    opinion=lines,
    reason=lines,
    missing=st.lists(st.builds(Missing, st.sampled_from(["material", "field"]), keys), max_size=2),
    deferred=st.lists(keys, max_size=3),
    fields=fields,
    materials=materials,
)
edits = st.builds(Edit, fields, materials)
bodies = st.one_of(
    receives.map(lambda body: ("case.receive", body)),
    acts.map(lambda body: ("case.accept", body)),
    edits.map(lambda body: ("case.edit", body)),
)


@st.composite
def events(draw: st.DrawFn) -> bytes:
    """An event's bytes."""
    type_, body = draw(bodies)
    seen = draw(st.lists(st.tuples(uints, uints), max_size=3))
    actor = draw(st.one_of(st.just(b""), streams))
    return encode_event(type_, draw(streams), draw(hlcs), actor, draw(uints), seen, body)
