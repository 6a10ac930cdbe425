"""VPIN (Easley, López de Prado & O'Hara 2012): how one-sided the volume of late was (strategies reference 1.6).

Volume is cut into equal buckets; VPIN is the mean of |bought − sold| over bucket size, for the last n buckets. Who
bought is not known, so each bar's volume is split in bulk: Φ(move / sd of moves) of it was bought.
A diagnostic: Andersen & Bondarenko (2014) find nothing in it that volume and volatility do not have already.
"""

from __future__ import annotations

import math
from collections import deque

from strategies.estimators.moments import EwMoments

BUCKETS = 50
BUCKETS_A_BAR_MAX = 1_000  # a bar of more is an error of units


def bulk_share(move: float, sd: float) -> float:
    """Return the share of a bar's volume that counts as bought: Φ(move/sd), one half while sd is not known."""
    return 0.5 * (1.0 + math.erf(move / sd / math.sqrt(2.0))) if sd > 0 else 0.5


class Vpin:
    """Takes bars, or prints whose side is known; `value` is VPIN over the buckets that are full."""

    __slots__ = ("_bought", "_moves", "_sold", "bucket_qty", "imbalances")

    def __init__(self, *, bucket_qty: float, buckets: int = BUCKETS, memory_s: float = 3_600.0) -> None:
        self.bucket_qty = bucket_qty
        self.imbalances: deque[float] = deque(maxlen=buckets)
        self._moves = EwMoments(memory_s, even_start=True)
        self._bought = self._sold = 0.0

    def add_bar(self, open_px: float, close_px: float, qty: float, time_ns: int) -> None:
        """Take a bar; its own move does not yet count for the deviation it is measured by."""
        move = close_px - open_px
        share = bulk_share(move, math.sqrt(self._moves.variance))
        self._moves.add(move, time_ns)
        self.add(qty * share, qty * (1.0 - share))

    def add(self, bought: float, sold: float) -> None:
        """Take volume whose sides are known; what does not fit goes on into the next buckets, in proportion."""
        for _ in range(BUCKETS_A_BAR_MAX):
            room = self.bucket_qty - self._bought - self._sold
            if bought + sold < room:
                break
            share = room / (bought + sold) if bought + sold else 0.0
            self._bought, self._sold = self._bought + bought * share, self._sold + sold * share
            bought, sold = bought * (1.0 - share), sold * (1.0 - share)
            self.imbalances.append(abs(self._bought - self._sold) / self.bucket_qty)
            self._bought = self._sold = 0.0
        self._bought, self._sold = self._bought + bought, self._sold + sold

    @property
    def is_known(self) -> bool:
        """Return whether all buckets are full."""
        return len(self.imbalances) == self.imbalances.maxlen

    @property
    def value(self) -> float:
        """Return VPIN in [0, 1]; not a number before the first full bucket."""
        return sum(self.imbalances) / len(self.imbalances) if self.imbalances else math.nan
