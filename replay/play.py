"""One replay from beginning to end, and what came of it.

Rule: everything in a Result but `took_s` follows from the source, the settings and the seed alone.
"""

from __future__ import annotations

import time
import zlib
from typing import TYPE_CHECKING

import msgspec

from hft.clock import NS_PER_S
from hft.errors import Unavailable
from recorder.offline import scale_of
from recorder.tape import Tape
from replay.fleet import Fleet, Plan
from replay.latency import Way
from replay.outhome import EVENTS, SUMMARY, made_ready
from replay.overrides import changed
from venue import sessions
from venue.units import new_york

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from recorder.parcels import TapeFault
    from replay.sources import Opened
    from replay.strategy import StrategyNode

SCHEMA = 1
SLICE_NS = 5 * NS_PER_S
ALMOST = 0.99  # a tape may be longer than it was thought to be
TAIL_NS = 5 * NS_PER_S  # the market has ended: what is on its way still arrives
CLOSED_AFTER_NS = 60 * NS_PER_S


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a replay is; `share` is 1 at its end."""

    now_ns: int
    played_s: float
    ticks: int
    took_s: float
    share: float


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a replay. `rows` are those of daily_summary.csv, the last one ALL."""

    schema: int
    source: str
    symbols: tuple[str, ...]
    strategies: tuple[str, ...]
    seed: int
    config: str
    played_s: float
    ticks: int
    decisions: int
    hash: str
    hashes: dict[str, str]
    rows: list[dict[str, str]]
    took_s: float
    passes: int = 1  # so many times a recorded day was played in its home; this is the last one
    idle: dict[str, str] = {}  # of each strategy that never asked for an order: what held it back most often


def play(
    plan: Plan,
    opened: Opened,
    *,
    for_s: float = 0.0,
    tell: Callable[[Progress], None] = lambda _: None,
    out: Path | None = None,
) -> Result:
    """Play a market through the fleet until it ends, its session closes, or `for_s` market seconds have passed.

    `out` becomes a home as a live fleet leaves it: events, summary, tick tape; it can be reported, and replayed. Raises
    ConfigError where a fleet has its record already.
    """
    began_s = time.perf_counter()
    events: list[bytes] = []
    plan = as_market(plan, opened)
    home = made_ready(out) if out else None
    tape = Tape(home.data, _complain) if home else None
    fleet = Fleet(plan, opened.source, opened.start_ns, keep=events.append if home else _forget, tape=tape)
    fleet.begin()
    until_ns = _until_ns(opened.start_ns, for_s)
    end_ns = min(until_ns, opened.end_ns or until_ns)
    while fleet.scheduler.now_ns < until_ns and not fleet.venue.ended:
        fleet.run(min(fleet.scheduler.now_ns + SLICE_NS, until_ns))
        over = fleet.scheduler.now_ns >= until_ns or fleet.venue.ended
        tell(_progress(fleet, opened.start_ns, began_s, 0 if over else end_ns))
    fleet.run(fleet.scheduler.now_ns + TAIL_NS)
    fleet.finish()
    if home is not None and tape is not None:
        tape.close()
        (home.logs / EVENTS).write_bytes(b"".join(events))
        (home.logs / SUMMARY).write_bytes(fleet.recorder.summary)
    return _result(fleet, plan, opened, began_s)


def as_market(plan: Plan, opened: Opened) -> Plan:
    """Return the plan with what the market decides: the scale of its honest book, its headlines, the way of its ticks.

    Whatever the home is set up for: a tape is a tape in a home of paper trading, too.
    """
    scale = scale_of(plan.settings, opened.scale)
    told = {"recorder.depth_scale": scale.depth, "recorder.flow_scale": scale.flow}
    settings = changed(plan.settings, told | ({"feed.news": True} if opened.has_news else {}))
    ways = msgspec.structs.replace(plan.ways, feed=Way()) if opened.is_received else plan.ways
    return msgspec.structs.replace(plan, settings=settings, ways=ways, market=opened.name)


def _forget(_: bytes) -> None:
    """Keep nothing."""


def _complain(fault: TapeFault) -> None:
    """Raise Unavailable: here a tape that cannot be written is all that was asked for."""
    if fault.reason:
        raise Unavailable("The tape cannot be written.", fault.reason)


def _until_ns(start_ns: int, for_s: float) -> int:
    if for_s:
        return start_ns + round(for_s * NS_PER_S)
    day = sessions.day_of(new_york(start_ns).date())
    close_ns = day.close_ns if day is not None and day.close_ns > start_ns else start_ns + 86_400 * NS_PER_S
    return close_ns + CLOSED_AFTER_NS


def _progress(fleet: Fleet, start_ns: int, began_s: float, end_ns: int) -> Progress:
    """Return how far it is on the way from start to end (0: it is over)."""
    way_ns = max(end_ns - start_ns, 1)
    return Progress(
        share=min((fleet.scheduler.now_ns - start_ns) / way_ns, ALMOST) if end_ns else 1.0,
        now_ns=fleet.scheduler.now_ns,
        played_s=(fleet.scheduler.now_ns - start_ns) / NS_PER_S,
        ticks=fleet.venue.exchange.rows_published,
        took_s=time.perf_counter() - began_s,
    )


def _result(fleet: Fleet, plan: Plan, opened: Opened, began_s: float) -> Result:
    return Result(
        schema=SCHEMA,
        source=opened.name,
        symbols=opened.symbols,
        strategies=plan.settings.fleet.strategies,
        seed=plan.seed,
        config=fingerprint(plan),
        played_s=(fleet.scheduler.now_ns - opened.start_ns) / NS_PER_S,
        ticks=fleet.venue.exchange.rows_published,
        decisions=fleet.decisions.count,
        hash=fleet.decisions.hash,
        hashes=fleet.decisions.hashes,
        rows=fleet.recorder.rows(),
        took_s=time.perf_counter() - began_s,
        passes=opened.passes,
        idle={name: _why_idle(node) for name, node in fleet.strategies.items() if not node.strategy_core.orders},
    )


def _why_idle(node: StrategyNode) -> str:
    held = node.strategy_core.desk.never_sent.values()
    if not held:
        return "it never wished for one"
    count, text = max(held)
    return f"held back {count:,} times by {text}"


def fingerprint(plan: Plan) -> str:
    """Return a short name of exactly this plan."""
    return f"{zlib.crc32(msgspec.json.encode(plan, order='sorted')):08x}"
