"""How long things take to arrive: small seeded objects, one for each way, and one that takes no time.

Rule: whole nanoseconds from integer draws only, so that two machines with two mathematics libraries agree to the byte.
"""

from __future__ import annotations

import random
from itertools import chain, islice
from typing import TYPE_CHECKING, Protocol

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NS_PER_US = 1_000
SLOW_BITS = 8  # one in 256 takes much longer than usual
SLOW_FACTOR = 8
PART_BITS = 16
PART = (1 << PART_BITS) - 1
DRAW_BITS = 2 * PART_BITS + SLOW_BITS
DRAW_WORDS_BITS = -(-DRAW_BITS // 32) * 32  # the generator makes whole words
DRAWS = 128  # at once


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
        self._draws = chain.from_iterable(self._blocks())
        self.draw: Callable[[], int] = self._draws.__next__

    def _blocks(self) -> Iterator[list[int]]:
        """Yield what the dice say, many at once: this is asked for each message.

        A draw takes two words of the generator: a word and the upper bits of the next.
        """
        import numpy as np  # noqa: PLC0415 whoever plays nothing needs none

        while True:
            raw = self._bits(DRAW_WORDS_BITS * DRAWS).to_bytes(DRAW_WORDS_BITS // 8 * DRAWS, "little")
            words = np.frombuffer(raw, "<u4").astype(np.int64).reshape(-1, 2)
            part = np.minimum(words[:, 0] & PART, words[:, 0] >> PART_BITS)
            slow = np.where(words[:, 1] >> (32 - SLOW_BITS), 1, SLOW_FACTOR)
            found: list[int] = (self._least_ns + (self._spread_ns * part >> PART_BITS) * slow).tolist()
            yield found

    def skip(self, count: int) -> None:
        """Leave out so many draws."""
        next(islice(self._draws, count, count), None)


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
