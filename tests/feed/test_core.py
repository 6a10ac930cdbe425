"""The feed as messages in and messages out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from feed.core import CALM_AFTER_MS, Closed, FeedCore, Frame, Ready, Reconnect
from feed.frames import decode
from hft.events import FeedConnected, FeedDisconnected, SymbolHalted
from hft.messages import FeedState, Message, Quote, Recorded, Status, Subscribed, Ticks, Trade
from hft.words import Health
from tests.feed.server import pack, quote, stamp, trade

if TYPE_CHECKING:
    from hft.actor import Output

MS = 1_000_000
S = 1_000 * MS
MONDAY_OPEN_NS = 1_795_444_200 * S  # 2026-11-23 14:30 UTC, 09:30 in New York
SUBSCRIBED = {"T": "subscription", "quotes": ["SPY", "QQQ"]}


def fresh() -> FeedCore:
    return FeedCore(epoch=3, symbols=("SPY", "QQQ"), mute_after_ms=15_000)


def frame(*messages: dict[str, Any], at_ns: int = MONDAY_OPEN_NS) -> Frame:
    parts, malformed, unknown = decode(pack(*messages))
    return Frame(parts=tuple(parts), recv_ns=at_ns, malformed=malformed, unknown=unknown)


def feed(core: FeedCore, message: Message, now_ns: int = MONDAY_OPEN_NS) -> list[Output]:
    return list(core.handle(message, now_ns))


def connected() -> FeedCore:
    core = fresh()
    feed(core, frame(SUBSCRIBED))
    return core


def batches(out: list[Output]) -> list[Ticks]:
    return [message for message in out if isinstance(message, Ticks)]


def test_one_frame_becomes_one_batch_for_each_symbol_in_order() -> None:
    core = connected()
    out = feed(core, frame(quote("SPY", 1, 2), trade("QQQ", 3, 4), trade("SPY", 1.5, 6)))
    spy, qqq = batches(out)
    assert (spy.epoch, spy.seq, spy.snapshot) == (3, 1, False)
    assert [type(tick) for tick in spy.ticks] == [Quote, Trade]
    assert [tick.symbol for tick in qqq.ticks] == ["QQQ"]


def test_each_symbol_counts_its_own_batches() -> None:
    core = connected()
    feed(core, frame(quote("SPY", 1, 2), quote("QQQ", 1, 2)))
    out = feed(core, frame(quote("SPY", 1, 2)))
    assert [(batch.ticks[0].symbol, batch.seq) for batch in batches(out)] == [("SPY", 2)]


def test_a_symbol_nobody_asked_for_is_counted_and_left_out() -> None:
    core = connected()
    assert feed(core, frame(quote("IBM", 1, 2))) == []
    assert core.report(MONDAY_OPEN_NS).counters["foreign_symbols"] == 1


def test_a_value_that_cannot_be_is_counted_and_its_neighbours_survive() -> None:
    core = connected()
    out = feed(core, frame(quote("SPY", -1, 2), quote("QQQ", 1, 2)))
    assert [batch.ticks[0].symbol for batch in batches(out)] == ["QQQ"]
    assert core.report(MONDAY_OPEN_NS).counters["malformed"] == 1


def test_a_late_joiner_gets_the_last_of_each_kind_under_the_last_number() -> None:
    core = connected()
    feed(core, frame(quote("SPY", 1, 2), trade("SPY", 1.5, 6)))
    feed(core, frame(quote("SPY", 1.01, 2)))
    (snapshot,) = feed(core, Subscribed(stream="ticks", topic="SPY"))
    assert isinstance(snapshot, Ticks)
    assert (snapshot.seq, snapshot.snapshot) == (2, True)
    first, second = snapshot.ticks
    assert isinstance(first, Quote)
    assert first.bid_px == 10_100
    assert isinstance(second, Trade)


def test_before_the_first_tick_there_is_nothing_to_give() -> None:
    assert feed(connected(), Subscribed(stream="ticks", topic="SPY")) == []


def test_who_joins_for_everything_gets_each_symbol_and_the_state() -> None:
    core = connected()
    feed(core, frame(quote("SPY", 1, 2), quote("QQQ", 1, 2)))
    out = feed(core, Subscribed(stream="ticks", topic=""))
    assert [batch.ticks[0].symbol for batch in batches(out)] == ["SPY", "QQQ"]
    assert isinstance(out[-1], FeedState)


def test_being_subscribed_is_an_event_and_a_state() -> None:
    event, state = feed(fresh(), frame(SUBSCRIBED))
    assert event == FeedConnected(symbols=("SPY", "QQQ"), reconnects=0)
    assert isinstance(state, FeedState)
    assert state.connected


def test_a_symbol_that_the_stream_does_not_send_is_named() -> None:
    core = fresh()
    feed(core, frame({"T": "subscription", "quotes": ["SPY"]}))
    report = core.report(MONDAY_OPEN_NS)
    assert (report.state, "QQQ" in report.note) == (Health.DEGRADED, True)
    feed(core, frame(SUBSCRIBED))
    assert core.report(MONDAY_OPEN_NS).state is Health.READY


def test_a_lost_connection_is_told_once_with_the_reason_and_the_next_try() -> None:
    core = connected()
    event, state = feed(core, Closed(reason="it broke off", retry_ms=500))
    assert event == FeedDisconnected(reason="it broke off")
    assert isinstance(state, FeedState)
    assert not state.connected
    (again,) = feed(core, Closed(reason="refused", retry_ms=1_000))
    assert isinstance(again, FeedState)
    assert core.report(MONDAY_OPEN_NS).note == "refused; next try in 1.0 s"
    assert core.report(MONDAY_OPEN_NS).state is Health.DEGRADED


def test_the_second_connection_is_the_first_reconnect() -> None:
    core = connected()
    feed(core, Closed(reason="it broke off", retry_ms=500))
    event, _ = feed(core, frame(SUBSCRIBED))
    assert event == FeedConnected(symbols=("SPY", "QQQ"), reconnects=1)


def test_the_state_goes_out_every_half_second() -> None:
    core = connected()
    assert list(core.wake(MONDAY_OPEN_NS + 499 * MS)) == []
    (state,) = core.wake(MONDAY_OPEN_NS + 500 * MS)
    assert isinstance(state, FeedState)
    assert state.seq == 2


def reconnects(core: FeedCore, now_ns: int) -> list[str]:
    return [message.reason for message in core.wake(now_ns) if isinstance(message, Reconnect)]


def test_a_socket_that_is_mute_in_the_session_is_dropped() -> None:
    core = connected()
    assert reconnects(core, MONDAY_OPEN_NS + 15 * S) == []
    assert reconnects(core, MONDAY_OPEN_NS + 16 * S) == ["the market-data socket was silent for 16 s"]


def test_each_drop_for_silence_doubles_the_patience() -> None:
    core = connected()
    assert reconnects(core, MONDAY_OPEN_NS + 16 * S)
    feed(core, Closed(reason="silent", retry_ms=500), MONDAY_OPEN_NS + 16 * S)
    feed(core, frame(SUBSCRIBED), MONDAY_OPEN_NS + 17 * S)
    assert reconnects(core, MONDAY_OPEN_NS + 40 * S) == []
    assert reconnects(core, MONDAY_OPEN_NS + 48 * S)


LATE_NS = MONDAY_OPEN_NS + 16 * S + (CALM_AFTER_MS // 1_000 + 1) * S
LATE = Quote(symbol="SPY", exch_ns=1, recv_ns=LATE_NS, bid_px=10_000, bid_qty=1, ask_px=20_000, ask_qty=1)


@pytest.mark.parametrize("tick", [frame(quote("SPY", 1, 2), at_ns=LATE_NS), Ready(ticks=(LATE,))])
def test_a_tick_long_after_a_silence_brings_the_patience_back(tick: Frame | Ready) -> None:
    core = connected()
    assert reconnects(core, MONDAY_OPEN_NS + 16 * S), "the patience is doubled"
    feed(core, frame(SUBSCRIBED), MONDAY_OPEN_NS + 17 * S)
    feed(core, tick, LATE_NS)
    assert reconnects(core, LATE_NS + 15 * S) == []
    assert reconnects(core, LATE_NS + 16 * S) == ["the market-data socket was silent for 16 s"]


def test_symbols_with_a_tick_each_twenty_seconds_do_not_reconnect_for_each_of_them() -> None:
    core, dropped = connected(), 0
    for step in range(1, 90):  # half an hour
        at_ns = MONDAY_OPEN_NS + step * 20 * S
        dropped += len(reconnects(core, at_ns - S))
        feed(core, frame(SUBSCRIBED), at_ns - S)
        feed(core, frame(quote("SPY", 1, 2), at_ns=at_ns), at_ns)
    assert dropped == 1


def test_silence_at_night_is_normal() -> None:
    night_ns = MONDAY_OPEN_NS + 12 * 3_600 * S
    core = fresh()
    feed(core, frame(SUBSCRIBED), night_ns)
    assert reconnects(core, night_ns + 3_600 * S) == []


def test_a_symbol_limit_is_said_with_the_number_of_symbols() -> None:
    (message,) = feed(connected(), frame({"T": "error", "code": 405, "msg": "symbol limit exceeded"}))
    assert message == Reconnect(reason="the data stream said 405 symbol limit exceeded (2 symbols asked for)")


def test_never_connected_is_warming_and_becomes_an_event_after_ten_seconds() -> None:
    core = fresh()
    list(core.wake(MONDAY_OPEN_NS))
    feed(core, Closed(reason="The embedded exchange is not up yet.", retry_ms=100))
    assert core.report(MONDAY_OPEN_NS).state is Health.WARMING
    out = list(core.wake(MONDAY_OPEN_NS + 11 * S))
    assert [message for message in out if isinstance(message, FeedDisconnected)]
    assert not [m for m in core.wake(MONDAY_OPEN_NS + 12 * S) if isinstance(m, FeedDisconnected)]


def test_a_final_refusal_is_told_at_once() -> None:
    event, _ = feed(fresh(), Closed(reason="the keys were refused", retry_ms=0))
    assert event == FeedDisconnected(reason="the keys were refused")


def status(code: str) -> dict[str, Any]:
    return {"T": "s", "S": "SPY", "sc": code, "sm": "", "rc": "T1", "rm": "", "t": stamp(1)}


def test_a_halt_and_its_end_are_events_and_ticks() -> None:
    core = connected()
    event, batch = feed(core, frame(status("H")))
    assert event == SymbolHalted(symbol="SPY", halted=True, code="H", reason="T1")
    assert isinstance(batch, Ticks)
    assert isinstance(batch.ticks[0], Status)
    assert len(feed(core, frame(status("P")))) == 1  # still halted: no new event
    assert core.report(MONDAY_OPEN_NS).counters["halted_symbols"] == 1
    assert feed(core, frame(status("T")))[0] == SymbolHalted(symbol="SPY", halted=False, code="T", reason="T1")
    assert core.report(MONDAY_OPEN_NS).counters["halted_symbols"] == 0


def test_symbols_without_a_fresh_quote_are_counted() -> None:
    core = connected()
    feed(core, frame(quote("SPY", 1, 2)))
    assert core.report(MONDAY_OPEN_NS + S).counters["quiet_symbols"] == 1
    assert core.report(MONDAY_OPEN_NS + 31 * S).counters["quiet_symbols"] == 2


def test_stopping_says_goodbye_and_waits_for_nothing() -> None:
    core = connected()
    assert not core.is_done(MONDAY_OPEN_NS)
    (state,) = core.stop(MONDAY_OPEN_NS)
    assert isinstance(state, FeedState)
    assert not state.connected
    assert core.is_done(MONDAY_OPEN_NS)


@pytest.mark.parametrize("message", [Recorded(mark=0)])
def test_what_does_not_concern_it_has_no_consequence(message: Message) -> None:
    assert feed(fresh(), message) == []
