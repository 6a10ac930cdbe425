"""Small fleets for tests of the replay: two symbols, a generated market, the two families that come first."""

from __future__ import annotations

import msgspec

from hft.clock import NS_PER_S
from hft.schema import Fleet, Settings
from replay.fleet import Plan
from replay.latency import LOOPBACK, Ways
from replay.sources import GENERATED, Opened, open_source

SYMBOLS = ("SPY", "QQQ")
FAMILIES = ("mm", "drift")


def settings(*, seed: int = 7, strategies: tuple[str, ...] = FAMILIES) -> Settings:
    plain = Settings(fleet=Fleet(symbols=SYMBOLS, strategies=strategies))
    return msgspec.structs.replace(plain, sim=msgspec.structs.replace(plain.sim, seed=seed))


def plan(*, seed: int = 7, strategies: tuple[str, ...] = FAMILIES, ways: Ways = LOOPBACK) -> Plan:
    return Plan(settings=settings(seed=seed, strategies=strategies), ways=ways, seed=seed)


def generated(seed: int = 7) -> Opened:
    from pathlib import Path

    return open_source(GENERATED, settings(seed=seed), Path("no such folder"))


def seconds(opened: Opened, count: float) -> int:
    return opened.start_ns + round(count * NS_PER_S)
