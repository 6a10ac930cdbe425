"""Small made-up markets in which a relation holds, or (the null world) does not: for what a family may earn in each."""

from __future__ import annotations

import math
import random
from collections import deque
from typing import TYPE_CHECKING

import msgspec

from hft.clock import NS_PER_S
from hft.messages import News, Quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hft.messages import Tick
    from tests.strategies.arena import Arena

MORNING_NS = 1_795_446_300 * NS_PER_S  # Monday 23 November 2026, 10:05 in New York: at ten itself figures are due


def quote_at(symbol: str, log_px: float, half_cents: float, now_ns: int, rng: random.Random) -> Quote:
    """Return a quote around a latent log price (of dollars), on the tick grid, at least a cent wide."""
    cents = math.exp(log_px) * 100
    bid, ask = math.floor(cents - half_cents), math.ceil(cents + half_cents)
    return Quote(
        symbol=symbol,
        exch_ns=now_ns,
        recv_ns=now_ns,
        bid_px=bid * 100,
        bid_qty=rng.randrange(100, 900, 100),
        ask_px=max(ask, bid + 1) * 100,
        ask_qty=rng.randrange(100, 900, 100),
    )


def pair_world(
    seed: int,
    *,
    holds: bool,
    seconds: int = 5_400,
    step_s: int = 3,
    sd_bps: float = 8.0,
    half_life_s: float = 120.0,
) -> Iterator[tuple[int, Tick]]:
    """Return quotes of KO and PEP: PEP is KO and a spread that comes back, or (null) a walk of its own."""
    rng = random.Random(seed)
    b = 2 ** (-step_s / half_life_s)
    ko, own, spread = math.log(60), 0.0, rng.gauss(0, sd_bps)
    for step in range(seconds // step_s):
        now_ns = MORNING_NS + step * step_s * NS_PER_S
        ko += rng.gauss(0, 0.8e-4 * math.sqrt(step_s))
        spread = b * spread + sd_bps * math.sqrt(1 - b * b) * rng.gauss(0, 1)
        own += rng.gauss(0, 0.8e-4 * math.sqrt(step_s))
        pep = math.log(2.8) + ko + (spread * 1e-4 if holds else own)
        yield now_ns, quote_at("KO", ko, 0.4, now_ns, rng)
        yield now_ns + 1_000_000, quote_at("PEP", pep, 0.4, now_ns + 1_000_000, rng)


def lead_world(
    seed: int, *, holds: bool, seconds: int = 700, lag_s: float = 3.0, sigma_bps: float = 3.0
) -> Iterator[tuple[int, Tick]]:
    """Return quotes of SPY and IWM twice a second: IWM does what SPY did `lag_s` ago, or (null) walks alone."""
    rng = random.Random(seed)
    past = deque([math.log(450)] * (1 + round(2 * lag_s)), maxlen=1 + round(2 * lag_s))
    own = 0.0
    for step in range(seconds * 2):
        now_ns = MORNING_NS + step * NS_PER_S // 2
        past.append(past[-1] + rng.gauss(0, sigma_bps * 1e-4 * math.sqrt(0.5)))
        own += rng.gauss(0, (0.3 if holds else sigma_bps) * 1e-4 * math.sqrt(0.5))
        iwm = math.log(205) + own + (past[0] - math.log(450) if holds else 0.0)
        yield now_ns, quote_at("SPY", past[-1], 0.4, now_ns, rng)
        yield now_ns + 1_000_000, quote_at("IWM", iwm, 0.4, now_ns + 1_000_000, rng)


def fund_world(
    seed: int, *, holds: bool, seconds: int = 1_800, sd_bps: float = 10.0, half_life_s: float = 20.0
) -> Iterator[tuple[int, Tick]]:
    """Return quotes of two funds of one index: with a premium that comes back, or (null) with none."""
    rng = random.Random(seed)
    b = 2 ** (-1 / half_life_s)
    index, premium = math.log(450), 0.0
    for step in range(seconds):
        now_ns = MORNING_NS + step * NS_PER_S
        index += rng.gauss(0, 0.8e-4)
        premium = b * premium + sd_bps * math.sqrt(1 - b * b) * rng.gauss(0, 1)
        spy = index + (premium * 1e-4 if holds else 0.0)
        yield now_ns, quote_at("IVV", index, 0.6, now_ns, rng)
        yield now_ns + 1_000_000, quote_at("SPY", spy, 0.6, now_ns + 1_000_000, rng)


def bounce_world(
    seed: int, *, holds: bool, seconds: int = 1_200, sd_bps: float = 3.0, half_life_s: float = 6.0
) -> Iterator[tuple[int, Tick]]:
    """Return quotes of SPY twice a second: pushed off a slow value and coming back, or (null) pushed for good."""
    rng = random.Random(seed)
    b = 2 ** (-0.5 / half_life_s)
    value, away = math.log(450), 0.0
    for half in range(seconds * 2):
        now_ns = MORNING_NS + half * NS_PER_S // 2
        value += rng.gauss(0, 0.15e-4 * math.sqrt(0.5))
        away = (b if holds else 1.0) * away + rng.gauss(0, sd_bps * 1e-4 * math.sqrt(1 - b * b))
        yield now_ns, quote_at("SPY", value + away, 2.0, now_ns, rng)


def flow_world(
    seed: int, *, holds: bool, seconds: int = 1_000, drift_bps: float = 1.2, half_life_s: float = 8.0
) -> Iterator[tuple[int, Tick]]:
    """Return quotes of SPY twice a second: its price goes where its sizes lean, or (null) as far, but anywhere."""
    rng = random.Random(seed)
    b = 2 ** (-0.5 / half_life_s)
    px, lean = math.log(450), rng.gauss(0, 1)
    for half in range(seconds * 2):
        now_ns = MORNING_NS + half * NS_PER_S // 2
        lean = b * lean + math.sqrt(1 - b * b) * rng.gauss(0, 1)
        pushed = lean if holds else rng.gauss(0, 1)
        px += rng.gauss(0, 0.2e-4) + 0.5e-4 * drift_bps * pushed
        lots = 5 + round(max(min(2 * lean, 4), -4))
        quote = quote_at("SPY", px, 0.4, now_ns, rng)
        yield now_ns, msgspec.structs.replace(quote, bid_qty=100 * lots, ask_qty=100 * (10 - lots))


def news_world(seed: int, *, holds: bool, seconds: int = 1_500) -> Iterator[tuple[int, Tick | News]]:
    """Return quotes of SPY and KO twice a second, and headlines; prices follow them for 30 s, or (null) nothing."""
    rng = random.Random(seed)
    logs, drift, ends = {"SPY": math.log(450), "KO": math.log(60)}, {"SPY": 0.0, "KO": 0.0}, {"SPY": 0, "KO": 0}
    due = {"SPY": rng.randrange(200, 600), "KO": rng.randrange(700, 1_200)}
    for half in range(seconds * 2):
        now_ns = MORNING_NS + half * NS_PER_S // 2
        for symbol, due_s in due.items():
            if half == 2 * due_s:
                good = rng.random() < 1 / 2
                yield now_ns, _headline(symbol, good=good, now_ns=now_ns)
                drift[symbol], ends[symbol] = (1 if good else -1) * 0.5e-4 * holds, half + 60
            logs[symbol] += rng.gauss(0, 0.4e-4) + (drift[symbol] if half < ends[symbol] else 0.0)
            yield now_ns, quote_at(symbol, logs[symbol], 0.4, now_ns, rng)


def _headline(symbol: str, *, good: bool, now_ns: int) -> News:
    return News(
        epoch=1,
        seq=1,
        id=f"{symbol} {now_ns}",
        symbols=(symbol,),
        headline=f"{symbol} {'beats' if good else 'misses'} estimates",
        source="wire",
        created_ns=now_ns,
        recv_ns=now_ns,
    )


def gross(arena: Arena) -> float:
    """Return in dollars what the fills brought before costs: each at the mid of its moment, the rest at the last."""
    total = 0.0
    for _, symbol, side, qty, _px, mid in arena.fills_at_mid:
        total += side.sign * qty * (arena.quotes[symbol].mid - mid)
    return total / 1e4


def t_value(values: list[float]) -> float:
    """Return mean over standard error."""
    mean = sum(values) / len(values)
    variance = sum((value - mean) ** 2 for value in values) / (len(values) - 1)
    return mean / math.sqrt(variance / len(values)) if variance > 0 else 0.0
