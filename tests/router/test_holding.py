"""What waits for the disk and what does not: order kept, cancels free, late orders given up, a slow disk told."""

from __future__ import annotations

from hft.clock import NS_PER_MS
from hft.control import Done
from hft.messages import Accepted, Refused
from hft.words import Refusal, Side, Tif
from router import broker
from router.broker import Priority
from router.control import HaltLatch
from router.disk import DiskSlow, DiskWell
from router.holding import SLOW_MS, TOLD_EVERY_MS, EntriesShut, Hold, waits


def submit(ticket: int = 1, priority: Priority = Priority.NEW) -> broker.SubmitOrder:
    return broker.SubmitOrder(
        ticket=ticket,
        priority=priority,
        client_order_id=f"h1-mm-1.1-{ticket}",
        symbol="SPY",
        side=Side.BUY,
        qty=1,
        px=4_500_000,
        tif=Tif.DAY,
    )


MOVE = broker.ReplaceRequest(ticket=2, priority=Priority.REPLACE, client_order_id="h1-mm-1.1-2", order_id="v", px=1)
CANCEL = broker.CancelRequest(ticket=3, priority=Priority.CANCEL, client_order_id="h1-mm-1.1-1", order_id="v")
ACCEPTED = Accepted(strategy="mm", epoch=1, seq=1, client_order_id="h1-mm-1.1-1")
REFUSED = Refused(strategy="mm", epoch=1, seq=2, reason=Refusal.NOT_READY, text="slow")


def ms(count: float) -> int:
    return round(count * NS_PER_MS)


def test_nothing_waits_while_everything_is_on_disk() -> None:
    hold = Hold()
    assert all(hold.lets(message, 0) for message in (submit(), ACCEPTED, CANCEL))
    assert not hold.is_waiting


def test_what_makes_risk_or_tells_of_a_record_waits_in_order_and_the_rest_leaves() -> None:
    hold = Hold()
    first = hold.hand_over(0)
    assert [hold.lets(message, 0) for message in (ACCEPTED, submit(), CANCEL, REFUSED, MOVE)] == [
        False,
        False,
        True,
        True,
        False,
    ]
    hold.hand_over(1)
    done = Done(peer="p", ok=True, text="")
    assert not hold.lets(done, 1)
    assert list(hold.due()) == []
    hold.synced(first)
    assert list(hold.due()) == [ACCEPTED, submit(), MOVE]
    hold.synced(2)
    assert list(hold.due()) == [done]
    assert not hold.is_waiting


def test_what_is_said_later_never_overtakes_what_waits() -> None:
    hold = Hold()
    hold.synced(hold.hand_over(0))
    hold.hand_over(0)
    assert not hold.lets(ACCEPTED, 0)
    hold.synced(2)
    assert not hold.lets(submit(), 0), "the answer before it has not left yet"
    assert list(hold.due()) == [ACCEPTED, submit()]


def test_every_request_but_an_order_or_a_move_is_free() -> None:
    entries = {kind for kind in broker.REQUESTS if kind.__name__ in broker.ENTRY_REQUESTS}
    assert entries == {broker.SubmitOrder, broker.ReplaceRequest}
    assert {type(message) for message in (submit(), MOVE) if waits(message)} == entries
    assert not waits(CANCEL)
    assert not waits(broker.CancelEverything(ticket=4, priority=Priority.PANIC))


def test_a_halt_is_obeyed_at_once_and_opened_only_when_that_is_safe() -> None:
    assert not waits(HaltLatch(text="enough"))
    assert waits(HaltLatch(text=""))


def test_a_slow_disk_is_told_again_and_again_and_its_end_once() -> None:
    hold = Hold()
    assert hold.news(ms(10_000)) == []
    hold.hand_over(0)
    assert hold.news(ms(SLOW_MS - 1)) == []
    assert hold.news(ms(SLOW_MS)) == [DiskSlow(waited_ms=SLOW_MS)]
    assert hold.news(ms(SLOW_MS + TOLD_EVERY_MS - 1)) == []
    assert hold.news(ms(SLOW_MS + TOLD_EVERY_MS)) == [DiskSlow(waited_ms=SLOW_MS + TOLD_EVERY_MS)]
    hold.synced(1)
    assert hold.news(ms(5_000)) == [DiskWell(waited_ms=5_000)]
    assert hold.news(ms(5_001)) == []


def test_a_disk_that_does_a_little_and_stalls_again_is_slow_again() -> None:
    hold = Hold()
    hold.hand_over(0)
    hold.hand_over(ms(900))
    assert hold.news(ms(1_000)) != []
    hold.synced(1)
    assert hold.news(ms(1_100)) == [DiskWell(waited_ms=1_100)]
    assert hold.news(ms(1_900)) == [DiskSlow(waited_ms=1_000)]


def test_an_order_that_has_waited_for_too_long_never_leaves_and_its_answer_does() -> None:
    hold = Hold()
    hold.hand_over(0)
    assert not hold.lets(submit(1), 0)
    assert not hold.lets(ACCEPTED, 0)
    assert not hold.lets(submit(2), ms(500))
    told = [message for message in hold.news(ms(1_000)) if isinstance(message, broker.NotSent)]
    assert told == [
        broker.NotSent(
            ticket=1,
            request="SubmitOrder",
            client_order_id="h1-mm-1.1-1",
            reason="its record was not on disk after 1.0 s",
            held=True,
        )
    ]
    hold.synced(1)
    assert list(hold.due()) == [ACCEPTED, submit(2)]


def test_what_opens_and_waits_while_entries_are_shut_never_leaves_and_exits_do() -> None:
    hold = Hold()
    hold.hand_over(0)
    exit_ = submit(4, Priority.REDUCE)
    assert not any(hold.lets(message, 0) for message in (submit(1), ACCEPTED, exit_, MOVE))
    assert not hold.lets(EntriesShut(reason="trade updates went away"), ms(500))
    told = hold.news(ms(500))
    assert [(each.ticket, each.reason, each.held) for each in told if isinstance(each, broker.NotSent)] == [
        (1, "trade updates went away", True),
        (2, "trade updates went away", True),
    ]
    assert hold.news(ms(501)) == []
    hold.synced(1)
    assert list(hold.due()) == [ACCEPTED, exit_]
    assert not hold.lets(EntriesShut(reason="again"), ms(600)), "it is for the hold alone"
    assert hold.news(ms(600)) == []
