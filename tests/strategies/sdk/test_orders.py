"""A strategy's own book counts every order once, whichever news of it comes first."""

from __future__ import annotations

from hft.messages import NewOrder
from hft.words import OrdStatus, Refusal, Side, Tif
from strategies.sdk.orders import Orders
from tests.strategies.sdk.example import ELEVEN_NS, accepted, refused, report, snapshot, working


def placed(seq: int = 1, side: Side = Side.BUY) -> Orders:
    orders = Orders()
    intent = NewOrder(
        strategy="mm",
        epoch=3,
        seq=seq,
        symbol="SPY",
        side=side,
        qty=4,
        px=4_499_900,
        tif=Tif.DAY,
        expires_ns=ELEVEN_NS + 1,
    )
    orders.placed(intent, ELEVEN_NS)
    return orders


def test_an_intent_without_an_answer_counts_as_working() -> None:
    orders = placed()
    assert (len(orders), orders.leaves("SPY", Side.BUY)) == (1, 4)


def test_an_answer_gives_it_its_name() -> None:
    orders = placed()
    orders.accepted(accepted(1, "h1"))
    assert [order.client_order_id for order in orders] == ["h1"]


def test_a_report_that_is_quicker_than_the_answer_makes_no_second_order() -> None:
    orders = placed()
    orders.reported(report("h1", OrdStatus.NEW), ELEVEN_NS)
    assert orders.leaves("SPY", Side.BUY) == 8  # careful until it is known that both are one
    orders.accepted(accepted(1, "h1"))
    assert [(order.client_order_id, order.status) for order in orders] == [("h1", OrdStatus.NEW)]
    assert orders.leaves("SPY", Side.BUY) == 4


def test_an_order_that_was_done_before_the_answer_stays_done() -> None:
    orders = placed()
    orders.reported(report("h1", OrdStatus.FILLED, last_qty=4, cum_qty=4, position=4), ELEVEN_NS)
    orders.accepted(accepted(1, "h1"))
    assert len(orders) == 0
    assert orders.position("SPY") == 4


def test_late_news_of_a_done_order_only_updates_the_position() -> None:
    orders = placed()
    orders.accepted(accepted(1, "h1"))
    orders.reported(report("h1", OrdStatus.CANCELED), ELEVEN_NS)
    assert orders.reported(report("h1", OrdStatus.CANCELED, cum_qty=1, last_qty=1, position=1), ELEVEN_NS) is None
    assert len(orders) == 0
    assert orders.position("SPY") == 1


def test_a_refused_intent_is_forgotten() -> None:
    orders = placed()
    gone = orders.refused(refused(1, Refusal.POSITION))
    assert gone is not None
    assert gone.symbol == "SPY"
    assert len(orders) == 0


def test_a_snapshot_replaces_everything_but_remembers_which_cancels_were_asked() -> None:
    orders = placed()
    orders.accepted(accepted(1, "h1"))
    next(iter(orders)).cancel_asked_ns = 5
    orders.restored(snapshot(position=-3, working=(working("h1"), working("h2", Side.SELL))))
    assert orders.positions == {"SPY": -3}
    assert [(order.client_order_id, order.cancel_asked_ns) for order in orders] == [("h1", 5), ("h2", 0)]


def test_a_cancel_asked_before_the_name_was_known_is_not_forgotten() -> None:
    orders = placed()
    next(iter(orders)).cancel_asked_ns = 5
    orders.reported(report("h1", OrdStatus.NEW), ELEVEN_NS)
    orders.accepted(accepted(1, "h1"))
    assert next(iter(orders)).cancel_asked_ns == 5
