"""Same seed, same calls, same clock: the same bytes out of every door, on any machine."""

from __future__ import annotations

import hashlib
import random

import msgspec

from tests.venue.desk import OPENING
from venue.config import VenueConfig
from venue.encode import JSON, MSGPACK, Message
from venue.exchange import Exchange
from venue.faults import Fault
from venue.generator import Generator
from venue.scenarios import SCENARIOS
from venue.updates import update_json

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
