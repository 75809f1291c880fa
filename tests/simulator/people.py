"""What people do at the simulated devices: receive, edit, decide, photograph, and go wrong."""

from collections.abc import Callable
from hashlib import sha256
from io import BytesIO

import msgspec
from PIL import Image

from server.flows.hub import new_stream
from sync import clock
from sync.event import (
    ACT_TYPES,
    Act,
    Applicant,
    Edit,
    GrantShow,
    Material,
    Missing,
    Photo,
    Receive,
    encode_event,
)
from sync.fold import guard_void
from sync.ledger import DeviceFacts, may_act
from sync.lifecycle import LIFECYCLE
from sync.limits import EVENT_BYTES_MAX
from sync.messages import Entry
from sync.number import make_receipt_number
from tests.simulator.device_node import DeviceNode, is_of_a_case
from tests.simulator.office import ITEMS, POINTS, Person, pass_of
from tests.simulator.old_cases import OLD_CASES
from tests.simulator.record import head_of
from tests.simulator.world import START_MS, World

FIELDS = ("name", "scope", "address")
MATERIALS = ("M1", "M2")
VALUES = ("甲", "乙", "丙", "")
DAY = "20261123"


def make_photo(number: int) -> bytes:
    """A picture that is unlike every other."""
    image = Image.new("RGB", (1, 1), (number % 256, number // 256 % 256, 77))
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


class People:
    """Everybody at every device; each call of `act` is one thing that one person does."""

    def __init__(self, world: World, devices: list[DeviceNode]) -> None:
        self._world = world
        self._devices = devices
        self._photos = 0
        self._streams: list[bytes] = list(world.rng.sample(OLD_CASES, 2))

    def act(self) -> None:
        """Somebody does something."""
        self.act_at(self._world.rng.choice(self._devices))

    def act_at(self, device: DeviceNode) -> None:
        """Somebody does something at this device."""
        rng = self._world.rng
        if not device.up:
            return
        person = rng.choice(device.seat.people)
        doings: list[tuple[int, Callable[[DeviceNode, Person], None]]] = [
            (6, self._receive),
            (8, self._decide),
            (6, self._edit),
            (2, self._photograph),
            (2, self._hear),
            (1, self._rash),
            (1, self._poison),
        ]
        weights = [weight for weight, _ in doings]
        (_, doing), *_ = rng.choices(doings, weights)

        def work() -> None:
            self._show_grant(device, person)
            doing(device, person)

        device.guard(work)

    # --- as it should be ----------------------------------------------------------------------

    def _receive(self, device: DeviceNode, person: Person) -> None:
        rng = self._world.rng
        if not any(role.role == "window_clerk" for role in person.roles):
            self._decide(device, person)
            return
        item = rng.choice(ITEMS)
        stream = new_stream(self._world.now_ms, rng.randbytes)
        device.disk.receipts += 1
        number = make_receipt_number(device.seat.point, device.number, DAY, device.disk.receipts)
        photo, content = self._picture()
        pictured = rng.random() < 0.3
        body = Receive(
            item=item.facts,
            point=device.seat.point,
            dept=item.dept,
            applicant=Applicant("王", "idcard", "11010519491231002X"),
            fields={"name": "甲"},
            materials=[Material("M1", "provided", [photo] if pictured else [])],
            window="W1",
            receipt_no=number,
        )
        self._streams.append(stream)
        self._say(device, person, "receives", stream)
        device.write("case.receive", stream, body, person.stream, [content] if pictured else [])

    def _decide(self, device: DeviceNode, person: Person) -> None:
        stream = self._some_case(device)
        if stream is None:
            return
        state = device.present(stream)
        facts = DeviceFacts(device.number, device.seat.kind, device.seat.point)
        open_rows = [
            row
            for row in LIFECYCLE.transitions
            if state.state in row.from_
            and may_act(row.type, person.roles, state, person.stream, facts)
            and all(guard_void(guard, state, person.stream) is None for guard in row.guards)
        ]
        if not open_rows:
            self._edit(device, person)
            return
        row = self._world.rng.choice(open_rows)
        self._say(device, person, row.type, stream)
        device.write(row.type, stream, self._full_act(), person.stream)

    def _edit(self, device: DeviceNode, person: Person) -> None:
        stream = self._some_case(device)
        if stream is None:
            return
        rng = self._world.rng
        fields = {key: rng.choice(VALUES) for key in rng.sample(FIELDS, rng.randint(1, 2))}
        self._say(device, person, f"edits {fields}", stream)
        device.write("case.edit", stream, Edit({**fields}), person.stream)

    def _photograph(self, device: DeviceNode, person: Person) -> None:
        stream = self._some_case(device)
        if stream is None:
            return
        photo, content = self._picture()
        material = Material(self._world.rng.choice(MATERIALS), "provided", [photo])
        self._say(device, person, "photographs", stream)
        device.write("case.edit", stream, Edit({}, [material]), person.stream, [content])

    def _hear(self, device: DeviceNode, _: Person) -> None:
        """Another device's newest event is seen here before the hub has it."""
        others = [other for other in self._devices if other is not device and other.disk.log]
        if not others:
            return
        other = self._world.rng.choice(others)
        start = max(0, len(other.disk.log) - 3)
        for seq in range(start + 1, len(other.disk.log) + 1):
            event = other.disk.log[seq - 1].event
            entry: Entry = (0, other.number, seq, 0, event)
            if seq > other.disk.acked and is_of_a_case(entry):
                self._world.count("heard")
                device.hear(entry)

    # --- as it should not be ------------------------------------------------------------------

    def _rash(self, device: DeviceNode, person: Person) -> None:
        """An act without looking: mostly void or not entitled."""
        stream = self._some_case(device)
        if stream is not None:
            type_ = self._world.rng.choice(ACT_TYPES)
            self._say(device, person, f"rashly {type_}", stream)
            device.write(type_, stream, self._full_act(), person.stream)

    def _poison(self, device: DeviceNode, person: Person) -> None:
        """A broken app appends what no rule allows; the hub must refuse it and go on."""
        rng = self._world.rng
        stream = self._some_case(device) or bytes(16)
        hlc = clock.tick(device.disk.hlc, device.wall_ms)
        head = [1, "case.edit", stream, hlc, person.stream, 0, []]
        poisons = [
            b"\xff not an event",
            msgspec.msgpack.encode([*head, {"fields": 7}]),
            msgspec.msgpack.encode([*head, {"pad": bytes(EVENT_BYTES_MAX)}]),
            msgspec.msgpack.encode([1, "case.of_tomorrow", *head[2:], {}]),
            encode_event("case.edit", bytes(16), hlc, person.stream, 0, [], Edit()),
            encode_event("case.edit", stream, hlc, person.stream, 0, [(99, 1)], Edit()),
            encode_event("case.edit", stream, device.disk.hlc, person.stream, 0, [], Edit()),
            encode_event(
                "case.edit", stream, clock.pack(START_MS, 0), person.stream, 0, [], Edit()
            ),
        ]
        self._world.count("poison")
        self._say(device, person, "poisons the log", stream)
        poison = rng.choice(poisons)
        device.append(poison, stream if poison[:1] == b"\x98" else b"", hlc)

    # --- helpers ------------------------------------------------------------------------------

    def _show_grant(self, device: DeviceNode, person: Person) -> None:
        """What the hub signed at a sign-in stands in the log before the work done under it."""
        heads = [head_of(saved.event) for saved in device.disk.log]
        shown = {head.stream for head in heads if head and head.type == "grant.show"}
        if person.stream in shown:
            return
        signed = pass_of(device.seat, device.hub.hub, person.stream)
        body = GrantShow(signed.content, signed.signature)
        hlc = clock.tick(device.disk.hlc, device.wall_ms)
        device.append(encode_event("grant.show", person.stream, hlc, b"", 0, [], body), b"", hlc)

    def _some_case(self, device: DeviceNode) -> bytes | None:
        """A case known here, the newest ones more often."""
        known = set(device.known_streams())
        mine = [stream for stream in self._streams if stream in known]
        return self._world.rng.choice(mine[-4:]) if mine else None

    def _full_act(self) -> Act:
        rng = self._world.rng
        return Act(
            opinion="同意",
            reason="理由",
            ground="听证",
            missing=[Missing("material", "M2")],
            deferred=["M2"],
            fields={"name": rng.choice(VALUES)} if rng.random() < 0.2 else {},
            materials=[Material("M2", "provided")] if rng.random() < 0.5 else [],
            manner="in_person",
            recipient="王",
            point=rng.choice(POINTS),
        )

    def _picture(self) -> tuple[Photo, bytes]:
        self._photos += 1
        content = make_photo(self._photos)
        return Photo(sha256(content).digest(), len(content), "image/png"), content

    def _say(self, device: DeviceNode, person: Person, what: str, stream: bytes) -> None:
        self._world.count(what.split(maxsplit=1)[0])
        self._world.say(device.name, f"{person.name} {what} {stream.hex()[-6:]}")
