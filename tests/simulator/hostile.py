"""A stranger at the hub's door: bytes of any kind, other people's messages changed, wrong signatures, huge numbers."""

from collections.abc import Sequence

import msgspec

from sync.codec import encode_frame
from sync.messages import ClientMessage, Neighbours, Ping, Push, Subscribe, encode_message
from tests.fuzz.mutate import change_value
from tests.simulator.device_node import DeviceNode
from tests.simulator.ends import Door, connect
from tests.simulator.hub_node import HubNode
from tests.simulator.line import GOOD, Line
from tests.simulator.world import World

FRAMES_MAX = 8
SEQ_MAX = 2**53 - 1


def attack(world: World, hub: HubNode, door: Door, devices: Sequence[DeviceNode]) -> None:
    """Opens a line, says hello as somebody else and goes on with whatever it likes; nothing may come of it."""
    hellos = [device.hello for device in devices if device.hello is not None]
    if not door.up or not hellos:
        return
    world.count("hostile" if door is hub else "hostile at the relay")
    world.say("stranger", "attacks")
    end = door.open()
    connect(end, Line(world, GOOD, end.receive, lambda _: None, lambda: None))
    hello = world.rng.choice(hellos)
    # Without a session: a stranger has nobody's cookie.
    end.receive(_frame(msgspec.structs.replace(hello, account=b"")))
    said: list[ClientMessage] = [hello, Subscribe("zone", SEQ_MAX, bytes(32)), Ping(SEQ_MAX)]
    said += [Neighbours(bytes(16), 0), *(device.book.present for device in devices)]
    said += hub.pushes_seen[-3:]
    for _ in range(world.rng.randint(1, FRAMES_MAX)):
        end.receive(_hostile_frame(world, hub, said))
    end.hang_up()


def _hostile_frame(world: World, hub: HubNode, said: list[ClientMessage]) -> bytes:
    rng = world.rng
    doing = rng.random()
    if doing < 0.15:
        return rng.randbytes(rng.randint(0, 40))
    if doing < 0.3:
        return encode_frame(rng.randbytes(rng.randint(1, 40)))
    pushes = hub.pushes_seen[-5:]
    if doing < 0.65 and pushes:
        return _frame(_forged(world, rng.choice(pushes)))
    changed = change_value(encode_message(rng.choice(said)), rng)
    return encode_frame(changed or b"?")


def _forged(world: World, push: Push) -> Push:
    """Somebody's push, changed where its author would have to sign again."""
    rng = world.rng
    changes: list[dict[str, object]] = [
        {"signature": rng.randbytes(64)},
        {"signature": b""},
        {"first_seq": SEQ_MAX},
        {"first_seq": 0},
        {"first_seq": push.first_seq + 1},
        {"device": SEQ_MAX},
        {"device": 1},
        {"base_link": rng.randbytes(32)},
        {"events": [rng.randbytes(9), *push.events[1:]]},
        {"events": push.events[:-1]},
        {"events": [*push.events, *push.events[-1:]]},
    ]
    return msgspec.structs.replace(push, **rng.choice(changes))


def _frame(message: ClientMessage) -> bytes:
    return encode_frame(encode_message(message))
