"""The families as a person asks for them: which there are, what each is about, what holds each back."""

from __future__ import annotations

import ast
import difflib
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from hft.errors import ConfigError, NotRunning, Unavailable
from hft.schema import SYMBOLS_MAX
from hftctl import roll
from hftctl.asking import RouterLine
from hftctl.beats import collect
from hftctl.looking import BEATS_S_MAX, ROUTER_S_MAX
from hftctl.preflight import families_folder

if TYPE_CHECKING:
    from hft.control import StrategyLine
    from hft.messages import Beat
    from hft.schema import Settings
    from hft.settings import Loaded

SUPPRESSED = "suppressed:"  # in a strategy's counters


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """One family: its state now (`not in the fleet` for one that is only there), and the first line of its file."""

    name: str
    state: str
    about: str


def known_families(loaded: Loaded) -> list[Family]:
    """Return every family that could run."""
    names = _names(loaded)
    pids = roll.alive(loaded.home, names)
    beats = collect(loaded.home, pids, BEATS_S_MAX) if pids else {}
    return [Family(name=name, state=_state(loaded, name, pids, beats), about=_about(loaded, name)) for name in names]


def _names(loaded: Loaded) -> tuple[str, ...]:
    from strategies.sdk import families

    return tuple(families.names(families_folder(loaded.settings, loaded.home.root)))


def _state(loaded: Loaded, name: str, pids: dict[str, int], beats: dict[str, Beat]) -> str:
    if name in pids:
        return beats[name].activity or "warming" if name in beats else "silent"
    return "down" if name in loaded.settings.fleet.strategies else "not in the fleet"


def _about(loaded: Loaded, name: str) -> str:
    """Return the first line of the family's docstring; its file is read, not run."""
    spec = importlib.util.find_spec("strategies")
    assert spec is not None
    assert spec.origin is not None
    own = families_folder(loaded.settings, loaded.home.root)
    for folder in (*([Path(own)] if own else []), Path(spec.origin).parent):
        path = folder / f"{name}.py"
        if path.is_file():
            text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
            return text.partition("\n")[0].removeprefix(f"{name}: ")
    return ""


def whole_fleet(settings: Settings) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return every family of ours, those of the settings first, and the symbols of the settings with all they want."""
    from strategies.sdk import families

    usual = settings.fleet.strategies
    names = (*usual, *(name for name in families.names() if name not in usual))
    wanted = [symbol for name in names for symbol in _symbols_wanted(name)]
    return names, tuple(dict.fromkeys((*settings.fleet.symbols, *wanted)))[:SYMBOLS_MAX]


def _symbols_wanted(name: str) -> tuple[str, ...]:
    from strategies.sdk import families

    family = families.load(name)
    return family.watches(family.params_type()(), ())


def check_in_fleet(loaded: Loaded, name: str) -> None:
    """Raise ConfigError for a name that is no strategy of this fleet."""
    names = loaded.settings.fleet.strategies
    if name not in names:
        near = difflib.get_close_matches(name, names, n=1)
        raise ConfigError(
            f"{name} is not part of this fleet.",
            f"It has {', '.join(names)}.",
            f"Did you mean {near[0]}?" if near else "hftctl strategy list shows all that there are.",
        )


def _not_running(loaded: Loaded, name: str) -> NotRunning:
    """Return the word on a family that does not run; a running fleet takes none in before its next start."""
    fleet = loaded.settings.fleet.strategies
    if name not in fleet and roll.anyone(loaded.home):
        others = ", ".join(fleet)
        return NotRunning(
            f"{name} is not part of the fleet that runs here.",
            f"That has {others}.",
            f"hftctl stop, then hftctl start {' '.join(fleet)} {name}",
        )
    return NotRunning(f"{name} is not running.", "So nothing holds it back but that.", f"hftctl start {name}")


def suppressed_of(beat: Beat) -> dict[str, int]:
    """Return a strategy's count of wishes that cost nothing, by why: equal, move, life."""
    found = beat.counters.items()
    return {name.removeprefix(SUPPRESSED): count for name, count in found if name.startswith(SUPPRESSED)}


def router_says(loaded: Loaded, name: str) -> tuple[StrategyLine | None, tuple[str, ...]]:
    """Return what the router holds of a strategy (None when it is silent), and which symbols are frozen, and why."""
    with RouterLine(loaded.home) as line:
        status = line.status(ROUTER_S_MAX)
    if status is None:
        return None, ()
    return next((row for row in status.strategies if row.name == name), None), status.breaks


def gates_of(loaded: Loaded, name: str) -> Beat:
    """Return the last heartbeat of a strategy, with its gates; raise a FleetError when there is none to have."""
    known = _names(loaded)
    if name not in known:
        raise ConfigError(f"There is no strategy {name!r}.", f"There are: {', '.join(known)}.", "hftctl strategy list")
    pids = roll.alive(loaded.home, (name,))
    if not pids:
        raise _not_running(loaded, name)
    beats = collect(loaded.home, pids, BEATS_S_MAX)
    if name not in beats:
        raise Unavailable(f"{name} does not answer.", "It sends no heartbeat.", f"hftctl restart {name}")
    return beats[name]
