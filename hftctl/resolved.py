"""Every setting as it is in force, with the source that decided it; secrets masked."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from hft.keys import KEY_NAMES
from hft.settings import Launch, load
from hftctl import roll, supervisor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hft.home import Home

DEFAULT, UNSET = "default", "–"
BASE_URL, WEBHOOK = "APCA_API_BASE_URL", "DISCORD_WEBHOOK_URL"
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
    from_where = loaded.origins
    key_name = next((name for name in KEY_NAMES if name in from_where), "")
    return [
        Row(name="home", value=str(home.root), origin=_home_origin(home.root)),
        Row(
            name="keys",
            value=f"{keys.key_id[:KEY_CHARS_SHOWN]}…" if keys else "none",
            origin=from_where.get(key_name, UNSET),
        ),
        Row(name=BASE_URL, value=loaded.base_url, origin=from_where.get(BASE_URL, DEFAULT)),
        Row(name=WEBHOOK, value="set" if webhook else "none", origin=from_where.get(WEBHOOK, UNSET)),
        *found,
    ]


def _home_origin(root: Path) -> str:
    """Return what made this folder the home: the environment, the place itself, the file in it, or the command line."""
    named = os.environ.get("HFT_HOME")
    if named and Path(named).expanduser().resolve() == root:
        return "environment (HFT_HOME)"
    if root == Path.cwd():
        return "this folder"
    return "its hft.toml" if root in Path.cwd().parents else "--home"


def shown(home: Home, row: Row) -> tuple[str, str, str]:
    """Return a row of the table for people: name, source (files by their name in the home), value."""
    return row.name, row.origin.replace(f"{home.root}/", ""), str(row.value)


def _leaves(tree: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in tree.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield prefix + name, ", ".join(value) if isinstance(value, list | tuple) else value
