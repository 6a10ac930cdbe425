"""Orders at the venue that wait for a price: per symbol and side, the most eager last, earlier ones first among equals.

Only the end of a list is looked at on a tick, so ten thousand orders that rest away from the market cost nothing.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from venue.orders import Order

ALWAYS = 1 << 62  # the eagerness of a market order: reaches any price

Entry = tuple[int, int, str, str]


def eagerness(order: Order) -> int:
    """Return the limit times the sign: marketable means that this is at or above sign x the opposite price."""
    reach_px = order.reach_px
    return ALWAYS if reach_px is None else order.sign * reach_px


class Resting:
    """The waiting orders of one symbol."""

    def __init__(self) -> None:
        self._buys: list[Entry] = []
        self._sells: list[Entry] = []
        self._sides = {"buy": self._buys, "sell": self._sells}

    def add(self, order: Order) -> None:
        """Let an order wait."""
        insort(self._sides[order.side], (eagerness(order), -order.seq, order.account, order.id))

    def remove(self, order: Order) -> None:
        """Take an order out; nothing happens if it does not wait here."""
        side, entry = self._sides[order.side], (eagerness(order), -order.seq, order.account, order.id)
        at = bisect_left(side, entry)
        if at < len(side) and side[at] == entry:
            del side[at]

    def marketable(self, bid_px: int, ask_px: int) -> list[tuple[str, str]]:
        """Return (account, order id) that the prices reach, the most eager first; an empty side (0) reaches none."""
        buys, sells = self._buys, self._sells
        return [*self._reached(buys, ask_px, ask_px), *self._reached(sells, bid_px, -bid_px)]

    def is_reached(self, bid_px: int, ask_px: int) -> bool:
        """Return whether the prices may reach anybody; usually they do not."""
        buys, sells = self._buys, self._sells
        return bool(buys and buys[-1][0] >= ask_px) or bool(sells and sells[-1][0] >= -bid_px)

    @staticmethod
    def _reached(side: list[Entry], px: int, reach: int) -> Iterator[tuple[str, str]]:
        if px <= 0:
            return
        for entry in reversed(side):
            if entry[0] < reach:
                return
            yield entry[2], entry[3]

    def __len__(self) -> int:
        return sum(map(len, self._sides.values()))
