"""Events in words: every sentence is made of a real event's own fields."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec
import pytest

from hft import events
from hft.eventline import line
from hft.words import OrdStatus, Refusal, Side, TradingState
from hftctl.eventwords import WORDS, event_line
from tests.recorder.samples import MONDAY_NS, filled

if TYPE_CHECKING:
    from hft.events import Event

ORDER = {"strategy": "mm", "symbol": "SPY", "side": Side.SELL, "qty": 5, "px": 4_500_100}
CASES: list[tuple[Event, str]] = [
    (filled(4, 4_500_100), "mm buy 4 SPY at 450.01, now +4"),
    (
        msgspec.convert(
            {**ORDER, "client_order_id": "c", "tif": "day", "bid_px": 0, "ask_px": 0, "intent_ns": 0}, events.OrderSent
        ),
        "mm sell 5 SPY at 450.01",
    ),
    (
        msgspec.convert({**ORDER, "reason": Refusal.HALTED, "text": "tea"}, events.OrderRefused),
        "mm sell 5 SPY at 450.01: tea",
    ),
    (
        msgspec.convert(
            {
                **ORDER,
                "client_order_id": "c",
                "order_id": "o",
                "cum_qty": 0,
                "status": OrdStatus.CANCELED,
                "text": "",
                "age_ms": 1.0,
            },
            events.OrderDone,
        ),
        "mm sell 5 SPY at 450.01: canceled",
    ),
    (
        events.OrderAccepted(strategy="mm", client_order_id="c", order_id="o", ack_ms=7.1),
        "mm: the venue has it after 7 ms",
    ),
    (events.CancelRequested(strategy="mm", client_order_id="c", reason="too old"), "mm: too old"),
    (
        events.AccountMarked(equity=1_000_000_000, cash=0, day_pnl=-4_500, strategies={}),
        "equity $100,000.00, the limits count -0.45 today",
    ),
    (events.MarketMarked(mids={"SPY": 4_500_100}), "SPY 450.01"),
    (
        events.StrategyRegistered(strategy="mm", strategy_epoch=2, working_orders=1, positions={"SPY": -4}),
        "mm is there, run 2: -4 SPY, 1 orders work",
    ),
    (events.HaltSet(strategy="", state=TradingState.HALTED, reason="tea"), "the account is HALTED: tea"),
    (events.StateNoted(state=TradingState.REDUCING, reason="tea", strategy="mm"), "mm is REDUCING: tea"),
    (
        events.FlattenDone(scope="mm", ok=False, left=("2 AAPL of mm", "1 order")),
        "mm is NOT flat: 2 AAPL of mm, 1 order",
    ),
    (events.HaltCleared(strategy="mm"), "mm may trade again"),
    (
        events.PositionClaimed(symbol="SPY", strategy="mm", qty=-4, px=4_500_100, position=-4),
        "mm was given -4 SPY by hand",
    ),
    (
        events.DayPlayed(
            day="2024-06-03",
            launch_id="l",
            mode="sim",
            market="generated calm",
            seed=7,
            rate=1.0,
            config_hash="c0ffee",
            depth_scale=1.0,
            flow_scale=1.0,
        ),
        "2024-06-03 is played with generated calm, settings c0ffee",
    ),
    (
        events.SharesCrossed(symbol="SPY", seller="mm", buyer="drift", qty=4, px=4_500_050, reason="a and b"),
        "mm to drift: 4 SPY at 450.00 past the venue: a and b",
    ),
    (
        events.AssetNoted(symbol="KO", tradable=True, shortable=False, text="KO cannot be sold short"),
        "KO cannot be sold short",
    ),
    (
        events.SplitSuspected(symbol="SPY", new=2, old=1, ledgers=20, broker=40, text="it looks like a 2-for-1 split"),
        "it looks like a 2-for-1 split",
    ),
    (
        events.TradeAmended(
            strategy="mm", client_order_id="c", symbol="SPY", kind="trade_bust", qty=10, px=4_500_000, text="taken back"
        ),
        "mm: taken back",
    ),
    (
        events.TradeCorrected(
            strategy="mm",
            client_order_id="c",
            symbol="SPY",
            side=Side.BUY,
            taken_qty=10,
            taken_px=4_500_000,
            given_qty=0,
            given_px=0,
            cum_qty=0,
            position=0,
            broker_position=0,
            realised=0,
            fee=-1,
            text="booked in mm",
        ),
        "mm: booked in mm",
    ),
    (events.FreezeLifted(symbol="SPY"), "SPY may trade again: a person has looked and resumed"),
    (
        events.SharesSplit(symbol="SPY", new=2, old=1),
        "SPY: 2 shares for 1, taken over by a person",
    ),
    (events.ProcessStarted(process="mm", pid=7, version="1", config_hash="c"), "mm (pid 7)"),
    (events.ProcessStopping(process="mm", reason="SIGTERM"), "mm: SIGTERM"),
]


@pytest.mark.parametrize(("event", "words"), CASES, ids=[type(event).__name__ for event, _ in CASES])
def test_an_event_is_told_in_words(event: Event, words: str) -> None:
    told = event_line(json.loads(line(event, ts_ns=MONDAY_NS, producer="router", epoch=1, seq=1)))
    assert told.startswith("09:30:00.000 ")
    assert told.endswith(f" {words}")


def test_every_kind_with_words_is_tried_here() -> None:
    assert {str(type(event).__struct_config__.tag) for event, _ in CASES} == set(WORDS)


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (events.StateNoted(state=TradingState.ACTIVE, reason="", strategy=""), "the account is ACTIVE"),
        (events.FlattenDone(scope="everything", ok=True, left=()), "everything is flat"),
        (events.FeedConnected(symbols=("SPY", "KO"), reconnects=0), "symbols=SPY, KO reconnects=0"),
        (events.GuardianActed(silent_ms=10_800, ok=False, text="tea"), "silent_ms=10800 ok=no text=tea"),
        (events.RequestsCounted(requests={"orders": 3}), "requests=orders 3"),
        (events.FeedDisconnected(reason=""), ""),
    ],
)
def test_what_is_empty_is_left_out_and_lists_are_lists(event: Event, words: str) -> None:
    told = event_line(json.loads(line(event, ts_ns=MONDAY_NS, producer="router", epoch=1, seq=1)))
    assert told.split(maxsplit=2)[2:] == ([words] if words else [])
