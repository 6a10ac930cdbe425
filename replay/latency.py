"""How long things take to arrive: small seeded objects, one for each way, and one that takes no time.

Rule: whole nanoseconds from integer draws only, so that two machines with two mathematics libraries agree to the byte.
"""

from __future__ import annotations

import random
from typing import Protocol

import msgspec

NS_PER_US = 1_000
SLOW_BITS = 8  # one in 256 takes much longer than usual
SLOW_FACTOR = 8
PART_BITS = 16
PART = (1 << PART_BITS) - 1
DRAW_BITS = 2 * PART_BITS + SLOW_BITS
DRAW_WORDS_BITS = -(-DRAW_BITS // 32) * 32  # the generator makes whole words


class Latency(Protocol):
    """A way that takes time."""

    def draw(self) -> int:
        """Return how long it takes this time, in ns."""
        ...

    def skip(self, count: int) -> None:
        """Leave out so many draws."""
        ...


class Instant:
    """The way that takes no time."""

    def draw(self) -> int:
        """Return 0."""
        return 0

    def skip(self, count: int) -> None:
        """Leave out so many draws: there are none."""


class Spread:
    """At least `least_us`, usually up to `spread_us` more (small ones more often), rarely much more."""

    def __init__(self, least_us: int, spread_us: int, seed: str) -> None:
        self._least_ns, self._spread_ns = least_us * NS_PER_US, spread_us * NS_PER_US
        self._bits = random.Random(seed).getrandbits

    def draw(self) -> int:
        """Return how long it takes this time, in ns. One draw of the dice: this is asked for each message."""
        bits = self._bits(DRAW_BITS)
        one, other = bits & PART, bits >> PART_BITS & PART
        extra_ns = self._spread_ns * (min(other, one)) >> PART_BITS
        if not bits >> 2 * PART_BITS:
            extra_ns *= SLOW_FACTOR
        return self._least_ns + extra_ns

    def skip(self, count: int) -> None:
        """Leave out so many draws: the dice move on as far as each of them would have moved them."""
        self._bits(DRAW_WORDS_BITS * count)


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """One way: the least it takes and how much more it usually may, in microseconds."""

    least_us: int = 0
    spread_us: int = 0

    def latency(self, seed: str) -> Latency:
        """Return the seeded latency of this way."""
        return Spread(self.least_us, self.spread_us, seed) if self.least_us or self.spread_us else Instant()


class Ways(msgspec.Struct, frozen=True, kw_only=True):
    """All ways. `rest` is one direction of a request; `ipc` is one hop between two of our processes."""

    feed: Way = Way()
    ipc: Way = Way()
    rest: Way = Way()
    updates: Way = Way()

    def at(self, rate: float) -> Ways:
        """Return the ways as they are where market time runs `rate` times as fast as what is on its way."""
        told = {name: getattr(self, name) for name in self.__struct_fields__}
        return Ways(**{name: Way(**_faster(way, rate)) for name, way in told.items()}) if rate != 1 else self


def _faster(way: Way, rate: float) -> dict[str, int]:
    return {"least_us": round(way.least_us * rate), "spread_us": round(way.spread_us * rate)}


# As seen between a small server on the same coast and the broker; the honest book has its own assumptions.
INTERNET = Ways(
    feed=Way(least_us=4_000, spread_us=4_000),
    ipc=Way(least_us=60, spread_us=80),
    rest=Way(least_us=8_000, spread_us=8_000),
    updates=Way(least_us=10_000, spread_us=10_000),
)
# The embedded exchange on this very machine.
LOOPBACK = Ways(
    feed=Way(least_us=300, spread_us=300),
    ipc=Way(least_us=60, spread_us=80),
    rest=Way(least_us=700, spread_us=800),
    updates=Way(least_us=300, spread_us=300),
)
NONE = Ways()
WAYS = {"internet": INTERNET, "loopback": LOOPBACK, "none": NONE}
