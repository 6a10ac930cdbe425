"""The shape of hft.toml: every setting with its type, its unit in the name, and a conservative default.

Unknown keys are refused. Money is in dollars here, as people write it; `usd()` makes exact integers of 1e-4 dollar.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from hft import keys
from hft.errors import ConfigError
from hft.plainly import plainly

PX_PER_USD = 10_000
PROCESS_NAMES = ("venue", "recorder", "router", "guardian", "feed")
OWN_LIMITS = "limits"  # the one table inside [strategy.NAME] that is not a parameter of the family
SYMBOLS_MAX = 30  # Alpaca's free plan streams no more

LARGEST = 10**9  # no number has to be larger: inf is no limit, and cannot be reckoned with in whole numbers
Positive = Annotated[float, Meta(gt=0, le=LARGEST)]
Count = Annotated[int, Meta(ge=1, le=LARGEST)]
Millis = Annotated[int, Meta(ge=1, le=LARGEST)]
Ratio = Annotated[float, Meta(ge=0, le=LARGEST)]
Conflict = Literal["hold-newer", "cancel-older", "internal-cross"]
Name = Annotated[str, Meta(pattern=r"\A[a-z][a-z0-9_]{0,15}\Z")]
Symbol = Annotated[str, Meta(pattern=r"\A[A-Z][A-Z0-9.]{0,9}\Z")]


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of hft.toml. A misspelt key is an error, never ignored."""


class Fleet(Section, frozen=True, kw_only=True):
    """What runs."""

    mode: Literal["sim", "paper"] = "sim"
    symbols: Annotated[tuple[Symbol, ...], Meta(min_length=1, max_length=SYMBOLS_MAX)] = (
        *("SPY", "QQQ", "IWM", "XLK"),
        *("AAPL", "MSFT", "AMZN", "NVDA"),
        *("PEP", "KO"),
    )
    strategies: tuple[Name, ...] = ("pairs", "mm", "leadlag", "etf", "ml")  # news if asked
    profile: Literal["auto", "demo", "standard"] = "auto"  # demo: short warm-ups; auto: demo in sim mode


class Limits(Section, frozen=True, kw_only=True):
    """Conservative limits for a 100,000-dollar paper account. Dollars, shares, milliseconds, basis points."""

    order_qty_max: Count = 200
    order_usd_max: Positive = 5_000.0
    position_usd_max: Positive = 10_000.0  # one strategy in one symbol, worst case of position and working orders
    symbol_usd_max: Positive = 20_000.0  # the account in one symbol
    gross_usd_max: Positive = 60_000.0  # the account over all symbols
    daily_loss_usd_max: Positive = 1_000.0  # account: HALT and flatten
    strategy_daily_loss_usd_max: Positive = 250.0  # strategy: HALT it
    collar_bps: Positive = 25.0  # how far through the mid an order may reach
    passive_bps_max: Positive = 200.0  # how far behind the mid an order may rest
    spread_bps_max: Positive = 50.0  # wider than this, a quote is not a price
    stale_after_ms: Millis = 2_000  # no new order on an older quote
    working_orders_max: Count = 30
    strategy_working_orders_max: Count = 10
    strategy_orders_per_min_max: Count = 40


class OwnLimits(Section, frozen=True, kw_only=True):
    """Limits of one family, `[strategy.NAME.limits]`; what is not set is as in [limits]. Never those of the account."""

    order_qty_max: Count | None = None
    order_usd_max: Positive | None = None
    position_usd_max: Positive | None = None
    strategy_daily_loss_usd_max: Positive | None = None
    collar_bps: Positive | None = None
    passive_bps_max: Positive | None = None
    spread_bps_max: Positive | None = None
    stale_after_ms: Millis | None = None
    strategy_working_orders_max: Count | None = None
    strategy_orders_per_min_max: Count | None = None

    def told(self) -> dict[str, Any]:
        """Return those that are set, by name."""
        return {name: value for name, value in msgspec.structs.asdict(self).items() if value is not None}


class RouterSettings(Section, frozen=True, kw_only=True):
    """The request budget, and how patient the router is."""

    requests_per_min_max: Count = 200
    requests_reserved: Count = 40  # kept for cancels, flatten and reconciliation
    rest_threads: Annotated[int, Meta(ge=1, le=16)] = 8  # requests at the same time; one more is kept for cancels
    connect_timeout_ms: Millis = 2_000
    read_timeout_ms: Millis = 5_000
    intent_ttl_ms: Millis = 500
    poll_orders_every_ms: Millis = 5_000
    reconcile_every_ms: Millis = 15_000
    strategy_silent_after_ms: Millis = 3_000
    orphans: Literal["hold", "flatten"] = "hold"
    no_new_risk_before_close_ms: Millis = 600_000  # from 15:50 New York on a full day only exits are taken
    flat_before_close_ms: Millis = 120_000  # at 15:58 the strategies' positions are closed
    order_age_ms_max: Millis = 300_000  # what rests longer is cancelled
    conflict: Conflict = "hold-newer"  # where the orders of two strategies would meet: who yields (ADR 29)
    replace: bool = True  # move a resting quote with one PATCH instead of a cancel and a new order
    replace_ticks_min: Count = 1  # a smaller move is not worth a request
    replace_life_ms_min: Millis = 500  # a younger entry is not moved towards the market; away from it, always


class FeedSettings(Section, frozen=True, kw_only=True):
    """The market-data socket."""

    data_url: str = keys.DATA_URL
    mute_after_ms: Millis = 15_000  # connected but silent for so long in a session: reconnect
    news: bool = False  # headlines too, over a socket of their own; on by itself when the fleet has the family `news`


class RecorderSettings(Section, frozen=True, kw_only=True):
    """What is kept."""

    tape: bool = True
    inputs: bool = True  # what each strategy heard and said, for hftctl replay --verify
    summary_every_ms: Millis = 5_000
    depth_scale: Ratio = 0.0  # the market's depth at the touch over the feed's; 0: by mode
    flow_scale: Ratio = 0.0  # the market's printed volume over the feed's; 0: by mode


class Sim(Section, frozen=True, kw_only=True):
    """The embedded exchange."""

    seed: int = 7
    tape: str = ""  # a CSV of recorded ticks instead of the generator
    loop: bool = False
    rate: Positive = 1.0  # how many market seconds pass in one real second
    cash_usd: Positive = 100_000.0
    open_at: str = "09:45"  # New York time of day at which a generated day starts
    scenario: str = "calm"


class Settings(Section, frozen=True, kw_only=True):
    """All of hft.toml."""

    fleet: Fleet = Fleet()
    limits: Limits = Limits()
    router: RouterSettings = RouterSettings()
    feed: FeedSettings = FeedSettings()
    recorder: RecorderSettings = RecorderSettings()
    sim: Sim = Sim()
    strategies_dir: str = ""  # a folder of the user's own families
    strategy: dict[Name, dict[str, Any]] = {}  # per family; its own Params check the keys, OwnLimits those of `limits`

    def own_limits(self, name: str) -> dict[str, Any]:
        """Return the limits that are set for the family `name` alone; raise ConfigError for one that cannot be."""
        given = self.strategy.get(name, {}).get(OWN_LIMITS, {})
        try:
            return msgspec.convert(given, OwnLimits).told()
        except msgspec.ValidationError as error:
            raise _no_own_limit(name, str(error), given) from None

    def limits_of(self, name: str) -> Limits:
        """Return the limits that hold for the family `name`: its own where it has them, else the fleet's."""
        return msgspec.structs.replace(self.limits, **self.own_limits(name))

    def means(self, name: str) -> dict[str, Any]:
        """Return what the family `name` is made with: the keyword arguments of strategies/sdk/fit.py's made()."""
        fleet, router = self.fleet, self.router
        return {
            "symbols": fleet.symbols,
            "given": self.strategy.get(name, {}),
            "limits": msgspec.structs.asdict(self.limits),  # its own stand in `given`
            "intent_ttl_ms": router.intent_ttl_ms,
            "replace": (router.replace, router.replace_ticks_min, router.replace_life_ms_min),
            "demo": fleet.profile == "demo" or (fleet.profile == "auto" and fleet.mode == "sim"),
        }


def usd(dollars: float) -> int:
    """Return dollars as an exact integer of 1e-4 dollar."""
    return round(dollars * PX_PER_USD)


def _no_own_limit(name: str, text: str, given: dict[str, Any]) -> ConfigError:
    import difflib  # noqa: PLC0415 a strategy process counts megabytes

    unknown = re.search(r"unknown field `([^`]+)`", text)
    if unknown is None:
        return _wrong_own_limit(f"strategy.{name}.{OWN_LIMITS}", text, given)
    key, known = unknown.group(1), OwnLimits.__struct_fields__
    if key in Limits.__struct_fields__:
        why, hint = "It is a limit of the whole account.", f"Set limits.{key} instead."
    else:
        near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
        why, hint = f"A strategy may have: {', '.join(known)}.", f"Did you mean {near[0]}?" if near else "Choose one."
    return ConfigError(f"strategy.{name}.{OWN_LIMITS}.{key} is not a limit of a strategy.", why, hint)


def _wrong_own_limit(table: str, text: str, given: object) -> ConfigError:
    reason, _, where = text.replace(" | null", "").partition(" - at `$.")
    key = where.rstrip("`")
    told = plainly(reason, kind=OwnLimits, dotted=key)
    stands = f"; it is {given[key]!r}" if isinstance(given, dict) and key in given else ""
    what = f"{table}.{key}" if key else table
    return ConfigError(
        f"{what} has a wrong value.", f"{told[:1].upper()}{told[1:]}{stands}.", "Correct it in hft.toml."
    )


def _known_names(section: type[msgspec.Struct], prefix: str = "") -> list[str]:
    found: list[str] = []
    for field in msgspec.structs.fields(section):
        default = field.default
        found.append(prefix + field.name)
        if isinstance(default, Section):
            found += _known_names(type(default), f"{prefix}{field.name}.")
    return found


KNOWN_NAMES = _known_names(Settings)
