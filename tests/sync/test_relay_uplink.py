"""The relay's end of its line to the hub: what is turned away is not offered for ever."""

from sync.errors import Fault
from sync.messages import FaultMessage, Hello, Welcome
from sync.relay_uplink import Effect, Forward, RelayUplink, SetAside

ZONE, NOW, RELAY = bytes(16), 1_795_000_000_000, 7
TABLET, NEIGHBOUR = 12, 13


def greeted() -> RelayUplink:
    """A connection to a hub that is believed, looking for the first push."""
    one = RelayUplink(
        zone=ZONE, point="HALL", epoch=1, cursors=[], verify=lambda *_: True, now_ms=NOW
    )
    one.hello(Hello(1, 1, ZONE, RELAY, b"", "", NOW, bytes(32), []))
    welcome = Welcome(
        protocol=1,
        hub_ms=NOW,
        epoch=1,
        session=False,
        seq=0,
        link=bytes(32),
        feeds=[],
        app_version_min="",
        proof=b"hub's",
        challenge=b"challenge",
        relay=0,
        epoch_proof=b"hub's",
    )
    assert Forward(0, frozenset()) in one.receive(welcome, NOW)
    return one


def aside(effects: list[Effect]) -> list[SetAside]:
    return [effect for effect in effects if isinstance(effect, SetAside)]


def test_a_branch_is_offered_again_once_and_then_left() -> None:
    """The hub kept its beginning aside; what follows has a gap before it, however often it is offered."""
    one = greeted()
    gap = FaultMessage(Fault.CHAIN_GAP, "push", "log ends at 3", 3)
    one.forwarded(2, TABLET, NOW)
    assert aside(one.receive(gap, NOW)) == [SetAside(2, Fault.CHAIN_GAP, 3)]
    one.nothing_to_forward()
    assert one.reopened(TABLET) == []
    one.forwarded(1, TABLET, NOW)
    fork = FaultMessage(Fault.CHAIN_FORK, "push", "kept aside", 0)
    assert aside(one.receive(fork, NOW)) == [SetAside(1, Fault.CHAIN_FORK, 0)]
    one.forwarded(2, TABLET, NOW)
    assert aside(one.receive(gap, NOW)) == []
    assert one.nothing_to_forward() == [Forward(2, frozenset({TABLET}))]


def test_a_hole_that_is_filled_later_holds_nobody_up() -> None:
    """The first push of a log was turned away at the relay, the second one kept; then the device begins again."""
    one = greeted()
    one.forwarded(1, TABLET, NOW)
    one.nothing_to_forward()
    gap = FaultMessage(Fault.CHAIN_GAP, "push", "log ends at 0", 0)
    assert aside(one.receive(gap, NOW)) == [SetAside(1, Fault.CHAIN_GAP, 0)]
    assert one.nothing_to_forward() == []
    assert one.grew([NEIGHBOUR]) == [Forward(1, frozenset({TABLET}))]
    assert one.nothing_to_forward() == []
    assert one.grew([TABLET]) == [Forward(1, frozenset())]


def test_a_gap_that_moved_on_is_offered_again() -> None:
    one = greeted()
    for n, end in ((1, 3), (2, 5)):
        one.forwarded(n, TABLET, NOW)
        gap = FaultMessage(Fault.CHAIN_GAP, "push", "", end)
        assert aside(one.receive(gap, NOW)) == [SetAside(n, Fault.CHAIN_GAP, end)]
