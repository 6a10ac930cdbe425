"""From what somebody asks for to what is played: which settings, which market, and what is not as it was that day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from hft import inputs
from hft.errors import ConfigError
from replay import runs
from replay.fleet import Plan
from replay.latency import WAYS
from replay.overrides import changed, with_fleet
from replay.sources import DAY, Opened, open_source

if TYPE_CHECKING:
    from hft.events import DayPlayed
    from hft.schema import Settings
    from hft.settings import Loaded
    from replay.runs import Run


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for. Empty strategies and symbols: those of the settings; `as_run`: as it was that day."""

    source: str
    strategies: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()
    values: dict[str, Any] = {}
    seed: int | None = None
    latency: str = "internet"
    as_run: bool = False


class Prepared(NamedTuple):
    """A replay that can begin. `differences`: what was set otherwise when that day was live, but for `--set`."""

    plan: Plan
    opened: Opened
    differences: list[str]


def prepare(loaded: Loaded, wish: Wish) -> Prepared:
    """Return what is to be played; raise ConfigError for a source, setting or day that is not there."""
    home, now = loaded.home, loaded.settings
    played = runs.played(home.data, wish.source)
    ran = runs.of_day(home.data, wish.source, wish.strategies) if DAY.match(wish.source) else []
    if wish.as_run and not ran:
        raise ConfigError(
            f"What ran on {wish.source} is not known here.",
            f"No strategy's inputs of that day are in {home.data / inputs.FOLDER}.",
            "Without --as-run it is played with the settings of today.",
        )
    then = _with(runs.settings_of(now, ran), wish) if ran else None
    base = then if then is not None and wish.as_run else _with(now, wish)
    settings = changed(runs.scaled(base, played), wish.values)
    opened = open_source(wish.source, settings, home.data, wish.symbols)
    fleet, own = settings.fleet, settings.strategies_dir
    plan = Plan(
        settings=with_fleet(settings, strategies=fleet.strategies, symbols=opened.symbols, seed=settings.sim.seed),
        ways=WAYS[wish.latency],
        seed=settings.sim.seed,
        families_dir=str(home.root / own) if own else "",
        memories=_memories(ran, fleet.strategies) if wish.as_run else {},
        rate=played.rate if played and wish.as_run else 1.0,
    )
    return Prepared(plan, opened, runs.differences(then, base) + _pace(played, plan) if then is not None else [])


def _pace(played: DayPlayed | None, plan: Plan) -> list[str]:
    """Return what is to be said of the rate: what programs wait for was shorter, against a market that runs."""
    return [f"rate was {played.rate:g}, here it is {plan.rate:g}"] if played and played.rate != plan.rate else []


def _with(settings: Settings, wish: Wish) -> Settings:
    seed = settings.sim.seed if wish.seed is None else wish.seed
    strategies = wish.strategies or settings.fleet.strategies
    return with_fleet(settings, strategies=strategies, symbols=settings.fleet.symbols, seed=seed)


def _memories(ran: list[Run], strategies: tuple[str, ...]) -> dict[str, bytes]:
    return {name: memory for name, memory in runs.memories_of(ran).items() if name in strategies}
