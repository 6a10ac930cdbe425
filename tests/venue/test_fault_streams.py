"""The fault menu without a network: trade updates, quotes, the market. One test for each row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from tests.venue.desk import Desk, faulty, px, ticket
from venue.encode import JSON, Message
from venue.fault_updates import UpdateFaults
from venue.faults import Fault, Faults
from venue.rows import Bar, CancelError, Correction, Luld, Quote, Status
from venue.updates import update_json

if TYPE_CHECKING:
    from venue.fault_updates import Frame

SECOND = 1_000_000_000


# --- updates ---


def told(desk: Desk, kind: str, *, wait_ms: float = 10, **more: Any) -> list[Frame]:  # noqa: ANN401 any setting of a fault
    """Return the frames that tell of an order's life under a fault."""
    faults = Faults()
    faults.order(Fault(kind=kind, **more), 0)
    bent = UpdateFaults(faults)
    desk.nbbo(25.00, 25.02)
    desk.order("buy", 10)
    desk.wait(wait_ms)
    return [frame for update in desk.updates for frame in bent.frames(update, update_json(update), (), 0)]


def events(frames: list[Frame]) -> list[str]:
    return [msgspec.json.decode(frame.body)["data"]["event"] for frame in frames]


@pytest.mark.row("6.4 updates/lost")
def test_updates_lost() -> None:
    assert events(told(Desk(), "updates-lost")) == ["new", "fill"]


@pytest.mark.row("6.4 updates/duplicated, also after terminal")
def test_updates_duplicated() -> None:
    frames = told(Desk(), "updates-duplicated", count=3)
    assert events(frames) == ["pending_new", "pending_new", "new", "new", "fill", "fill"]
    assert frames[4].body == frames[5].body


@pytest.mark.row("6.4 updates/fill before new")
def test_updates_reordered() -> None:
    assert events(told(Desk(), "updates-reordered")) == ["new", "pending_new", "fill"]
    late = told(Desk(), "updates-reordered", share=0.5, seed=9)
    assert events(late) == ["pending_new", "fill", "new"]


@pytest.mark.row("6.4 updates/partial after fill")
def test_updates_reordered_with_a_part() -> None:
    desk = Desk(partial_fill_pct=100.0)
    frames = told(desk, "updates-reordered", share=0.25, seed=0, wait_ms=300)
    assert events(frames) == ["pending_new", "new", "fill", "partial_fill"]


def test_updates_duplicated_after_the_end() -> None:
    assert events(told(Desk(), "updates-duplicated", share=0.25, seed=1)) == ["pending_new", "new", "fill", "fill"]


@pytest.mark.row("6.4 updates/delayed")
def test_updates_delayed() -> None:
    assert [frame.delay_ms for frame in told(Desk(), "updates-delayed", ms=30_000)] == [30_000, 0, 0]


@pytest.mark.row("6.4 updates/replay of whole lives")
def test_updates_replay() -> None:
    life = ["pending_new", "new", "fill"]
    assert events(told(Desk(), "updates-replay")) == life + life


@pytest.mark.row("6.4 updates/data null")
def test_updates_null() -> None:
    assert told(Desk(), "updates-null")[0].body == b'{"stream":"trade_updates","data":null}'


def test_updates_garbage() -> None:
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(told(Desk(), "updates-garbage")[0].body)


@pytest.mark.row("6.4 updates/unknown event")
def test_updates_unknown_event() -> None:
    assert events(told(Desk(), "updates-unknown-event"))[0] == "quantum_leap"


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [("updates-unknown-status", "status", "quantum_state"), ("updates-null-submitted", "submitted_at", None)],
)
@pytest.mark.row("6.4 updates/unknown status", "6.4 updates/null submitted_at")
def test_updates_with_a_strange_order(kind: str, field: str, value: object) -> None:
    order = msgspec.json.decode(told(Desk(), kind)[0].body)["data"]["order"]
    assert order[field] == value


@pytest.mark.row("6.4 updates/update for an order not ours")
def test_updates_foreign() -> None:
    desk = Desk()
    frames = told(desk, "updates-foreign")
    order = msgspec.json.decode(frames[0].body)["data"]["order"]
    assert order["id"] not in desk.book.orders
    assert len(frames) == 4


@pytest.mark.row("6.4 updates/disconnect exactly at a fill")
def test_updates_cut_at_fill() -> None:
    assert [frame.cut for frame in told(Desk(), "updates-cut-at-fill")] == [False, False, True]


# --- quotes ---


def shown(kind: str, **more: Any) -> list[Quote]:  # noqa: ANN401 any setting of a fault
    """Return what two quotes become under a fault that comes between them."""
    desk = Desk()
    desk.exchange.order_fault(Fault(kind="quote-skew", ms=0, for_s=100), desk.now_ns)
    desk.quote(25.00, 25.02)
    desk.exchange.order_fault(Fault(kind=kind, **more), desk.now_ns)
    desk.rows.clear()
    desk.wait(1_000)
    desk.quote(26.00, 26.02)
    return [row for row in desk.rows if isinstance(row, Quote)]


@pytest.mark.parametrize(
    ("kind", "more", "expected"),
    [
        ("quote-stale", {}, [(25.00, 25.02)]),
        ("quote-one-sided", {}, [(26.00, 0)]),
        ("quote-zero", {}, [(0, 0)]),
        ("quote-locked", {}, [(26.02, 26.02)]),
        ("quote-crossed", {"size": 3}, [(26.05, 26.02)]),
        ("quote-wide", {"size": 2}, [(25.00, 27.02)]),
        ("quote-fat-finger", {"size": 10}, [(260.0, 260.2)]),
        ("quote-burst", {"size": 3}, [(26.00, 26.02)] * 3),
        ("quote-duplicate", {}, [(26.00, 26.02)] * 2),
        ("quote-silence", {}, []),
        ("quote-late", {"ms": 500}, []),
    ],
)
@pytest.mark.row(
    "6.4 quotes/stale",
    "6.4 quotes/one-sided",
    "6.4 quotes/zero",
    "6.4 quotes/locked",
    "6.4 quotes/crossed",
    "6.4 quotes/wide spread",
    "6.4 quotes/fat-finger price",
    "6.4 quotes/burst",
    "6.4 quotes/duplicate",
    "6.4 quotes/symbol silence",
)
def test_a_quote_is_bent_on_the_stream(kind: str, more: dict[str, Any], expected: list[tuple[float, float]]) -> None:
    assert [(row.bid_px, row.ask_px) for row in shown(kind, **more)] == [(px(bid), px(ask)) for bid, ask in expected]


@pytest.mark.row("6.4 quotes/size 0")
def test_quote_size_zero() -> None:
    assert [(row.bid_qty, row.ask_qty) for row in shown("quote-size-zero")] == [(0, 0)]


@pytest.mark.parametrize(
    ("kind", "ms", "offset_ms"),
    [("quote-out-of-order", 5.0, -1_005), ("quote-equal-time", 0.0, -1_000), ("quote-skew", -70.0, -70)],
)
@pytest.mark.row("6.4 quotes/out-of-order timestamps", "6.4 quotes/equal timestamps", "6.4 quotes/clock skew")
def test_a_quote_is_stamped_wrong(kind: str, ms: float, offset_ms: int) -> None:
    desk = Desk()
    desk.exchange.order_fault(Fault(kind="quote-locked", for_s=100, share=0.0), desk.now_ns)
    desk.quote(25.00, 25.02)
    desk.wait(1_000)
    desk.exchange.order_fault(Fault(kind=kind, ms=ms), desk.now_ns)
    desk.quote(26.00, 26.02)
    last = desk.rows[-1]
    assert isinstance(last, Quote)
    assert last.t_ns - desk.now_ns == offset_ms * 1_000_000


@pytest.mark.row("6.4 quotes/gap")
def test_after_a_gap_the_quotes_go_on_where_the_market_is() -> None:
    desk = faulty("quote-silence", for_s=5)
    for dollars in (25.00, 26.00, 27.00):
        desk.quote(dollars, dollars + 0.02)
        desk.wait(2_500)
    assert [row.bid_px for row in desk.rows if isinstance(row, Quote)] == [px(27.00)]


@pytest.mark.row("6.4 quotes/late")
def test_quote_late_comes_later() -> None:
    desk = faulty("quote-late", ms=500)
    desk.quote(25.00, 25.02)
    assert desk.rows == []
    desk.wait(499)
    assert desk.rows == []
    desk.wait(1)
    assert len(desk.rows) == 1


def test_a_bent_quote_does_not_bend_the_fills() -> None:
    desk = faulty("quote-fat-finger", size=10)
    desk.quote(25.00, 25.02)
    desk.order("buy", 1)
    desk.events()
    assert desk.book.fills[0].px == px(25.02)


# --- market ---


@pytest.mark.parametrize("kind", ["halt", "luld-pause", "market-halt"])
@pytest.mark.row("6.4 market/halt and resume", "6.4 market/LULD pause and bands", "6.4 market/market-wide breaker")
def test_a_halt_stops_fills_and_ends(kind: str) -> None:
    desk = faulty(kind, for_s=300)
    desk.wait(0)
    desk.order("buy", 10)
    assert desk.events() == ["pending_new", "new"]
    desk.wait(300_000)
    desk.nbbo(25.00, 25.02)
    assert desk.events() == ["fill"]
    told_of = [row for row in desk.rows if isinstance(row, Status) and row.symbol == "AAA"]
    assert [row.halted for row in told_of] == [True, False]
    assert any(isinstance(row, Luld) for row in desk.rows) is (kind == "luld-pause")


@pytest.mark.row("6.4 market/halt and resume", "6.4 market/LULD pause and bands", "6.4 market/market-wide breaker")
@pytest.mark.parametrize(
    ("symbol", "kind", "begins", "ends"),
    [
        ("AAPL", "halt", ("C", "H", "T1"), ("C", "T", "C11")),
        ("AAPL", "luld-pause", ("C", "P", "LUDP"), ("C", "T", "C11")),
        ("AAPL", "market-halt", ("C", "H", "MWC1"), ("C", "T", "C11")),
        ("KO", "halt", ("A", "2", "P"), ("A", "3", "")),
        ("SPY", "luld-pause", ("B", "2", "M"), ("B", "3", "")),
        ("SPY", "market-halt", ("B", "2", "1"), ("B", "3", "")),
    ],
)
def test_a_halt_is_told_in_the_codes_of_its_tape(
    symbol: str, kind: str, begins: tuple[str, str, str], ends: tuple[str, str, str]
) -> None:
    desk = Desk(symbol)
    desk.nbbo(25.00, 25.02, symbol)
    faulty(kind, desk, symbol=symbol, for_s=60)
    desk.wait(0)
    desk.wait(60_000)
    told_of = [msgspec.json.decode(Message(row).encoded(JSON)) for row in desk.rows if isinstance(row, Status)]
    assert [(one["z"], one["sc"], one["rc"]) for one in told_of if one["S"] == symbol] == [begins, ends]


def test_cancels_work_in_a_halt() -> None:
    desk = faulty("halt", symbol="AAA", for_s=300)
    order = desk.order("buy", 10)
    desk.events()
    desk.call("DELETE", f"/orders/{order['id']}")
    assert desk.events() == ["pending_cancel", "canceled"]


@pytest.mark.row("6.4 market/trade correction", "6.4 market/trade cancel")
def test_trade_correction_and_cancel() -> None:
    desk = Desk()
    desk.trade(25.00)
    for kind in ("trade-correction", "trade-cancel"):
        desk.exchange.order_fault(Fault(kind=kind), desk.now_ns)
    desk.wait(1)
    correction, cancel = desk.rows[-2:]
    assert isinstance(correction, Correction)
    assert (correction.original.px, correction.px) == (px(25.00), px(24.99))
    assert isinstance(cancel, CancelError)


@pytest.mark.row("6.4 market/borrow status flips", "3.5/422 asset cannot be sold short")
def test_hard_to_borrow() -> None:
    desk = faulty("hard-to-borrow", symbol="AAA")
    assert desk.refused("POST", "/orders", ticket("sell", 1)) == (422, 42210000, 'asset "AAA" cannot be sold short')
    assert desk.get("/assets/AAA")["borrow_status"] == "hard_to_borrow"


@pytest.mark.row("6.4 market/asset becomes untradable", "3.5/422 asset not tradable", "3.5/422 asset is not active")
def test_untradable() -> None:
    desk = faulty("untradable", symbol="AAA")
    assert desk.refused("POST", "/orders", ticket("buy", 1)) == (422, 42210000, 'asset "AAA" is not tradable')
    assert desk.get("/assets/AAA")["tradable"] is False


@pytest.mark.row("6.4 market/early close")
def test_early_close() -> None:
    desk = faulty("early-close")
    assert desk.get("/clock")["is_open"] is False
    assert desk.order("buy", 1)["status"] == "accepted"


def test_late_trade_updates_the_bar_of_its_minute_after_thirty_seconds() -> None:
    desk = Desk()
    desk.trade(25.00)
    desk.wait(70_000)
    desk.exchange.order_fault(Fault(kind="late-trade"), desk.now_ns)
    desk.wait(1)
    desk.wait(20_000)
    bars = [(row.channel, row.high_px, row.trades) for row in desk.rows if isinstance(row, Bar)]
    assert bars == [("b", px(25.00), 1), ("d", px(25.00), 1), ("u", px(25.01), 2)]
