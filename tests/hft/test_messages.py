"""Golden frames: positions are the schema, so the bytes of each message are written down here."""

from __future__ import annotations

import types
import typing

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hft import codec
from hft.codec import UNREADABLE
from hft.control import (
    Claim,
    ClaimDone,
    Done,
    Flatten,
    GetStatus,
    Halt,
    PositionLine,
    Resume,
    RouterStatus,
    Stop,
    StrategyLine,
)
from hft.messages import (
    Accepted,
    Bar,
    Beat,
    CancelAll,
    CancelOrder,
    EventAck,
    EventBatch,
    EventHello,
    ExecutionReport,
    FeedState,
    Gap,
    Gate,
    Holding,
    Message,
    NewOrder,
    News,
    Quote,
    Recorded,
    Refused,
    Register,
    ReplaceOrder,
    Snapshot,
    StateChanged,
    Status,
    Subscribed,
    Ticks,
    Trade,
    WorkingOrder,
)
from hft.words import Health, OrdStatus, Refusal, Side, Tif, TradingState

QUOTE = Quote(symbol="SPY", exch_ns=1, recv_ns=2, bid_px=5_000_000, bid_qty=3, ask_px=5_000_100, ask_qty=4)
WORKING = WorkingOrder(
    client_order_id="h1-mm-1-1",
    order_id="o",
    strategy="mm",
    symbol="SPY",
    side=Side.SELL,
    qty=10,
    cum_qty=4,
    px=5_000_000,
    status=OrdStatus.PARTIALLY_FILLED,
    created_ns=7,
)
LINE = StrategyLine(
    name="mm",
    epoch=1,
    connected=True,
    state=TradingState.ACTIVE,
    reason="",
    positions={"SPY": 4},
    working_orders=1,
    orders=2,
    fills=1,
    shares=4,
    refusals=0,
    rejects=0,
    realised=5,
    unrealised=-6,
    fees=0,
)

GOLDEN: list[tuple[Message, bytes]] = [
    (QUOTE, b"\x98\xa5Quote\xa3SPY\x01\x02\xce\x00LK@\x03\xce\x00LK\xa4\x04"),
    (
        Trade(symbol="SPY", exch_ns=1, recv_ns=2, px=5, qty=6, conditions="@I"),
        b"\x97\xa5Trade\xa3SPY\x01\x02\x05\x06\xa2@I",
    ),
    (
        Bar(
            symbol="SPY",
            start_ns=1,
            recv_ns=2,
            open_px=3,
            high_px=4,
            low_px=5,
            close_px=6,
            qty=7,
            trades=8,
            vwap_px=9,
        ),
        b"\x9b\xa3Bar\xa3SPY\x01\x02\x03\x04\x05\x06\x07\x08\t",
    ),
    (
        Status(symbol="SPY", exch_ns=1, recv_ns=2, halted=True, code="H", reason="LUDP"),
        b"\x97\xa6Status\xa3SPY\x01\x02\xc3\xa1H\xa4LUDP",
    ),
    (Ticks(epoch=1, seq=2, ticks=()), b"\x95\xa5Ticks\x01\x02\x90\xc2"),
    (
        FeedState(epoch=1, seq=2, connected=True, last_recv_ns=3, ticks=4, reconnects=5, note="n"),
        b"\x99\xa9FeedState\x01\x02\xc3\x03\x04\x05\xa1n\xa0",
    ),
    (
        News(
            epoch=1,
            seq=2,
            id="7",
            symbols=("SPY", "KO"),
            headline="Up",
            source="wire",
            created_ns=3,
            recv_ns=4,
        ),
        b"\x99\xa4News\x01\x02\xa17\x92\xa3SPY\xa2KO\xa2Up\xa4wire\x03\x04",
    ),
    (Gap(stream="ticks", topic="SPY", missed=2), b"\x94\xa3Gap\xa5ticks\xa3SPY\x02"),
    (Register(strategy="mm", epoch=1, pid=2), b"\x95\xa8Register\xa2mm\x01\x02\x01"),
    (
        NewOrder(
            strategy="mm",
            epoch=1,
            seq=2,
            symbol="SPY",
            side=Side.SELL,
            qty=3,
            px=4,
            tif=Tif.DAY,
            expires_ns=5,
        ),
        b"\x9e\xa8NewOrder\xa2mm\x01\x02\xa3SPY\xff\x03\x04\xa3day\x05\x00\xc2\x00\x00",
    ),
    (
        ReplaceOrder(strategy="mm", epoch=1, seq=2, client_order_id="x", qty=3, px=4, expires_ns=5),
        b"\x9c\xacReplaceOrder\xa2mm\x01\x02\xa1x\x03\x04\x05\x00\xc2\x00\x00",
    ),
    (Claim(peer="p", key="k", symbol="SPY", strategy="mm"), b"\x96\xa5Claim\xa1p\xa1k\xa3SPY\xa2mm\x00"),
    (ClaimDone(peer="p", ok=True, text="t", qty=-3, px=4), b"\x96\xa9ClaimDone\xa1p\xc3\xa1t\xfd\x04"),
    (CancelOrder(strategy="mm", epoch=1, seq=2, client_order_id="x"), b"\x95\xabCancelOrder\xa2mm\x01\x02\xa1x"),
    (CancelAll(strategy="mm", epoch=1, seq=2), b"\x95\xa9CancelAll\xa2mm\x01\x02\xa0"),
    (Accepted(strategy="mm", epoch=1, seq=2, client_order_id="x"), b"\x95\xa8Accepted\xa2mm\x01\x02\xa1x"),
    (
        Refused(strategy="mm", epoch=1, seq=2, reason=Refusal.EXPIRED, text="late"),
        b"\x96\xa7Refused\xa2mm\x01\x02\xa7expired\xa4late",
    ),
    (
        Holding(symbol="SPY", qty=-1, avg_px=2.0, realised=3),
        b"\x95\xa7Holding\xa3SPY\xff\xcb@\x00\x00\x00\x00\x00\x00\x00\x03",
    ),
    (
        Snapshot(
            strategy="mm",
            epoch=1,
            router_epoch=2,
            updates_seq=3,
            state=TradingState.ACTIVE,
            reason="",
            holdings=(),
            working=(),
        ),
        b"\x99\xa8Snapshot\xa2mm\x01\x02\x03\xa6ACTIVE\xa0\x90\x90",
    ),
    (
        StateChanged(strategy="mm", router_epoch=1, seq=2, state=TradingState.HALTED, reason="r"),
        b"\x96\xacStateChanged\xa2mm\x01\x02\xa6HALTED\xa1r",
    ),
    (EventHello(producer="mm", epoch=1), b"\x93\xaaEventHello\xa2mm\x01"),
    (
        EventBatch(producer="mm", epoch=1, first_seq=2, lines=(b"{}",)),
        b"\x95\xaaEventBatch\xa2mm\x01\x02\x91\xc4\x02{}",
    ),
    (EventAck(producer="mm", epoch=1, seq=2, mark=3), b"\x95\xa8EventAck\xa2mm\x01\x02\x03"),
    (Subscribed(stream="ticks", topic="SPY"), b"\x93\xaaSubscribed\xa5ticks\xa3SPY"),
    (Recorded(mark=1), b"\x92\xa8Recorded\x01"),
    (Gate(name="n", value="1", threshold="2", passed=False), b"\x95\xa4Gate\xa1n\xa11\xa12\xc2"),
    (GetStatus(peer="ctl:1"), b"\x92\xa9GetStatus\xa5ctl:1"),
    (Flatten(peer="ctl:1"), b"\x95\xa7Flatten\xa5ctl:1\x90\xa0\xcdu0"),
    (Halt(peer="ctl:1", reason="r"), b"\x95\xa4Halt\xa5ctl:1\xa1r\xa0\xc2"),
    (Resume(peer="ctl:1"), b"\x93\xa6Resume\xa5ctl:1\xa0"),
    (Stop(peer="ctl:1"), b"\x93\xa4Stop\xa5ctl:1\xcdN "),
    (Done(peer="ctl:1", ok=True, text="t"), b"\x95\xa4Done\xa5ctl:1\xc3\xa1t\x90"),
]

OTHERS: list[Message] = [
    WORKING,
    ExecutionReport(
        strategy="mm",
        router_epoch=1,
        seq=2,
        client_order_id="c",
        order_id="o",
        symbol="SPY",
        side=Side.BUY,
        status=OrdStatus.NEW,
        qty=3,
        px=4,
        cum_qty=0,
        leaves_qty=3,
        last_qty=0,
        last_px=0,
        position=-2,
        exch_ns=9,
    ),
    Beat(
        process="mm",
        epoch=1,
        pid=2,
        seq=3,
        state=Health.READY,
        note="n",
        started_ns=4,
        loop_delay_ms_max=0.5,
        counters={"a": 1},
    ),
    LINE,
    PositionLine(symbol="SPY", qty=1, broker_qty=1, avg_px=2.0, ledgers={"mm": 1}, unclaimed=0),
    RouterStatus(
        peer="ctl:1",
        router_epoch=1,
        now_ns=2,
        state=TradingState.ACTIVE,
        reason="",
        ready=True,
        note="",
        market_open=True,
        next_close_ns=3,
        equity=4,
        cash=5,
        buying_power=6,
        last_equity=7,
        requests_last_min=8,
        requests_limit=200,
        updates_connected=True,
        reconciliation="ok",
        reconciled_ns=9,
        breaks=(),
        positions=(),
        strategies=(LINE,),
        orders=(WORKING,),
        unknown_orders=0,
        feed_connected=True,
        feed_last_ns=10,
        feed_gaps=0,
    ),
]


@pytest.mark.parametrize(("message", "frame"), GOLDEN, ids=lambda value: type(value).__name__)
def test_the_bytes_of_a_message_never_change(message: Message, frame: bytes) -> None:
    assert codec.encode(message) == frame
    assert codec.decode(frame) == message


@pytest.mark.parametrize(
    "frame",
    [
        b"\x9c\xa8NewOrder\xa2mm\x01\x02\xa3SPY\xff\x03\x04\xa3day\x05\x00\xc2",
        b"\x9a\xacReplaceOrder\xa2mm\x01\x02\xa1x\x03\x04\x05\x00\xc2",
    ],
)
def test_an_order_from_before_the_time_of_its_decision_is_one_without_it(frame: bytes) -> None:
    order = codec.decode(frame)
    assert isinstance(order, NewOrder | ReplaceOrder)
    assert order in {message for message, _ in GOLDEN if isinstance(message, NewOrder | ReplaceOrder)}
    assert (order.tick_ns, order.decided_ns) == (0, 0)


@pytest.mark.parametrize("message", OTHERS, ids=lambda value: type(value).__name__)
def test_a_long_message_comes_back_as_it_went(message: Message) -> None:
    assert codec.decode(codec.encode(message)) == message


def test_every_message_on_the_wire_is_tested_here() -> None:
    union = typing.get_args(codec.Wire)
    assert isinstance(codec.Wire, types.UnionType)
    tested = {type(message) for message, _ in GOLDEN} | {type(message) for message in OTHERS}
    assert tested == set(union)


def test_a_quote_knows_its_mid_and_whether_it_is_one() -> None:
    assert QUOTE.mid == 5_000_050
    assert QUOTE.is_two_sided
    assert not Quote(symbol="A", exch_ns=0, recv_ns=0, bid_px=0, bid_qty=0, ask_px=5, ask_qty=1).is_two_sided
    assert not Quote(symbol="A", exch_ns=0, recv_ns=0, bid_px=5, bid_qty=1, ask_px=5, ask_qty=1).is_two_sided


@example(b"\x91\xa3\x00\x00\x80")  # a name that is not UTF-8: no DecodeError
@given(st.binary(max_size=200))
def test_garbage_is_refused_and_nothing_else_happens(garbage: bytes) -> None:
    try:
        decoded = codec.decode(garbage)
    except UNREADABLE:
        return
    assert isinstance(decoded, Message)


@given(symbol=st.from_regex(r"\A[A-Z]{1,5}\Z"), bid=st.integers(0, 10**9), qty=st.integers(0, 10**6))
def test_a_published_quote_comes_back_with_its_topic(symbol: str, bid: int, qty: int) -> None:
    quote = Quote(symbol=symbol, exch_ns=1, recv_ns=2, bid_px=bid, bid_qty=qty, ask_px=bid + 1, ask_qty=qty)
    topic, body = codec.split(codec.publish(symbol, Ticks(epoch=1, seq=1, ticks=(quote,))))
    assert topic == symbol
    assert codec.decode(body) == Ticks(epoch=1, seq=1, ticks=(quote,))


def test_a_price_that_is_negative_is_not_a_price() -> None:
    frame = codec.encode(QUOTE).replace(b"\xce\x00LK@", b"\xff")
    with pytest.raises(codec.DecodeError):
        codec.decode(frame)


def test_both_sides_are_one_number_apart() -> None:
    assert [side.sign for side in Side] == [1, -1]
    assert Side.BUY.opposite is Side.SELL
    assert Side.SELL.word == "sell"
