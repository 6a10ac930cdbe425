"""The names that orders go by at the venue: `h1-<ledger>-<run>-<number>`, unique for ever, at most 48 characters.

The run tells the birth of the journal (so that a fresh home on an old account repeats no name) and the router's epoch;
the number never goes back within an epoch. A closing order of a flatten carries `flat-` in front of its ledger.
Rule: from a name alone one can tell whose order it is and whether this journal must know it.
"""

from __future__ import annotations

import msgspec

from hft.clock import NS_PER_S

PREFIX = "h1"
FLAT = "flat"
PANIC = "panic"  # closing orders sent past the router (router/panic.py)
UNCLAIMED = "unclaimed"
ID_CHARS_MAX = 48
RESERVED_LEDGERS = frozenset({FLAT, PANIC, UNCLAIMED})
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class Run(msgspec.Struct, frozen=True):
    """One epoch of one journal. `birth_s` is the journal's first second."""

    birth_s: int
    epoch: int

    @classmethod
    def of(cls, birth_ns: int, epoch: int) -> Run:
        """Return the run of this epoch in the journal born at `birth_ns`."""
        return cls(birth_ns // NS_PER_S, epoch)


class Name(msgspec.Struct, frozen=True):
    """What a client order id of ours says."""

    ledger: str
    run: Run
    number: int
    is_flatten: bool


def base36(number: int) -> str:
    """Return a non-negative integer in base 36, lower case."""
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
    return text or "0"


def client_order_id(ledger: str, run: Run, number: int, *, flatten: bool = False) -> str:
    """Return the name of an order; at most ID_CHARS_MAX characters."""
    whose = f"{FLAT}-{ledger}" if flatten else ledger
    name = f"{PREFIX}-{whose}-{base36(run.birth_s)}.{base36(run.epoch)}-{base36(number)}"
    assert len(name) <= ID_CHARS_MAX, name
    return name


def is_panic(client_order_id: str) -> bool:
    """Return whether an order was sent past the router to close what ledgers hold."""
    return client_order_id.startswith(f"{PREFIX}-{PANIC}-")


def is_ours(client_order_id: str) -> bool:
    """Return whether an order goes by a name that only we give: the router, or the way past it."""
    return parse(client_order_id) is not None or is_panic(client_order_id)


def parse(client_order_id: str) -> Name | None:
    """Return what the name says, or None when it is not one of ours."""
    parts = client_order_id.split("-")
    if parts[0] != PREFIX or len(client_order_id) > ID_CHARS_MAX:
        return None
    flatten = len(parts) == 5 and parts.pop(1) == FLAT  # noqa: PLR2004 prefix, flat, ledger, run, number
    if len(parts) != 4:  # noqa: PLR2004 prefix, ledger, run, number
        return None
    birth, _, epoch = parts[2].partition(".")
    try:
        run = Run(int(birth, 36), int(epoch, 36))
        return Name(parts[1], run, int(parts[3], 36), flatten)
    except ValueError:
        return None
