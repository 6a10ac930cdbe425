"""Parameters of a family: typed, units in the names, unknown keys refused with the nearest right one.

A family may name a `DEMO` set: the same code with shorter warm-ups, so that a newcomer sees it act within a minute.
What stands in hft.toml under [strategy.NAME] beats both; its table `limits` is no parameter (sdk/fit.py).
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeVar

import msgspec
from msgspec import Meta

from hft.errors import ConfigError
from hft.plainly import plainly

if TYPE_CHECKING:
    from collections.abc import Mapping


Positive = Annotated[float, Meta(gt=0)]
Count = Annotated[int, Meta(ge=1)]


class Params(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every family has; a family appends its own."""

    DEMO: ClassVar[dict[str, Any]] = {}
    ORDERED: ClassVar[tuple[tuple[str, str], ...]] = ()  # with the first above the second it would never act

    symbols: tuple[str, ...] = ()  # none: all that the fleet watches
    observe_min: float = 10.0  # minutes after the opening in which it only watches
    late_after_ms: int = 1_000  # a tick older than this teaches, but does not trade
    orders_per_min_max: int = 30
    news_blackout_s: float = 120.0  # no entries in a symbol for so long after a headline about it
    settle_s: float = 30.0  # after a restart with a hole in what was remembered: no entries for so long
    scheduled_blackout_s: float = 60.0  # nor for so long before and after the times of macro figures


DEMO: dict[str, Any] = {"settle_s": 2.0}  # of every family
OWN_LIMITS = "limits"
CORRECT = "Correct it in hft.toml, or after --set."
P = TypeVar("P", bound=Params)


def parse(kind: type[P], given: Mapping[str, Any], *, name: str, demo: bool = False) -> P:
    """Return the parameters; raise ConfigError (exit 78) naming the wrong key and the nearest right one."""
    base = DEMO | kind.DEMO if demo else {}
    given = {key: value for key, value in given.items() if key != OWN_LIMITS}
    try:
        params = msgspec.convert({**base, **given}, kind)
    except msgspec.ValidationError as error:
        raise _explained(str(error), kind, name) from None
    for key in given:
        value = getattr(params, key)
        if isinstance(value, float) and not math.isfinite(value):
            why = f"{value} is not a number that can be reckoned with."
            raise ConfigError(f"strategy.{name}.{key} has a wrong value.", why, CORRECT)
        if isinstance(value, int | float) and value < 0 <= _default(kind, key):
            raise ConfigError(f"strategy.{name}.{key} has a wrong value.", f"{value} is negative.", CORRECT)
    for least, most in kind.ORDERED:
        low, high = getattr(params, least), getattr(params, most)
        if low > high:
            why = f"{least} ({low:g}) is more than {most} ({high:g}): it would never trade."
            raise ConfigError(f"strategy.{name}.{least} has a wrong value.", why, CORRECT)
    return params


def _default(kind: type[Params], key: str) -> float:
    """Return a parameter's default: where that is negative, others may be too; 0 where there is none."""
    default = next(field.default for field in msgspec.structs.fields(kind) if field.name == key)
    return default if isinstance(default, int | float) else 0


def _explained(text: str, kind: type[Params], name: str) -> ConfigError:
    import difflib  # noqa: PLC0415 a strategy process counts megabytes

    unknown = re.search(r"unknown field `([^`]+)`", text)
    if unknown is None:
        found = re.search(r"\$\.(\w+)", text)
        key = found[1] if found else ""
        return ConfigError(
            f"[strategy.{name}] has a wrong value.",
            f"{key}: {plainly(text, kind=kind, dotted=key)}.",
            CORRECT,
        )
    known = kind.__struct_fields__
    near = difflib.get_close_matches(unknown.group(1), known, n=1, cutoff=0.5)
    return ConfigError(
        f"strategy.{name}.{unknown.group(1)} is not a parameter of {name}.",
        f"It has: {', '.join(known)}.",
        f"Did you mean {near[0]}?" if near else "docs/parameters.md names them all.",
    )
