"""How long each hop took, as the record of a day tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from hft import events
from hft.home import Home
from hft.messages import Quote
from hft.words import OrdStatus, TradingState
from recorder.fillmodels import Scale
from recorder.report import numbers
from recorder.report.hops import Hops
from tests.recorder.market import Market
from tests.recorder.report.test_shares import alone, page_with
from tests.recorder.samples import MONDAY_NS
from tests.recorder.test_offline import record

if TYPE_CHECKING:
    from pathlib import Path

    from recorder.report.collect import Collected

PX = 1_000_000
NS_PER_MS = 1_000_000
TIMES = b',"tick_ns":0,"decided_ns":0'


def late_quote(market: Market, at_ms: int, late_ms: int) -> None:
    """Quote at `at_ms`, stamped by the venue `late_ms` earlier."""
    market.quote(at_ms / 1_000, PX - 100, PX + 100)
    (quote,) = market.batches[-1].ticks
    assert isinstance(quote, Quote)
    stamped = msgspec.structs.replace(quote, exch_ns=quote.recv_ns - late_ms * NS_PER_MS)
    market.batches[-1] = msgspec.structs.replace(market.batches[-1], ticks=(stamped,))


def decided(market: Market, tick_ms: float, decided_ms: float, opened_ms: float) -> None:
    """Let the order that was sent last say when its tick came, it was decided, and it was opened."""
    index = max(i for i, (_, event) in enumerate(market._told) if isinstance(event, events.OrderSent))
    at_ns, sent = market._told[index]
    named = zip(("tick_ns", "decided_ns", "intent_ns"), (tick_ms, decided_ms, opened_ms), strict=True)
    times = {name: MONDAY_NS + round(at_ms * NS_PER_MS) for name, at_ms in named}
    market._told[index] = at_ns, msgspec.structs.replace(sent, **times)


@pytest.fixture
def day(tmp_path: Path) -> Collected:
    market = Market()
    late_quote(market, 1_000, 3)
    market.order(1.020, "a", PX + 100)
    market.tell(1.5, events.CancelRequested(strategy="mm", client_order_id="a", reason="moved"))
    market.done(1.540, "a", OrdStatus.CANCELED)
    late_quote(market, 3_000, 5)
    market.order(3.008, "b", PX + 100)
    market.fill(3.2, "b", PX + 100)
    at_ns, filled = market._told[-1]
    assert isinstance(filled, events.OrderFilled)
    market._told[-1] = at_ns, msgspec.structs.replace(filled, exch_ns=MONDAY_NS + 3_189 * NS_PER_MS)
    market.done(3.201, "b")
    market.tell(4, events.RequestRefused(request="order", client_order_id="c", status=403, code=40310000, text="no"))
    market.tell(4, events.ReconcileBroken(symbol="SPY", ledgers=1, unclaimed=0, broker=2))
    market.tell(4.5, events.StateNoted(state=TradingState.ACTIVE, reason=""))
    market.tell(5, events.RequestsCounted(requests={"mm": 12}))
    for at_s in (0.1, 5, 6):
        market.tell(at_s, events.ProcessStarted(process="mm", pid=1, version="v", config_hash="h"))
    home = Home(tmp_path).make()
    record(home, market)
    return alone(home, Scale())


def test_every_hop_is_measured_from_its_own_two_times(day: Collected) -> None:
    told = {name: list(found) for name, found in day.hops.named()}
    assert told == {
        "quote: market to feed": [3.0, 5.0],
        "newest quote to order, mm": [20.0, 8.0],
        "order to acknowledgement, mm": [50.0, 50.0],
        "cancel to acknowledgement": [pytest.approx(40.0, abs=1e-3)],
        "fill: market to record": [11.0],
    }
    assert [row["name"] for row in numbers.latency_rows(day)] == list(told)


def test_an_order_that_says_when_it_was_decided_has_two_hops_and_one_that_does_not_has_the_old_one(
    tmp_path: Path,
) -> None:
    market = Market()
    late_quote(market, 1_000, 3)
    market.order(1.020, "before", PX + 100)
    late_quote(market, 3_000, 5)
    for number, (tick_ms, decided_ms, opened_ms) in enumerate([(3_000, 3_002, 3_002.5), (3_000, 3_007, 3_007.5)]):
        market.order(3.1 + number, f"new{number}", PX + 100)
        decided(market, tick_ms, decided_ms, opened_ms)
    home = Home(tmp_path).make()
    record(home, market)
    found = alone(home, Scale())
    assert {name: list(ms) for name, ms in found.hops.named()} == {
        "quote: market to feed": [3.0, 5.0],
        "tick to decision, mm": [2.0, 7.0],
        "decision to journal, mm": [0.5, 0.5],
        "newest quote to order, mm": [20.0],
        "order to acknowledgement, mm": [50.0, 50.0, 50.0],
    }
    page = page_with(found, {}).decode()
    assert "<td>decision to journal, mm</td><td>2</td><td>0.5</td>" in page


def test_a_record_from_before_the_times_were_in_it_reads_as_it_did(day: Collected, tmp_path: Path) -> None:
    live = tmp_path / "logs" / "events.jsonl"
    lines = live.read_bytes()
    assert lines.count(TIMES) == 2
    live.write_bytes(lines.replace(TIMES, b""))
    before = alone(Home(tmp_path), Scale())
    assert before.malformed == 0
    assert dict(before.hops.named()) == dict(day.hops.named())


def test_two_readers_find_the_hops_of_their_own_strategies() -> None:
    mine, theirs = Hops(), Hops()
    for hops, name, took_ms in ((mine, "mm", 1), (mine, "etf", 2), (theirs, "etf", 3)):
        market = Market(name)
        market.order(1, "a", PX)
        decided(market, 0, took_ms, 2 * took_ms)
        (_, sent), (_, accepted) = market.events()
        assert isinstance(sent, events.OrderSent)
        assert isinstance(accepted, events.OrderAccepted)
        hops.on_sent(sent, 0, 0)
        hops.on_accepted(accepted)
    mine.absorb(theirs, {"etf"})
    assert {name: list(ms) for name, ms in mine.named()} == {
        "tick to decision, etf": [3.0],
        "tick to decision, mm": [1.0],
        "decision to journal, etf": [3.0],
        "decision to journal, mm": [1.0],
        "order to acknowledgement, etf": [50.0],
        "order to acknowledgement, mm": [50.0],
    }


def test_requests_are_held_against_the_honest_profit(day: Collected) -> None:
    row = numbers.strategy_row(day, "mm")
    assert row["mid"] < 0, "it crossed a spread and sat on it"
    assert (row["requests_per_fill"], row["requests_per_usd"]) == (12.0, None)
    day.session.honest.account("mm").books["expected"].pnl += 40_000
    earned = numbers.strategy_row(day, "mm")
    assert earned["requests_per_usd"] == pytest.approx(12 / earned["mid"])


def test_the_page_tells_restarts_breaks_and_what_the_broker_refused(day: Collected) -> None:
    page = page_with(day, {}).decode()
    assert "<th>restarts</th><td>mm 2</td>" in page
    assert "<th>reconciliation breaks</th><td>1</td>" in page
    assert "<td>account ACTIVE</td>" in page, "a state without a reason ends without a colon"
    assert "<td>order</td><td>403 / 40310000</td><td>1</td>" in page


def test_fills_are_cut_by_symbol_and_by_the_hour_in_new_york(day: Collected) -> None:
    page = page_with(day, {}).decode()
    assert "<h2>Fills by symbol</h2>" in page
    assert "<td>SPY</td><td>1</td><td>100</td><td>10,001</td>" in page
    assert "<td>09:00</td><td>1</td><td>100</td>" in page
