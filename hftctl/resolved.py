"""Every setting as it is in force, with the source that decided it; secrets masked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from hft.settings import Launch, load
from hftctl import roll, supervisor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hft.home import Home

DEFAULT = "default"
KEY_CHARS_SHOWN = 4


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One setting."""

    name: str
    value: Any
    origin: str


def rows(home: Home) -> list[Row]:
    """Return every setting: of the running fleet, or as the next start would find it."""
    running = bool(supervisor.pid_of(home) or roll.anyone(home))
    loaded = load(home) if running else load(home, launch=Launch(launch_id=""))
    tree = msgspec.to_builtins(loaded.settings)
    found = [Row(name=name, value=value, origin=loaded.origins.get(name, DEFAULT)) for name, value in _leaves(tree)]
    keys, webhook = loaded.account_keys, loaded.webhook_url
    return [
        Row(name="home", value=str(home.root), origin="--home, HFT_HOME, or where hft.toml is"),
        Row(name="keys", value=f"{keys.key_id[:KEY_CHARS_SHOWN]}…" if keys else "none", origin="environment or .env"),
        Row(name="APCA_API_BASE_URL", value=loaded.base_url, origin="environment, .env, or default"),
        Row(name="DISCORD_WEBHOOK_URL", value="set" if webhook else "not set", origin="environment or .env"),
        *found,
    ]


def _leaves(tree: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in tree.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield prefix + name, ", ".join(value) if isinstance(value, list | tuple) else value
