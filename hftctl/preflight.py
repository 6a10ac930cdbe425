"""Everything that can be known to be wrong before a process is started; each finding is an error that says what to do.

supervisord could only say "exited too quickly". Families and markets are tried with the very code that will run them.
"""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING

from hft import keys
from hft.errors import ConfigError, UsageError
from hftctl.tape import read_tape

if TYPE_CHECKING:
    from hft.home import Home
    from hft.schema import Settings
    from hft.settings import Launch, Loaded
    from hftctl.tape import TapeFacts

RESERVED = frozenset({"all", "events", "strategies", "supervisord"})  # words of the command line and of logs/


def check_place(home: Home) -> None:
    """Raise ConfigError for a home whose path supervisord cannot write down."""
    if "%" in f"{home.root}{home.sockets}":
        raise ConfigError(
            f"A home cannot be {home.root}.", "supervisord reads % in a path as a format.", "Choose a path without it."
        )


def check_mode(mode: str, before: Launch | None) -> None:
    """Raise UsageError where nobody asked for the embedded exchange in a home whose last fleet traded at Alpaca."""
    if mode == "sim" and before is not None and before.overrides.get("fleet.mode") == "paper":
        raise UsageError(
            "The last fleet of this home traded at Alpaca, this one would on the embedded exchange.",
            "A start does not remember the one before; orders and positions at Alpaca would be nobody's.",
            'Say which: hftctl start --paper (or mode = "paper" in hft.toml), or hftctl start --sim.',
        )


def check_strategies(settings: Settings) -> None:
    """Raise ConfigError for a family that no file defines, that cannot be loaded, or whose parameters are wrong."""
    named = settings.fleet.strategies
    if not named:
        raise ConfigError("No strategy is named.", "fleet.strategies is empty.", "hftctl strategy list shows them.")
    for name in named:
        if name in RESERVED:
            raise ConfigError(f"A strategy cannot be called {name!r}.", "hftctl uses that word.", "Rename its file.")
        if named.count(name) > 1:
            raise ConfigError(f"{name} is named twice.", "A family runs once.", "Name each strategy once.")
        _check_family(settings, name)
    _check_sections(settings)


def _check_sections(settings: Settings) -> None:
    """Refuse [strategy.NAME] for a name that no family has: it would silently do nothing."""
    from strategies.sdk import families

    known = families.names(settings.strategies_dir)
    for name in settings.strategy:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean [strategy.{near[0]}]?" if near else "hftctl strategy list shows them."
            raise ConfigError(f"[strategy.{name}] belongs to no strategy.", f"There are: {', '.join(known)}.", hint)


def _check_family(settings: Settings, name: str) -> None:
    from strategies.sdk.families import load
    from strategies.sdk.params import parse

    try:
        family = load(name, settings.strategies_dir)
    except (SyntaxError, ImportError) as error:
        raise ConfigError(f"The strategy {name} cannot be loaded.", str(error), "Mend its file.") from error
    parse(family.params_type(), settings.strategy.get(name, {}), name=name)


def families_folder(settings: Settings, home_root: Path) -> str:
    """Return the folder of the user's own families as every process finds it: relative means in the home."""
    folder = settings.strategies_dir
    if not folder:
        return ""
    path = home_root / Path(folder).expanduser()
    if not path.is_dir():
        raise ConfigError(
            "strategies_dir has a wrong value.", f"There is no folder {path}.", "Make it, or correct hft.toml."
        )
    return str(path)


def check_tape(settings: Settings, *, symbols_told: bool) -> TapeFacts | None:
    """Return the facts of the tape in use, None without one; raise ConfigError when it is no tape or lacks a symbol.

    When nobody told the symbols, the tape's own are traded and none can be missing.
    """
    if settings.fleet.mode != "sim" or not settings.sim.tape:
        return None
    path = Path(settings.sim.tape)
    facts = read_tape(path, settings.fleet.symbols if symbols_told else ())
    if not symbols_told:
        return facts
    missing = [symbol for symbol in settings.fleet.symbols if symbol not in facts.symbols]
    if missing:
        near = difflib.get_close_matches(missing[0], facts.symbols, n=1)
        raise ConfigError(
            f"{missing[0]} cannot be traded here.",
            f"{path.name} has {', '.join(facts.symbols)}.",
            f"Did you mean {near[0]}?" if near else "Choose with --symbols, HFT_SYMBOLS or fleet.symbols.",
        )
    return facts


def check_generated_market(settings: Settings) -> None:
    """Raise ConfigError for a symbol or a scenario that the generated market does not know."""
    from venue import market

    sim, symbols = settings.sim, settings.fleet.symbols
    market.generator(seed=sim.seed, symbols=symbols, scenario=sim.scenario, start_ns=0, start_px={}, always=True)


def check_webhook(loaded: Loaded) -> None:
    """Raise ConfigError for a webhook that is none: a mistyped one would lose every alert without a word."""
    from recorder.webhook import check_url

    if loaded.webhook_url:
        check_url(loaded.webhook_url)


def check_keys(loaded: Loaded) -> None:
    """Raise ConfigError for a paper fleet without keys or with addresses that are not Alpaca's."""
    keys.data_url(loaded.settings.feed.data_url)
    loaded.broker()
