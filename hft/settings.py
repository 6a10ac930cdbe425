"""Every setting, typed and frozen, and where each value came from.

Order: real environment beats `.env` beats `hft.toml` beats defaults; what `hftctl start` was told on its command line
is kept in `run/launch.json` and beats them all, so a process that supervisord restarts reads what its siblings read.
Unknown keys are refused with a suggestion.
"""

from __future__ import annotations

import io
import os
import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from hft import keys
from hft.clock import Clock, MarketClock, WallClock
from hft.errors import ConfigError, Unavailable
from hft.log import redact
from hft.plainly import plainly
from hft.schema import KNOWN_NAMES, PROCESS_NAMES, Settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hft.home import Home


class Launch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one `hftctl start` decided. `overrides` are dotted setting names with their values."""

    launch_id: str
    overrides: dict[str, Any] = {}
    anchor_utc_ns: int = 0  # 0: market time is the wall clock
    anchor_mono_ns: int = 0
    rate: float = 1.0

    def clock(self) -> Clock:
        """Return the market clock: the wall clock on paper, the played day in sim mode."""
        if not self.anchor_utc_ns:
            return WallClock()
        return MarketClock(self.anchor_utc_ns, self.anchor_mono_ns, self.rate)


@dataclass(frozen=True, kw_only=True, slots=True)
class Loaded:
    """Settings with their home, secrets and origins; what every program starts from."""

    home: Home
    settings: Settings
    origins: dict[str, str]
    base_url: str
    account_keys: keys.Keys | None
    webhook_url: str
    launch: Launch | None
    env_file_keys: tuple[str, ...] = ()
    spoilt: str = ""  # what kept the files from being read, when only what was launched is known

    def clock(self) -> Clock:
        """Return the market clock of this launch: the wall clock on paper, the played day in sim mode."""
        return self.launch.clock() if self.launch else WallClock()

    def fingerprint(self) -> str:
        """Return a short name of exactly these settings, the same in every process that reads them."""
        return f"{zlib.crc32(msgspec.json.encode(self.settings, order='sorted')):08x}"

    def broker(self) -> keys.Broker:
        """Return addresses and keys of the venue.

        Raises Unavailable while the embedded exchange has not said where it listens; ConfigError without paper keys.
        """
        if self.settings.fleet.mode == "sim":
            return read_venue_file(self.home.venue_file)
        if self.account_keys is None:
            raise keys.missing_keys(str(self.home.env_file), dict.fromkeys(self.env_file_keys, ""))
        local = keys.is_loopback(self.base_url)
        stream = self.base_url.replace("http", "ws", 1) + "/stream" if local else keys.PAPER_UPDATES_URL
        data = keys.data_url(self.settings.feed.data_url)
        return keys.Broker(rest=self.base_url, data=data, updates=stream, news=keys.NEWS_URL, keys=self.account_keys)


class VenueFile(msgspec.Struct, frozen=True, kw_only=True):
    """The line of `hftctl sim serve --json`, as the embedded exchange leaves it in run/venue.json."""

    rest: str
    data: str
    news: str
    updates: str
    key: str
    secret: str
    admin: str
    pid: int = 0


def read_venue_file(path: Path) -> keys.Broker:
    """Return the broker that run/venue.json describes; raise Unavailable when it is not there (yet)."""
    try:
        venue = msgspec.json.decode(path.read_bytes(), type=VenueFile)
    except FileNotFoundError:
        raise Unavailable(
            "The embedded exchange is not up yet.", f"{path} is not there.", "hftctl status shows why."
        ) from None
    redact(venue.secret)
    pair = keys.Keys(key_id=venue.key, secret=venue.secret)
    return keys.Broker(rest=venue.rest, data=venue.data, updates=venue.updates, news=venue.news, keys=pair)


VALUE_CHARS_MAX = 40
ENV_TO_SETTING = {
    "HFT_MODE": "fleet.mode",
    "HFT_STRATEGIES": "fleet.strategies",
    "HFT_SYMBOLS": "fleet.symbols",
    "HFT_MAX_POSITION_USD": "limits.position_usd_max",
    "HFT_MAX_GROSS_USD": "limits.gross_usd_max",
    "HFT_MAX_DAILY_LOSS_USD": "limits.daily_loss_usd_max",
    "HFT_MAX_ORDER_USD": "limits.order_usd_max",
}


def load(home: Home, *, environ: Mapping[str, str] | None = None, launch: Launch | None = None) -> Loaded:
    """Read every source and return the settings; raise ConfigError (exit 78) with source and nearest right name.

    `launch` stands in for run/launch.json: `hftctl start` checks what it is about to write before it writes it.
    """
    real = {k: v for k, v in (os.environ if environ is None else environ).items() if k.startswith(keys.OUR_PREFIXES)}
    dotenv = _read_env_file(home.env_file)
    keys.check_names(dotenv, str(home.env_file))
    keys.check_misspelt(real)
    launch = launch or read_launch(home.launch_file)
    tree, origins = _read_toml(home.toml_file)
    for source, values in ((str(home.env_file), dotenv), ("environment", real)):
        for name, dotted in ENV_TO_SETTING.items():
            if values.get(name, "").strip():
                _put(tree, origins, dotted, _from_env(dotted, values[name]), f"{source} ({name})")
        origins |= {name: f"{source} ({name})" for name in keys.ACCOUNT_KEYS if values.get(name, "").strip()}
    for dotted, value in (launch.overrides if launch else {}).items():
        _put(tree, origins, dotted, value, "hftctl start")
    env = {**dotenv, **real}
    redact(*(env.get(name) for name in (*keys.KEY_NAMES, *keys.SECRET_NAMES, "DISCORD_WEBHOOK_URL")))
    return Loaded(
        home=home,
        settings=_convert(tree, origins),
        origins=origins,
        base_url=keys.base_url(env.get("APCA_API_BASE_URL") or keys.PAPER_URL),
        account_keys=keys.find_keys(env),
        webhook_url=env.get("DISCORD_WEBHOOK_URL", "").strip(),
        launch=launch,
        env_file_keys=tuple(dotenv),
    )


def load_launched(home: Home, spoilt: str) -> Loaded:
    """Return what `hftctl start` pinned over the defaults, without keys: enough to look at a fleet, never to trade."""
    launch = read_launch(home.launch_file)
    tree: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for dotted, value in (launch.overrides if launch else {}).items():
        _put(tree, origins, dotted, value, "hftctl start")
    return Loaded(
        home=home,
        settings=_convert(tree, origins),
        origins=origins,
        base_url=keys.base_url(keys.PAPER_URL),
        account_keys=None,
        webhook_url="",
        launch=launch,
        spoilt=spoilt,
    )


def read_launch(path: Path) -> Launch | None:
    """Return what the last `hftctl start` decided, or None before the first."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Launch)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(path, error) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read.", str(error), "Remove it and run hftctl start again.") from None


def _text_of(path: Path) -> str:
    """Return what a file of settings says, nothing where there is none; raise ConfigError where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8") if path.is_file() else ""
    except OSError as error:
        raise _unreadable(path, error) from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            f"{path}, line {line}, is not UTF-8 text.",
            f"The byte {error.object[error.start]:#04x} there was written in another encoding, like Latin-1.",
            "Save it as UTF-8, or write that line without accents.",
        ) from None


def _unreadable(path: Path, error: OSError) -> ConfigError:
    why = error.strerror or type(error).__name__
    return ConfigError(
        f"{path} cannot be read.", f"{why}.", "Look at its permissions: who runs the fleet must read it."
    )


def _read_env_file(path: Path) -> dict[str, str]:
    text = _text_of(path)
    if not text:
        return {}
    from dotenv.parser import parse_stream  # noqa: PLC0415 a strategy process counts megabytes

    bindings = list(parse_stream(io.StringIO(text)))
    spoilt = next((binding.original.line for binding in bindings if binding.error), 0)
    if spoilt:
        raise ConfigError(
            f"{path}, line {spoilt}, is no NAME=VALUE.",
            "A line that nothing reads would silently do nothing.",
            "Mend it, or put a # before it.",
        )
    return {binding.key: binding.value or "" for binding in bindings if binding.key is not None}


def _read_toml(path: Path) -> tuple[dict[str, Any], dict[str, str]]:
    text = _text_of(path)
    if not text:
        return {}, {}
    import tomllib  # noqa: PLC0415 a strategy process counts megabytes

    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML.", str(error), "Mend that line and try again.") from None
    return tree, dict.fromkeys(_leaves(tree), str(path))


def _leaves(tree: dict[str, Any], prefix: str = "") -> list[str]:
    found: list[str] = []
    for name, value in tree.items():
        found += _leaves(value, f"{prefix}{name}.") if isinstance(value, dict) else [prefix + name]
    return found


def _from_env(dotted: str, text: str) -> object:
    if dotted in {"fleet.symbols", "fleet.strategies"}:
        return [part.strip() for part in text.split(",") if part.strip()]
    return text if dotted == "fleet.mode" else _number(text)


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text  # msgspec will refuse it and name the key


def _put(tree: dict[str, Any], origins: dict[str, str], dotted: str, value: object, origin: str) -> None:
    *path, leaf = dotted.split(".")
    for name in path:
        branch = tree.setdefault(name, {})
        if not isinstance(branch, dict):
            raise ConfigError(
                f"{name} must be a table in hft.toml.",
                f"It is {branch!r}.",
                f"Write [{name}] with its keys below.",
            )
        tree = branch
    tree[leaf] = value
    origins[dotted] = origin


def _convert(tree: dict[str, Any], origins: dict[str, str]) -> Settings:
    try:
        settings = msgspec.convert(tree, Settings)
    except msgspec.ValidationError as error:
        raise _explained(str(error), origins, tree) from None
    for name in settings.strategy:
        settings.own_limits(name)
    _check_together(settings)
    reserved = set(settings.fleet.strategies) & set(PROCESS_NAMES)
    if reserved:
        raise ConfigError(
            f"A strategy cannot be called {reserved.pop()!r}.",
            "A process of the fleet has that name.",
            "Rename the file.",
        )
    return settings


def _check_together(settings: Settings) -> None:
    """Raise ConfigError for values that are right one by one and wrong together."""
    symbols, router = settings.fleet.symbols, settings.router
    twice = next((symbol for symbol in symbols if symbols.count(symbol) > 1), "")
    if twice:
        raise ConfigError(f"{twice} is named twice.", "It stands twice in fleet.symbols.", "Name each symbol once.")
    if router.requests_reserved >= router.requests_per_min_max:
        raise ConfigError(
            "router.requests_reserved leaves nothing for orders.",
            f"{router.requests_reserved} of {router.requests_per_min_max} requests a minute are kept for cancels.",
            "Make it smaller than router.requests_per_min_max.",
        )


def _standing_at(tree: object, path: str) -> str:
    """Return what stands at a path like `fleet.symbols[2]`, as it was written; a long value is cut."""
    for name, number in re.findall(r"([^.\[\]]+)|\[(\d+)\]", path):
        tree = tree[int(number)] if number else tree[name]  # type: ignore[index]  # msgspec came this way
    shown = repr(tree)
    return shown if len(shown) <= VALUE_CHARS_MAX else f"{shown[:VALUE_CHARS_MAX]}…"


def _explained(text: str, origins: dict[str, str], tree: dict[str, Any]) -> ConfigError:
    """Turn msgspec's words into ours: the dotted name, what stands there, its source, the nearest known key."""
    import difflib  # noqa: PLC0415 a strategy process counts megabytes

    unknown = re.search(r"unknown field `([^`]+)`", text)
    path = match.group(1).removeprefix(".") if (match := re.search(r"\$([^`]*)`?$", text)) else ""
    dotted = re.sub(r"\[[^\]]*\]", "", path)
    if unknown:
        dotted = f"{dotted}.{unknown.group(1)}" if dotted else unknown.group(1)
        near = difflib.get_close_matches(dotted, KNOWN_NAMES, n=1, cutoff=0.5)
        hint = f"Did you mean {near[0]}?" if near else "hftctl config show lists every setting."
        hint = "Did you mean [strategy.NAME]?" if dotted == "strategies" else hint
        return ConfigError(f"{dotted} is not a setting.", f"It stands in {origins.get(dotted, 'hft.toml')}.", hint)
    reason = plainly(text, kind=Settings, dotted=dotted)
    standing = _standing_at(tree, path)
    is_it = "" if standing in reason else f" it is {standing},"
    return ConfigError(
        f"{dotted or 'hft.toml'} has a wrong value.",
        f"{reason[:1].upper()}{reason[1:]};{is_it} from {origins.get(dotted, 'hft.toml')}.",
        "Correct it there.",
    )
