"""`--set name=value`: a parameter of the replayed families, or any setting by its dotted name.

Rule: what hft.toml would refuse is refused here, with the same words.
"""

from __future__ import annotations

import difflib
import json
from typing import TYPE_CHECKING, Any

import msgspec

from hft.errors import ConfigError, UsageError
from hft.plainly import plainly
from hft.schema import KNOWN_NAMES, Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def with_fleet(settings: Settings, *, strategies: tuple[str, ...], symbols: tuple[str, ...], seed: int) -> Settings:
    """Return the settings for a replay of these families on these symbols."""
    fleet = msgspec.structs.replace(settings.fleet, strategies=strategies, symbols=symbols)
    return msgspec.structs.replace(settings, fleet=fleet, sim=msgspec.structs.replace(settings.sim, seed=seed))


def parsed(assignments: Iterable[str]) -> dict[str, Any]:
    """Return the values by name; a value is read as JSON, else it is text. Raises UsageError without a `=`."""
    found: dict[str, Any] = {}
    for each in assignments:
        name, sign, text = each.partition("=")
        if not sign or not name:
            raise UsageError(f"--set {each} says nothing.", "A name and a value are needed.", "Write --set qty=5")
        try:
            found[name.strip()] = json.loads(text)
        except ValueError:
            found[name.strip()] = text
    return found


def changed(settings: Settings, values: Mapping[str, Any]) -> Settings:
    """Return the settings with these values; `qty` is of every chosen family.

    Others are `limits.order_usd_max`, `mm.qty`, `mm.limits.order_usd_max`.
    Raises ConfigError for a setting that is not there or has the wrong type; a family's own parameters are checked
    when it is made.
    """
    tree: dict[str, Any] = msgspec.to_builtins(settings)
    for name, value in values.items():
        _put(tree, settings.fleet.strategies, name, value)
    try:
        found = msgspec.convert(tree, Settings)
    except msgspec.ValidationError as error:
        raise _not_possible(str(error), values) from None
    for name in found.strategy:
        found.own_limits(name)
    return found


def _put(tree: dict[str, Any], families: tuple[str, ...], name: str, value: object) -> None:
    head, _, rest = name.partition(".")
    if name in KNOWN_NAMES:
        _put_at(tree, name.split("."), name, value)
    elif rest and head in families:
        _put_at(tree["strategy"].setdefault(head, {}), rest.split(".", 1), name, value)
    elif not rest:
        for family in families:
            tree["strategy"].setdefault(family, {})[name] = value
    else:
        raise _no_such(name, families)


def _put_at(branch: dict[str, Any], path: list[str], name: str, value: object) -> None:
    """Set what stands at the end of the path; raise ConfigError where another value takes the place of a table."""
    *tables, leaf = path
    for part in tables:
        branch = branch.setdefault(part, {})
        if not isinstance(branch, dict):
            table = name.removesuffix(f".{leaf}")
            raise ConfigError(
                f"--set {name} has no place.",
                f"{table} is set to {branch!r} at the same time, and is no table any more.",
                f"Leave {table} away, or {name}.",
            )
    branch[leaf] = value


def _not_possible(text: str, values: Mapping[str, Any]) -> ConfigError:
    """Return msgspec's words for somebody who wrote --set."""
    dotted = text.partition("at `$.")[2].rstrip("`")
    reason = plainly(text, kind=Settings, dotted=dotted)
    stands = f"; it is {values[dotted]!r}" if dotted in values else ""
    return ConfigError(
        f"--set {dotted} has a wrong value.",
        f"{reason[:1].upper()}{reason[1:]}{stands}.",
        "hftctl config show lists what every setting is now.",
    )


def _no_such(name: str, families: tuple[str, ...]) -> ConfigError:
    section, _, rest = name.partition(".")
    known = [each for each in KNOWN_NAMES if each.startswith(f"{section}.")]
    near = difflib.get_close_matches(name, KNOWN_NAMES, n=1)
    return ConfigError(
        f"--set {name}: there is no such setting.",
        f"[{section}] of hft.toml has no {rest}."
        if known
        else f"{section} is neither a section of hft.toml nor one of {', '.join(families)}.",
        f"Did you mean {near[0]}?" if near else "hftctl config show lists every setting.",
    )
