"""Nobody can bring a family down by a number in hft.toml: it is refused with its name, or the family lives with it."""

from __future__ import annotations

import contextlib
import random
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from hft.clock import NS_PER_MS, NS_PER_S
from hft.errors import ConfigError
from hft.messages import Quote, Trade
from strategies.sdk.families import load, names
from tests.strategies.arena import Arena, core_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hft.messages import Tick

START_NS = 1_795_446_300 * NS_PER_S
STEPS = 150
SYMBOLS = {"pairs": ("PEP", "KO"), "etf": ("QQQ", "AAPL", "MSFT", "NVDA", "AMZN")}
USUAL = ("SPY", "QQQ", "IWM")


def numbers(name: str) -> list[str]:
    params = load(name).params_type()()
    return [key for key, value in msgspec.structs.asdict(params).items() if type(value) in {int, float}]


def given(key: str, value: int) -> dict[str, Any]:
    return {key: value}


def market(symbols: tuple[str, ...]) -> Iterator[tuple[int, Tick]]:
    dice, now_ns, px = random.Random(1), START_NS, dict.fromkeys(symbols, 1_000_000)
    for step in range(STEPS):
        now_ns += 400 * NS_PER_MS
        for symbol in symbols:
            px[symbol] += dice.choice((-300, -100, 0, 100, 300))
            yield now_ns, quote(symbol, now_ns, px[symbol])
            if step % 5 == 0:
                yield now_ns, Trade(symbol=symbol, exch_ns=now_ns, recv_ns=now_ns, px=px[symbol] + 200, qty=100)


def quote(symbol: str, now_ns: int, bid: int) -> Quote:
    return Quote(symbol=symbol, exch_ns=now_ns, recv_ns=now_ns, bid_px=bid, bid_qty=300, ask_px=bid + 400, ask_qty=300)


@pytest.mark.parametrize("name", names())
def test_no_number_brings_a_family_down(name: str) -> None:
    symbols = SYMBOLS.get(name, USUAL)
    for key in numbers(name):
        with contextlib.suppress(ConfigError):
            Arena(core_of(name, symbols, **given(key, 0))).play(market(symbols))


@pytest.mark.parametrize("name", names())
def test_a_negative_number_is_refused(name: str) -> None:
    for key in numbers(name):
        with pytest.raises(ConfigError, match=key):
            core_of(name, SYMBOLS.get(name, USUAL), **given(key, -1))
