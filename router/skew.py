"""Whether our clock and the venue's agree, and the figure that a person is told of it. Pure.

The figure stands for the whole incident: each comparison brings another, by the round trip alone, and a reason that
changes each minute is a new state, a new alert and a new line each minute. It is told anew only when it has doubled or
halved, or the sign has turned.
"""

from __future__ import annotations

MS_MAX = 2_000
WELL_MS = 1_500  # one that sways about the bound is one incident
RATIO_TOLD_ANEW = 2


class Skew:
    """How far the venue's clock is ahead of ours, in milliseconds; `told_ms` is 0 while no incident is on."""

    def __init__(self) -> None:
        self.told_ms = 0

    def measured(self, ms: int) -> None:
        """Take a comparison of the clocks."""
        if abs(ms) <= (WELL_MS if self.told_ms else MS_MAX):
            self.told_ms = 0
        elif self._is_other(ms):
            self.told_ms = ms

    def _is_other(self, ms: int) -> bool:
        if ms * self.told_ms <= 0:
            return True
        small, large = sorted((abs(ms), abs(self.told_ms)))
        return large >= RATIO_TOLD_ANEW * small

    @property
    def reason(self) -> str:
        """Return what is wrong, or ""."""
        if not self.told_ms:
            return ""
        where = "behind" if self.told_ms > 0 else "ahead of"
        return f"our clock is {abs(self.told_ms) / 1_000:,.1f} s {where} the venue's (hftctl doctor)"
