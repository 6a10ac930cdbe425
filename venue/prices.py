"""What the venue knows of prices: NBBO, last print, close of the day before, halts.

Rule kept: a price of 0 is an empty side and never a price.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from venue.units import CENT_PX

if TYPE_CHECKING:
    from venue.rows import Nbbo

BREAK_PX = 10_000  # $1.00: below it the tick is 1e-4 dollar, from it on a cent


def tick_px(px: int) -> int:
    """Return the smallest price step at a price."""
    return CENT_PX if px >= BREAK_PX else 1


class Level(msgspec.Struct, kw_only=True):
    """The prices of one symbol; 0 where unknown."""

    symbol: str
    bid_px: int = 0
    ask_px: int = 0
    bid_qty: int = 0
    ask_qty: int = 0
    up_px: int = 0  # limit-up and limit-down; 0 while no band is known
    down_px: int = 0
    last_px: int = 0
    prior_close_px: int = 0
    nbbo_ns: int = 0
    halted: bool = False

    @property
    def mark_px(self) -> int:
        """Return the price at which a position is valued: the last print, else the middle of the quote."""
        if self.last_px:
            return self.last_px
        return (self.bid_px + self.ask_px) // 2 if self.bid_px and self.ask_px else self.bid_px or self.ask_px

    def opposite(self, sign: int) -> int:
        """Return the price that a taker of this sign gets: the ask for a buy, the bid for a sell; 0 if empty."""
        return self.ask_px if sign > 0 else self.bid_px

    def opposite_qty(self, sign: int) -> int:
        """Return the shares displayed at the price that a taker of this sign gets."""
        return self.ask_qty if sign > 0 else self.bid_qty

    def is_banned(self, px: int) -> bool:
        """Return whether a price lies beyond a limit-up or limit-down band."""
        return (0 < self.up_px < px) or px < self.down_px

    def take(self, nbbo: Nbbo) -> None:
        """Note a new best bid and offer."""
        self.bid_px, self.ask_px, self.nbbo_ns = nbbo.bid_px, nbbo.ask_px, nbbo.t_ns
        self.bid_qty, self.ask_qty = nbbo.bid_qty, nbbo.ask_qty
        if not self.prior_close_px:
            self.prior_close_px = self.mark_px
