"""Identifiers without randomness: a seed and a counter give the same id again, on any machine.

The counters live in the exchange's state, so that a venue that was killed and restarted never gives an id twice.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

ULID_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ULID_PAIRS = [one + other for one in ULID_ALPHABET for other in ULID_ALPHABET]
ULID_CHARS = 26
ULID_COUNTER_BITS = 80


def uuid_of(*parts: object) -> str:
    """Return a UUID (version 4 shape) that depends on the parts alone."""
    digest = hashlib.blake2b("/".join(map(str, parts)).encode(), digest_size=16).hexdigest()
    variant = "89ab"[int(digest[16], 16) & 3]
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:]}"


def execution_id(order_id: str, mark: str) -> str:
    """Return the UUID of something that happened to an order."""
    return uuid_of("execution", order_id, mark)


@lru_cache(maxsize=4096)
def asset_id(symbol: str) -> str:
    """Return the asset's UUID: the same in every venue."""
    return uuid_of("asset", symbol)


def ulid(ns: int, counter: int) -> str:
    """Return a ULID that grows with time first, the counter second."""
    value = (ns // 1_000_000) << ULID_COUNTER_BITS | counter
    return "".join([ULID_PAIRS[value >> shift & 1023] for shift in range(5 * (ULID_CHARS - 2), -1, -10)])
