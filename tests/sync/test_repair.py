"""Where two histories of a feed part: found in few rounds and bytes, whatever they are, and whoever answers."""

from collections.abc import Callable
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import chain, effects, feed
from sync.codec import encode_frame
from sync.effects import Effect, Forget, Recount, Rewind, Send
from sync.errors import Fault
from sync.limits import COMPARE_PLACES_MAX, PRINT_BYTES
from sync.messages import Compare, FaultMessage, Prints, Subscribe, encode_message
from sync.repair import Search, answered, begin, found, question
from sync.session import Session
from tests.sync.test_session import NOW, start, welcome

FEED = "point:HALL"
Answer = Callable[[Compare], Prints]


def history(*parts: tuple[str, int]) -> list[bytes]:
    """A feed's chain at its start and after each entry: so many entries of each author."""
    at = chain.feed_start(FEED)
    hashes = [at]
    for author, count in parts:
        for i in range(count):
            at = chain.next_hash(at, sha256(f"{author} {i}".encode()).digest())
            hashes.append(at)
    return hashes


def honest(theirs: list[bytes]) -> Answer:
    """A hub with this history."""

    def answer(asked: Compare) -> Prints:
        last = asked.after + asked.count * asked.step
        places = range(asked.after + asked.step, last + 1, asked.step)
        prints = [theirs[place][:PRINT_BYTES] for place in places if place < len(theirs)]
        return Prints(asked.feed, asked.after, asked.step, b"".join(prints))

    return answer


def look(ours: list[bytes], answer: Answer) -> tuple[feed.Cursor, int, int]:
    """Where they part, after how many rounds, and how many bytes of frames both ways."""
    search, rounds, size = begin(FEED, ours), 0, 0
    while (asked := question(search)) is not None:
        assert 0 < asked.count <= COMPARE_PLACES_MAX
        said = answer(asked)
        size += len(encode_frame(encode_message(asked))) + len(encode_frame(encode_message(said)))
        rounds += 1
        before = search.differs - search.common
        search = answered(search, said)
        assert search.differs - search.common < before, "no round is for nothing"
    return found(search), rounds, size


@given(common=st.integers(0, 400), ours=st.integers(0, 400), theirs=st.integers(0, 400))
def test_the_last_common_entry_is_found_whatever_follows(
    common: int, ours: int, theirs: int
) -> None:
    both = ("both", common)
    mine, there = history(both, ("we", ours)), history(both, ("they", theirs))
    cursor, rounds, _ = look(mine, honest(there))
    assert cursor == feed.Cursor(FEED, common, mine[common])
    assert rounds <= 2


@pytest.mark.parametrize("common", [0, 1, 4_999, 9_998, 9_999])
def test_in_ten_thousand_entries_two_rounds_and_a_thousand_bytes_are_enough(common: int) -> None:
    both = ("both", common)
    mine = history(both, ("we", 10_000 - common))
    cursor, rounds, size = look(mine, honest(history(both, ("they", 10_001 - common))))
    assert cursor.n == common
    subscribed = encode_frame(encode_message(cursor.subscribe()))
    assert rounds <= 2
    assert size + len(subscribed) <= 1_071


@given(st.data())
def test_whoever_answers_what_he_likes_comes_to_an_end(data: st.DataObject) -> None:
    mine = history(("we", data.draw(st.integers(0, 300))))

    def liar(asked: Compare) -> Prints:
        true = honest(mine)(asked).prints
        cut = data.draw(st.integers(0, len(true)))
        return Prints(asked.feed, asked.after, asked.step, true[:cut] + data.draw(st.binary()))

    cursor, _, _ = look(mine, liar)
    assert cursor.hash == mine[cursor.n]


def test_the_answer_to_another_question_changes_nothing() -> None:
    search = Search(FEED, history(("we", 500)), 0, 501)
    assert answered(search, Prints(FEED, 3, 4, b"")) == search
    assert answered(search, Prints(FEED, 0, 5, b"")) == search


# --- on a connection ------------------------------------------------------------------------------


def reading(chain_: list[bytes]) -> Session:
    """A device that stands at the end of this history of the feed, greeted."""
    one = start(cursors=[feed.Cursor(FEED, len(chain_) - 1, chain_[-1])])
    one.receive(welcome(feeds=(FEED,)), NOW)
    return one


def parted(one: Session, code: str = Fault.FEED_HASH) -> list[Effect]:
    return one.receive(FaultMessage(code, FEED, "", 0), NOW)


def repair(one: Session, mine: list[bytes], there: list[bytes]) -> list[Effect]:
    """What follows in the end when the hub with this history answers."""
    effects = one.recounted(FEED, mine)
    while isinstance(effects[0], Send) and isinstance(effects[0].message, Compare):
        assert one.subscriptions() == effects, "over HTTP the same is asked with the next request"
        effects = one.receive(honest(there)(effects[0].message), NOW)
    return effects


@pytest.mark.parametrize("code", [Fault.FEED_AHEAD, Fault.FEED_HASH])
def test_only_what_follows_the_last_common_entry_is_forgotten(code: Fault) -> None:
    mine, there = history(("both", 300), ("we", 9)), history(("both", 300), ("they", 200))
    one = reading(mine)
    assert parted(one, code) == [Recount(FEED)]
    assert one.subscriptions() == [], "nothing is asked while it is recounted"
    assert parted(one, code) == [], "it is being looked into"
    common = feed.Cursor(FEED, 300, mine[300])
    assert repair(one, mine, there) == [Rewind(common), Send(common.subscribe())]
    assert one.subscriptions() == [Send(common.subscribe())]
    assert one.receive(Prints(FEED, 0, 3, b""), NOW) == [], "nobody asked"


@pytest.mark.parametrize(("n", "known"), [(2, True), (3, True), (4, False)])
def test_a_greeting_shows_it_where_the_hubs_feed_is_no_longer(n: int, known: bool) -> None:
    mine = history(("we", 3))
    one = start(cursors=[feed.Cursor(FEED, 3, mine[3])])
    effects = one.receive(welcome(feeds=(FEED,), head=(n, bytes(32))), NOW)
    assert (Recount(FEED) in effects) is known
    assert (Send(Subscribe(FEED, 3, mine[3])) in effects) is not known
    same = start(cursors=[feed.Cursor(FEED, 3, mine[3])])
    assert Recount(FEED) not in same.receive(welcome(feeds=(FEED,), head=(3, mine[3])), NOW)


def test_what_is_found_and_does_not_fit_is_fetched_from_the_beginning() -> None:
    mine = history(("we", 3))
    one = reading(mine)
    parted(one)
    assert kinds(repair(one, mine, mine)) == [Rewind, Send]
    anew = [Forget(FEED), Send(feed.start(FEED).subscribe())]
    assert parted(one) == anew
    assert one.recounted(FEED, mine) == []


def test_histories_with_nothing_in_common_are_fetched_from_the_beginning() -> None:
    mine = history(("we", 3))
    one = reading(mine)
    parted(one)
    anew = [Forget(FEED), Send(feed.start(FEED).subscribe())]
    assert repair(one, mine, history(("they", 9))) == anew


def test_a_hub_that_compares_nothing_is_asked_for_all_of_it() -> None:
    mine = history(("we", 3))
    one = reading(mine)
    parted(one)
    one.recounted(FEED, mine)
    unknown = FaultMessage(Fault.MESSAGE_UNKNOWN, "", "", 0)
    assert one.receive(unknown, NOW) == [Forget(FEED), Send(feed.start(FEED).subscribe())]
    assert kinds(one.receive(unknown, NOW)) == [effects.Problem, effects.Close]


def test_what_may_no_longer_be_read_is_not_looked_into() -> None:
    mine = history(("we", 3))
    one = reading(mine)
    parted(one)
    one.recounted(FEED, mine)
    one.receive(FaultMessage(Fault.FEED_NOT_ENTITLED, FEED, "", 0), NOW)
    assert one.receive(honest(mine)(Compare(FEED, 0, 1, 3)), NOW) == []
    assert one.subscriptions() == []


def test_what_is_stored_is_chained_by_what_it_is() -> None:
    """A replica whose cursor is right and whose entries are gone asks for these again."""
    mine = history(("both", 5))
    one = reading(mine)
    parted(one)
    effects = repair(one, mine[:3], mine)
    common = feed.Cursor(FEED, 2, mine[2])
    assert effects == [Rewind(common), Send(Subscribe(FEED, 2, mine[2]))]


def kinds(effects: list[Effect]) -> list[type]:
    return [type(effect) for effect in effects]
