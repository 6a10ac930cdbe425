"""What ran on a recorded day, and with what: told by the first entry of each strategy's tape of inputs (hft/inputs.py).

A run may outlast its day: a fleet that was started on Monday and left alone is Tuesday's fleet too.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from hft import inputs
from hft.home import Home
from hft.inputs import Began
from hft.schema import OWN_LIMITS
from recorder.offline import played_of
from replay.sources import DAY
from venue.units import new_york

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hft.events import DayPlayed
    from hft.schema import Settings


class Run(NamedTuple):
    """One run of one strategy."""

    path: Path
    began: Began

    @property
    def day(self) -> str:
        """Return the New York day on which it began."""
        return _day_of(self.began.at_ns)


def of_day(data: Path, day: str, names: tuple[str, ...] = ()) -> list[Run]:
    """Return each run that heard something on a day (of these strategies; none: of all), by name and epoch."""
    found = [run for run in _runs(data) if run.day <= day and (not names or run.began.name in names)]
    older = {run.began.name: run for run in found if run.day < day}  # of each strategy the last before the day
    return [run for run in found if run.day == day or (run is older[run.began.name] and _lasts_until(run, day))]


def _runs(data: Path) -> Iterator[Run]:
    for path in sorted((data / inputs.FOLDER).glob(f"*{inputs.SUFFIX}")):
        began = next(inputs.read(path), None)
        if isinstance(began, Began):
            yield Run(path, began)


def _lasts_until(run: Run, day: str) -> bool:
    return any(
        not isinstance(each, inputs.Said | Began) and _day_of(each.now_ns) >= day for each in inputs.read(run.path)
    )


def _day_of(at_ns: int) -> str:
    return new_york(at_ns).date().isoformat()


@lru_cache(maxsize=64)
def played(data: Path, source: str) -> DayPlayed | None:
    """Return what a recorded day was played with; None for other markets, and where its record does not say."""
    return played_of(Home(data.parent), source) if DAY.match(source) else None


def scaled(settings: Settings, played: DayPlayed | None) -> Settings:
    """Return the settings with the honest book's scale of that day: it belongs to the ticks."""
    if played is None:
        return settings
    own = {"depth_scale": played.depth_scale, "flow_scale": played.flow_scale}
    return msgspec.structs.replace(settings, recorder=msgspec.structs.replace(settings.recorder, **own))


def settings_of(settings: Settings, runs: list[Run]) -> Settings:
    """Return the settings with what the strategies of a day were made of: families, symbols, parameters, limits."""
    made = {run.began.name: run.began.made for run in runs}  # of each strategy its last run
    last = next(reversed(made.values()))
    replace = msgspec.structs.replace
    return replace(
        settings,
        fleet=replace(
            settings.fleet,
            strategies=tuple(made),
            symbols=tuple(last["symbols"]),
            profile="demo" if last["demo"] else "standard",
        ),
        strategy={name: means["given"] for name, means in made.items()},
        limits=msgspec.convert(last["limits"], type(settings.limits)),
        router=replace(settings.router, intent_ttl_ms=last["intent_ttl_ms"], **_replacing(last)),
    )


def _replacing(made: dict[str, Any]) -> dict[str, Any]:
    """Return how resting orders were moved; in runs that tell nothing of it, none was."""
    names = ("replace", "replace_ticks_min", "replace_life_ms_min")
    return dict(zip(names, made["replace"], strict=True)) if "replace" in made else {"replace": False}


def memories_of(runs: list[Run]) -> dict[str, bytes]:
    """Return what each strategy remembered when its first run of a day began, by name; of those that keep anything."""
    first = {run.began.name: run.began.made for run in reversed(runs)}
    return {name: made["memory"] for name, made in sorted(first.items()) if "memory" in made}


def differences(then: Settings, now: Settings) -> list[str]:
    """Return what was set otherwise then, one line each: `limits.order_usd_max was 5000.0, here it is 900.0`."""
    old, new = _told(then), _told(now)
    ran = set(then.fleet.strategies)
    return [
        f"{name} was {_shown(old.get(name))}, here it is {_shown(new.get(name))}"
        for name in sorted({*old, *new})
        if old.get(name) != new.get(name) and not (name.startswith("strategy.") and name.split(".")[1] not in ran)
    ]


def _told(settings: Settings) -> dict[str, Any]:
    fleet, limits = settings.fleet, msgspec.structs.asdict(settings.limits)
    is_demo = fleet.profile == "demo" or (fleet.profile == "auto" and fleet.mode == "sim")
    return {
        "fleet.strategies": sorted(fleet.strategies),
        "fleet.symbols": list(fleet.symbols),
        "fleet.profile": "demo" if is_demo else "standard",
        "router.intent_ttl_ms": settings.router.intent_ttl_ms,
        "router.replace": settings.router.replace,
        **{f"limits.{name}": value for name, value in limits.items()},
        **{
            f"strategy.{name}.{key}": v
            for name, given in settings.strategy.items()
            for key, v in given.items()
            if key != OWN_LIMITS
        },
        **{
            f"strategy.{name}.{OWN_LIMITS}.{key}": v
            for name in settings.strategy
            for key, v in settings.own_limits(name).items()
        },
    }


def _shown(value: Any) -> str:  # noqa: ANN401 any setting
    return "not set" if value is None else ", ".join(value) if isinstance(value, list) else str(value)
