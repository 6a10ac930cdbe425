"""The fingerprint of a run: everything that was decided, hashed in the order in which it happened.

A decision is an intent of a strategy, a request of the router to the broker, or a booked fill, each with its time.
Rule: two runs have the same hash if and only if they decided the same, to the byte and to the nanosecond.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    import hashlib

DIGEST_BYTES = 16

_encode = msgspec.msgpack.Encoder().encode


class Decisions:
    """A running hash over all producers, and one for each."""

    def __init__(self) -> None:
        self.count = 0
        self._all = blake2b(digest_size=DIGEST_BYTES)
        self._each: dict[str, hashlib.blake2b] = {}

    def add(self, producer: str, now_ns: int, decision: object) -> None:
        """Take the next decision."""
        data = _encode((producer, now_ns, decision))
        self.count += 1
        self._all.update(data)
        own = self._each.get(producer)
        if own is None:
            own = self._each[producer] = blake2b(digest_size=DIGEST_BYTES)
        own.update(data)

    @property
    def hash(self) -> str:
        """Return the hash of everything so far, in hex."""
        return self._all.hexdigest()

    @property
    def hashes(self) -> dict[str, str]:
        """Return the hash of each producer's decisions, by name."""
        return {name: own.hexdigest() for name, own in sorted(self._each.items())}
