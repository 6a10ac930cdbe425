"""Ports over real sockets in one process: numbers are checked, liars are dropped, nothing waits."""

from __future__ import annotations

import errno
import threading
from collections import deque
from typing import TYPE_CHECKING, Any

import pytest
import zmq

from hft import codec, endpoints
from hft.errors import DiskFailed
from hft.home import Home
from hft.messages import (
    CancelAll,
    EventAck,
    EventHello,
    Gap,
    Message,
    Quote,
    Recorded,
    Register,
    Subscribed,
    Ticks,
)
from hft.ports import (
    INBOX_MAX,
    Dealer,
    Inbox,
    Publisher,
    Router,
    Subscriber,
    Unreadable,
    by_epoch,
    producer_peer,
    strategy_peer,
)
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WAIT_MS = 2_000


@pytest.fixture
def place(home: Path) -> Home:
    return Home(home).make()


class KeepingContext(zmq.Context[zmq.Socket[bytes]]):
    """Holds on to its sockets, so that they are closed at the end of the test and not when a name goes out of scope."""

    def socket(self, *args: Any, **kwargs: Any) -> zmq.Socket[bytes]:  # noqa: ANN401 the library's own signature
        made = super().socket(*args, **kwargs)
        KEPT.append(made)
        return made


KEPT: list[zmq.Socket[bytes]] = []


@pytest.fixture
def context() -> Iterator[KeepingContext]:
    made = KeepingContext()
    yield made
    made.destroy(linger=0)
    KEPT.clear()


def batch(seq: int, *, epoch: int = 1, symbol: str = "SPY", snapshot: bool = False) -> Ticks:
    quote = Quote(symbol=symbol, exch_ns=seq, recv_ns=seq, bid_px=1, bid_qty=1, ask_px=2, ask_qty=1)
    return Ticks(epoch=epoch, seq=seq, ticks=(quote,), snapshot=snapshot)


def symbol_of(ticks: Ticks) -> str:
    return ticks.ticks[0].symbol


def heard(port: Subscriber | Dealer | Router | Publisher, count: int) -> list[Message]:
    found: list[Message] = []
    while len(found) < count and port.socket.poll(WAIT_MS):
        found += list(port.drain())
    return found


def wired(place: Home, context: KeepingContext, *topics: str) -> tuple[Publisher, Subscriber]:
    publisher = Publisher(endpoints.bind(context, endpoints.TICKS, place), "ticks", symbol_of)
    socket = endpoints.connect(context, endpoints.TICKS, place, topics=tuple(codec.topic(name) for name in topics))
    subscriber = Subscriber(socket, "ticks", by_epoch)
    assert heard(publisher, len(topics)) == [Subscribed(stream="ticks", topic=name) for name in topics]
    return publisher, subscriber


def test_a_disk_that_refuses_a_socket_is_told_with_what_to_do(
    place: Home, context: KeepingContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise zmq.ZMQError(errno.EROFS)

    monkeypatch.setattr(zmq.Socket, "bind", refuse)
    with pytest.raises(DiskFailed, match=r"refuses the socket ticks \(Read-only file system\)") as caught:
        endpoints.bind(context, endpoints.TICKS, place)
    assert "hftctl start" in caught.value.next_step


def test_a_hole_in_the_numbers_is_announced_before_what_follows(place: Home, context: KeepingContext) -> None:
    publisher, subscriber = wired(place, context, "SPY")
    for seq in (1, 2, 5):
        publisher.send(batch(seq))
    assert heard(subscriber, 4) == [batch(1), batch(2), Gap(stream="ticks", topic="SPY", missed=2), batch(5)]
    assert subscriber.missed == 2


def test_a_restarted_publisher_is_a_gap_of_unknown_size(place: Home, context: KeepingContext) -> None:
    publisher, subscriber = wired(place, context, "SPY")
    publisher.send(batch(7))
    publisher.send(batch(1, epoch=2))
    assert heard(subscriber, 3) == [batch(7), Gap(stream="ticks", topic="SPY", missed=0), batch(1, epoch=2)]


def test_a_snapshot_serves_the_joiner_and_disturbs_nobody_else(place: Home, context: KeepingContext) -> None:
    publisher, subscriber = wired(place, context, "SPY")
    publisher.send(batch(3, snapshot=True))
    publisher.send(batch(4))
    publisher.send(batch(4, snapshot=True))
    publisher.send(batch(5))
    assert heard(subscriber, 3) == [batch(3, snapshot=True), batch(4), batch(5)]


def test_a_snapshot_that_is_ahead_reveals_a_hole(place: Home, context: KeepingContext) -> None:
    publisher, subscriber = wired(place, context, "SPY")
    publisher.send(batch(3))
    publisher.send(batch(5, snapshot=True))
    assert heard(subscriber, 3)[1] == Gap(stream="ticks", topic="SPY", missed=2)


def test_one_symbol_does_not_bring_another_that_begins_like_it(place: Home, context: KeepingContext) -> None:
    publisher, subscriber = wired(place, context, "SPY")
    publisher.send(batch(1, symbol="SPYG"))
    publisher.send(batch(1))
    assert heard(subscriber, 1) == [batch(1)]


NOT_UTF_8 = b"\x91\xa1\x80"


def test_garbage_on_a_stream_is_counted(place: Home, context: KeepingContext) -> None:
    publisher, subscriber = wired(place, context, "SPY")
    for garbage in (b"garbage", NOT_UTF_8):
        publisher.socket.send(b"SPY|" + garbage)
    publisher.send(batch(1))
    assert heard(subscriber, 1) == [batch(1)]
    assert subscriber.malformed == 2


def test_nobody_speaks_for_another(place: Home, context: KeepingContext) -> None:
    router = Router(endpoints.bind(context, endpoints.INTENTS, place), strategy_peer)
    dealer = Dealer(endpoints.connect(context, endpoints.INTENTS, place, identity="mm:1"))
    dealer.send(CancelAll(strategy="pairs", epoch=1, seq=1))
    dealer.send(CancelAll(strategy="mm", epoch=2, seq=1))
    for garbage in (b"garbage", NOT_UTF_8):
        dealer.socket.send(garbage)
    honest = Register(strategy="mm", epoch=1, pid=1)
    dealer.send(honest)
    assert heard(router, 1) == [honest]
    assert router.malformed == 4


def test_what_cannot_be_read_is_told_where_that_is_asked_for(place: Home, context: KeepingContext) -> None:
    bound = endpoints.bind(context, endpoints.INTENTS, place)
    router = Router(bound, strategy_peer, telling=True)
    dealer = Dealer(endpoints.connect(context, endpoints.INTENTS, place, identity="mm:3"))
    nameless = Dealer(endpoints.connect(context, endpoints.INTENTS, place, identity="no epoch"))
    nameless.socket.send(b"garbage")
    until(lambda: not list(router.drain()) and router.malformed, within_s=5, what="garbage that nobody is told of")
    forged = codec.encode(CancelAll(strategy="pairs", epoch=1, seq=1))
    honest = CancelAll(strategy="mm", epoch=3, seq=1)
    for frames in ([b"garbage"], [NOT_UTF_8], [forged], [b"two", b"frames"], [codec.encode(honest)]):
        dealer.socket.send_multipart(frames)
    assert heard(router, 5) == [*[Unreadable(strategy="mm", epoch=3)] * 4, honest]
    assert router.malformed == 5


def turns_until(router: Router, count: int) -> list[list[Any]]:
    turns: list[list[Any]] = []
    while sum(map(len, turns)) < count and router.socket.poll(WAIT_MS):
        turns.append(list(router.drain()))
    return turns


def test_a_turn_ends_when_one_peer_has_had_its_share(place: Home, context: KeepingContext) -> None:
    router = Router(endpoints.bind(context, endpoints.INTENTS, place), strategy_peer, share=4)
    flooder = Dealer(endpoints.connect(context, endpoints.INTENTS, place, identity="drift:1"))
    for seq in range(101):
        flooder.send(CancelAll(strategy="drift", epoch=1, seq=seq))
        flooder.socket.send(b"garbage counts too")
    turns = turns_until(router, 101)
    assert sum(map(len, turns)) == 101
    assert max(map(len, turns)) <= 2
    assert not list(router.drain())
    assert not router.crowded

    def crowds() -> bool:
        flooder.socket.send_multipart([b"more frames than one", b"count as one"])
        for seq in range(3):
            flooder.send(CancelAll(strategy="drift", epoch=1, seq=seq))
        return len(list(router.drain())) == 3 and router.crowded

    until(crowds, within_s=WAIT_MS / 1_000, what="a turn of one peer's share, the frames that are no message among it")


def test_a_turn_has_an_end_however_many_peers_there_are(place: Home, context: KeepingContext) -> None:
    router = Router(endpoints.bind(context, endpoints.INTENTS, place), strategy_peer, turn_max=6, share=4)
    for name in ("a", "b", "c"):
        dealer = Dealer(endpoints.connect(context, endpoints.INTENTS, place, identity=f"{name}:1"))
        for seq in range(20):
            dealer.send(CancelAll(strategy=name, epoch=1, seq=seq))
    heard_of = 0
    while heard_of < 60 and router.socket.poll(WAIT_MS):
        turn = len(list(router.drain()))
        assert turn <= 6
        assert router.crowded or turn < 6
        heard_of += turn
    assert heard_of == 60


def test_an_answer_finds_its_peer_and_one_that_left_is_counted(place: Home, context: KeepingContext) -> None:
    router = Router(endpoints.bind(context, endpoints.EVENTS, place), producer_peer)
    dealer = Dealer(endpoints.connect(context, endpoints.EVENTS, place, identity="mm:1"))
    dealer.send(EventHello(producer="mm", epoch=1))
    assert heard(router, 1)
    router.send(EventAck(producer="mm", epoch=1, seq=0))
    assert heard(dealer, 1) == [EventAck(producer="mm", epoch=1, seq=0)]
    router.send(EventAck(producer="gone", epoch=1, seq=0))
    assert router.dropped == 1


def test_a_full_queue_drops_and_counts_and_never_waits(place: Home, context: KeepingContext) -> None:
    dealer = Dealer(endpoints.connect(context, endpoints.INTENTS, place, identity="mm:1"))
    for seq in range(endpoints.INTENTS.depth + 5):
        dealer.send(CancelAll(strategy="mm", epoch=1, seq=seq))
    assert dealer.dropped >= 5


def test_a_thread_wakes_the_loop_and_order_is_kept() -> None:
    inbox, poller = Inbox(), zmq.Poller()
    poller.register(inbox.source, zmq.POLLIN)
    marks = [Recorded(mark=mark) for mark in range(3)]
    thread = threading.Thread(target=lambda: deque(map(inbox.put, marks)))
    thread.start()
    thread.join()
    assert dict(poller.poll(WAIT_MS)) == {inbox.source: zmq.POLLIN}
    assert list(inbox.drain()) == marks
    assert list(inbox.drain()) == []
    inbox.close()


def test_an_inbox_is_bounded() -> None:
    inbox = Inbox()
    for mark in range(INBOX_MAX + 2):
        inbox.put(Recorded(mark=mark))
    assert inbox.dropped == 2
    assert len(list(inbox.drain())) == INBOX_MAX
    inbox.close()
