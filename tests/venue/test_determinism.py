"""Same seed, same calls, same clock: the same bytes out of every door, on any machine."""

from __future__ import annotations

import hashlib
import random
from typing import TYPE_CHECKING

import msgspec
import pytest

from tests.venue.desk import OPENING, Desk, at, px
from venue.config import VenueConfig
from venue.encode import JSON, MSGPACK, Message
from venue.exchange import Exchange
from venue.faults import Fault
from venue.generator import Generator
from venue.rows import Nbbo
from venue.scenarios import SCENARIOS
from venue.units import NS_PER_MS
from venue.updates import update_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SECOND = 1_000_000_000
GOLDEN = "d11f6db00f204ba33539a49b7c3bafeea7f5c743977bb60c97247d6e5d6925a5"


def session(seed: int, step_ns: int = SECOND // 20) -> str:
    """Return the hash of all that a trading minute says: replies, updates, market data in both codecs."""
    source = Generator(seed=seed, symbols=("SPY", "KO"), start_ns=OPENING, scenario=SCENARIOS["news"])
    exchange = Exchange(VenueConfig(seed=seed), source)
    account = exchange.open_account("K", "S", OPENING)
    exchange.order_fault(Fault(kind="quote-duplicate", share=0.1, seed=3), OPENING)
    dice, hasher, now_ns = random.Random(seed), hashlib.sha256(), OPENING
    for _ in range(60 * SECOND // step_ns):
        now_ns += step_ns
        if now_ns % SECOND == 0:
            body = {"symbol": dice.choice(("SPY", "KO")), "side": dice.choice(("buy", "sell")), "qty": 5}
            order = msgspec.json.encode({**body, "type": "market", "time_in_force": "day"})
            answer = exchange.request(account, "POST", "/v2/orders", {}, order, now_ns)
            hasher.update(answer.body + repr(sorted(answer.headers.items())).encode())
        frames = exchange.frames(now_ns)
        for row in frames.rows:
            message = Message(row)
            hasher.update(message.encoded(JSON) + message.encoded(MSGPACK))
        for update in frames.updates:
            hasher.update(msgspec.json.encode(update_json(update)))
    return hasher.hexdigest()


def test_the_same_seed_twice_is_the_same_to_the_byte() -> None:
    assert session(7) == session(7) == GOLDEN


def test_another_seed_is_another_day() -> None:
    assert session(7) != session(8)


MORNING, OPEN, CLOSE = at("2026-11-23T14:20:00Z"), at("2026-11-23T14:30:00Z"), at("2026-11-23T21:00:00Z")
QUOTED = (
    ("AAA", MORNING - 1, 9.98),
    ("AAA", OPEN + NS_PER_MS // 2, 19.98),
    ("AAA", OPEN + 3 * NS_PER_MS, 21.98),
    ("BBB", OPEN + 4 * NS_PER_MS, 29.98),
    ("BBB", CLOSE - 1, 30.98),
    ("BBB", CLOSE + NS_PER_MS // 2, 40.98),
)


def around_the_edges(step_ns: int) -> Iterator[int]:
    """Yield instants, so far apart, of a second around the open and one around the close."""
    for edge_ns in (OPEN, CLOSE):
        yield from range(edge_ns - SECOND // 2, edge_ns + SECOND // 2, step_ns)


def fills_at(instants: Iterable[int]) -> list[tuple[str, int, int]]:
    """Return how orders for the open, the day and the close are filled when the exchange is moved on then."""
    desk = Desk(now_ns=MORNING)
    desk.market.rows += [Nbbo(t_ns, symbol, px(bid), 100, px(bid + 0.02), 100) for symbol, t_ns, bid in QUOTED]
    desk.order("buy", 10, time_in_force="opg")
    desk.order("buy", 10)
    desk.order("buy", 10, 20.00)
    desk.order("buy", 10, symbol="BBB", time_in_force="cls")
    for now_ns in (*instants, CLOSE + SECOND):
        desk.wait((now_ns - desk.now_ns) / NS_PER_MS)
    return [(fill.symbol, fill.t_ns, fill.px) for fill in desk.book.fills]


@pytest.mark.parametrize("step_ns", [NS_PER_MS, 7 * NS_PER_MS, 250 * NS_PER_MS])
def test_the_steps_of_the_clock_change_no_fill(step_ns: int) -> None:
    in_one_jump = fills_at(())
    assert [fill_px for _, _, fill_px in in_one_jump] == [px(20.00), px(20.00), px(20.00), px(31.00)]
    assert fills_at(around_the_edges(step_ns)) == in_one_jump


def test_the_exchange_asks_to_be_woken_at_the_edge_of_a_session() -> None:
    desk = Desk(now_ns=MORNING)
    desk.wait(0)
    assert desk.exchange.next_ns() == OPEN
