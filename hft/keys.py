"""Secrets and addresses: Alpaca keys, base URL, Discord webhook. Nothing live gets past this file.

Rule: the only hosts are Alpaca's paper host, Alpaca's data stream host, and loopback. A key is never printed beyond
four characters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hft.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from urllib.parse import SplitResult

PAPER_URL = "https://paper-api.alpaca.markets"
PAPER_UPDATES_URL = "wss://paper-api.alpaca.markets/stream"
DATA_URL = "wss://stream.data.alpaca.markets/v2/iex"
NEWS_URL = "wss://stream.data.alpaca.markets/v1beta1/news"
TRADING_HOSTS = frozenset({"paper-api.alpaca.markets"})
DATA_HOSTS = frozenset({"stream.data.alpaca.markets", "stream.data.sandbox.alpaca.markets"})
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})

KEY_NAMES = ("APCA_API_KEY_ID", "ALPACA_API_KEY")
SECRET_NAMES = ("APCA_API_SECRET_KEY", "ALPACA_SECRET_KEY")
ACCOUNT_KEYS = (*KEY_NAMES, *SECRET_NAMES, "APCA_API_BASE_URL", "DISCORD_WEBHOOK_URL")  # known by these names only
ENV_KEYS = (
    *ACCOUNT_KEYS,
    "ALPACA_PAPER_TRADE",
    "HFT_HOME",
    "HFT_MODE",
    "HFT_STRATEGIES",
    "HFT_SYMBOLS",
    "HFT_MAX_POSITION_USD",
    "HFT_MAX_GROSS_USD",
    "HFT_MAX_DAILY_LOSS_USD",
    "HFT_MAX_ORDER_USD",
    "HFT_TEST_DATA",
)
MISSPELT_MIN = 0.8  # how alike two names are when one is taken for a slip of the other
OUR_PREFIXES = ("APCA_", "ALPACA_", "HFT_", "DISCORD_")


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """One account's key pair. Its repr shows four characters and no secret."""

    key_id: str
    secret: str

    def __repr__(self) -> str:
        return f"Keys({self.key_id[:4]}…)"


class Broker(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is needed to talk to one venue: addresses and keys."""

    rest: str
    data: str
    updates: str
    news: str
    keys: Keys


def _split(url: str) -> SplitResult:
    from urllib.parse import urlsplit  # noqa: PLC0415 a strategy process counts megabytes, and asks only for ours

    return urlsplit(url)


def is_loopback(url: str) -> bool:
    """Return whether the URL's host is this machine."""
    return _split(url).hostname in LOOPBACK_HOSTS


def base_url(raw: str) -> str:
    """Return the trading URL without trailing `/` or `/v2`; raise ConfigError for any host but paper and loopback."""
    url = raw.strip().rstrip("/")
    url = url.removesuffix("/v2").rstrip("/")
    if url == PAPER_URL:
        return PAPER_URL
    parts = _split(url)
    host = parts.hostname or ""
    if host in LOOPBACK_HOSTS and parts.scheme in {"http", "https"}:
        return url
    if host in TRADING_HOSTS and parts.scheme == "https" and not parts.username and parts.port in {None, 443}:
        return PAPER_URL
    raise ConfigError(
        f"APCA_API_BASE_URL={raw!r} is not Alpaca's paper host.",
        "This program trades on paper only; it never talks to a live account.",
        f"Remove the setting, or use {PAPER_URL}",
    )


def data_url(raw: str) -> str:
    """Return a websocket URL unchanged if its host is Alpaca's data host or loopback; raise ConfigError otherwise."""
    parts = _split(raw.strip())
    known = parts.hostname in LOOPBACK_HOSTS or (parts.hostname in DATA_HOSTS and parts.scheme == "wss")
    if known and parts.scheme in {"ws", "wss"}:
        return raw.strip()
    raise ConfigError(
        f"{raw!r} is not an Alpaca data stream.",
        "Only wss://stream.data.alpaca.markets and ws:// on this machine are allowed.",
        f"Remove the setting, or use {DATA_URL}",
    )


def find_keys(values: Mapping[str, str]) -> Keys | None:
    """Return the key pair in `values` (environment over .env), or None; raise ConfigError when two pairs disagree."""
    key, secret = _one_of(values, KEY_NAMES), _one_of(values, SECRET_NAMES)
    if bool(key) != bool(secret):
        missing = (SECRET_NAMES if key else KEY_NAMES)[0]
        raise ConfigError(
            f"Only half a key pair: {missing} is missing.",
            "Alpaca needs the key id and its secret.",
            f"Put {missing}=… into .env; both are shown on Alpaca's paper dashboard when the key is made.",
        )
    return Keys(key_id=key, secret=secret) if key and secret else None


def _one_of(values: Mapping[str, str], names: tuple[str, ...]) -> str:
    found = {name: values[name].strip() for name in names if values.get(name, "").strip()}
    if len(set(found.values())) > 1:
        raise ConfigError(
            f"{' and '.join(found)} are both set, and differ.",
            "It is not clear which account is meant.",
            f"Keep one of them (best {names[0]}) and remove the other from the environment and .env.",
        )
    return next(iter(found.values()), "")


def check_names(values: Mapping[str, str], source: str) -> None:
    """Raise ConfigError for a key with one of our prefixes that nobody reads, with the nearest known name."""
    import difflib  # noqa: PLC0415 a strategy process counts megabytes

    for name in values:
        if name.startswith(OUR_PREFIXES) and name not in ENV_KEYS:
            near = difflib.get_close_matches(name, ENV_KEYS, n=1, cutoff=0.6)
            hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(ENV_KEYS)}"
            raise ConfigError(
                f"{source} sets {name}, which nothing reads.",
                "A misspelt key would silently do nothing.",
                hint,
            )


def check_misspelt(environ: Mapping[str, str]) -> None:
    """Raise ConfigError for a variable that is nearly one of our settings: a limit with a slip of the pen is no limit.

    Other HFT_ variables pass: the environment is not ours alone.
    """
    import difflib  # noqa: PLC0415 a strategy process counts megabytes

    for name in environ:
        near = difflib.get_close_matches(name, ENV_KEYS, n=1, cutoff=MISSPELT_MIN) if name.startswith("HFT_") else []
        if near and name not in ENV_KEYS:
            raise ConfigError(
                f"The environment sets {name}, which nothing reads.",
                "A misspelt setting would silently do nothing.",
                f"Did you mean {near[0]}? If not, unset it.",
            )


def missing_keys(home_env: str, seen: Mapping[str, str]) -> ConfigError:
    """Return the error for a paper start without keys: where we looked, what is there, both ways on."""
    there = ", ".join(sorted(seen)) or "nothing"
    return ConfigError(
        "No Alpaca paper keys found.",
        f"Looked for {KEY_NAMES[0]} + {SECRET_NAMES[0]} (or {KEY_NAMES[1]} + {SECRET_NAMES[1]}) in the environment"
        f" and in {home_env}, which defines {there}.",
        "Without an account: hftctl demo, or hftctl start --sim. With one: put the two keys into .env and start again.",
    )
