"""A position that changed by a factor, at a price that changed by its inverse, without a fill: a split of the shares.

Alpaca tells of no corporate action; it shows another quantity one morning. Recognised only with both witnesses: a usual
ratio explains the quantity, and the broker's average or current price has moved with it. Anything else is a break.
Rule: nobody but a person takes it over. Until then the symbol takes exits only, and is valued as what it has become.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from router.broker import BrokerPosition

ODD_RATIOS = ((3, 2), (4, 3), (5, 2), (5, 3), (5, 4), (6, 5), (7, 2), (11, 10), (21, 20))
FORWARD_MAX, REVERSE_MAX = 50, 100
PRICE_SHARE_MAX = 0.25  # of the way (in logarithms) that the price must have gone, it may miss so much


class Split(NamedTuple):
    """For `old` shares there are `new` ones."""

    new: int
    old: int

    @property
    def factor(self) -> float:
        """Return by what a quantity is multiplied."""
        return self.new / self.old

    def of(self, qty: int) -> int:
        """Return what a holding becomes; a fraction of a share is paid out, so it is cut off towards zero."""
        whole = abs(qty) * self.new // self.old
        return whole if qty > 0 else -whole

    def in_words(self) -> str:
        """Return `2-for-1 split`, or `1-for-10 reverse split`."""
        return f"{self.new}-for-{self.old} {'' if self.new > self.old else 'reverse '}split"


RATIOS = (
    *(Split(new, 1) for new in range(2, FORWARD_MAX + 1)),
    *(Split(*ratio) for ratio in ODD_RATIOS),
    *(Split(1, old) for old in range(2, REVERSE_MAX + 1)),
)


def recognised(ours: int, theirs: BrokerPosition, cost_px: float) -> Split | None:
    """Return the split that explains why the broker holds this instead of `ours`, or None; `cost_px` 1e-4 dollar."""
    if not ours or cost_px <= 0:
        return None
    fits = [split for split in RATIOS if split.of(ours) == theirs.qty]
    prices = [px for px in (theirs.avg_px, theirs.px) if px > 0]
    misses = [(_miss(split, px / cost_px), split) for split in fits for px in prices]
    miss, split = min(misses, default=(1.0, Split(1, 1)))
    return split if miss <= PRICE_SHARE_MAX else None


def _miss(split: Split, change: float) -> float:
    """Return by what share of its way a price missed where the split would have brought it."""
    return abs(math.log(change * split.factor)) / abs(math.log(split.factor))


def advice(symbol: str, split: Split, ours: int, theirs: int) -> str:
    """Return in words what was seen and what a person should do."""
    return (
        f"{theirs} {symbol} at the broker, {ours} in the ledgers, without a fill and at a price to match:"
        f" it looks like a {split.in_words()}. Only exits are taken."
        f" If it was one, hftctl resume gives every ledger its new shares; if not, hftctl flatten {symbol}"
    )
