"""The one place that asks what time it is.

`now_ns` is *market time*: UTC nanoseconds as the venue counts them. On paper that is the wall clock. On the embedded
exchange it is whatever day the exchange plays, so that a demo can open at 09:45 New York on a Sunday; it then comes
from CLOCK_MONOTONIC, which all processes of one host share, so every process of a fleet reads the very same time.
`mono_ns` only measures intervals (heartbeats, timeouts) and never goes back.
"""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass
from typing import Protocol

NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000


class Clock(Protocol):
    """What a shell needs of time."""

    def now_ns(self) -> int:
        """Return market time, ns UTC."""
        ...

    def mono_ns(self) -> int:
        """Return a time in ns that only measures intervals."""
        ...


class WallClock:
    """The computer's own UTC clock."""

    def now_ns(self) -> int:
        """Return UTC in ns."""
        return time.time_ns()

    def mono_ns(self) -> int:
        """Return CLOCK_MONOTONIC in ns."""
        return time.monotonic_ns()


@dataclass(frozen=True, slots=True)
class MarketClock:
    """Market time: `anchor_utc_ns` when CLOCK_MONOTONIC was `anchor_mono_ns`, running `rate` times as fast."""

    anchor_utc_ns: int
    anchor_mono_ns: int
    rate: float = 1.0

    def now_ns(self) -> int:
        """Return market time, ns UTC."""
        elapsed_ns = time.monotonic_ns() - self.anchor_mono_ns
        return self.anchor_utc_ns + (elapsed_ns if self.rate == 1.0 else int(elapsed_ns * self.rate))

    def mono_ns(self) -> int:
        """Return CLOCK_MONOTONIC in ns."""
        return time.monotonic_ns()


@dataclass(slots=True)
class FakeClock:
    """A clock for tests and simulations: it stands still until it is moved."""

    utc_ns: int = 0

    def now_ns(self) -> int:
        """Return the time it was set to."""
        return self.utc_ns

    def mono_ns(self) -> int:
        """Return the same: a virtual clock has no second opinion."""
        return self.utc_ns

    def advance_ms(self, ms: float) -> int:
        """Move on by `ms` milliseconds; return the new time in ns."""
        self.utc_ns += round(ms * NS_PER_MS)
        return self.utc_ns


def rfc3339(ns: int) -> str:
    """Return ns UTC as RFC 3339 with nine digits, as in `2026-11-23T14:31:02.123456789Z`."""
    second, rest = divmod(ns, NS_PER_S)
    whole = dt.datetime.fromtimestamp(second, dt.UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{whole}.{rest:09d}Z"
