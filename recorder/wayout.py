"""What it would cost to leave the shares that an honest book has otherwise than paper: the touch, and the fees. Pure.

The touch is the one that stood at the last mark: between events no book changes by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hft.words import Side
from recorder.fees import rates_of
from recorder.fillmodels import far
from recorder.orderfate import BPS, SPREAD_BPS_MAX

if TYPE_CHECKING:
    from hft.messages import Quote
    from recorder.book import Book


class WayOut:
    """The touches of the day so far."""

    def __init__(self, day: str) -> None:
        self._day = day
        self._touches: dict[str, Quote | None] = {}
        self._costs: dict[str, dict[tuple[int, int], int]] = {}  # of a symbol at its touch: (shares, mark) → cost

    def mark(self, symbol: str, touch: Quote | None) -> None:
        """Note the touch at a mark; None where the quote is not to be trusted."""
        self._touches[symbol] = touch
        self._costs.pop(symbol, None)

    def begin(self, symbol: str, touch: Quote | None) -> None:
        """Note the touch of a symbol that was never marked."""
        if symbol not in self._touches:
            self.mark(symbol, touch)

    def cost(self, paper: Book, honest: Book) -> int:
        """Return the cost in 1e-4 dollar of leaving what `honest` has otherwise than `paper`."""
        total, theirs, known = 0, honest.holdings, self._costs
        for symbol, held in paper.holdings.items():
            qty = theirs[symbol].qty - held.qty
            if qty:
                costs, key = known.get(symbol) or known.setdefault(symbol, {}), (qty, held.mark_px)
                cost = costs.get(key)  # asked far more often than anything changes
                if cost is None:
                    cost = costs[key] = self._cost_of(symbol, *key)
                total += cost
        return total

    def _cost_of(self, symbol: str, qty: int, mark_px: int) -> int:
        """Return half-spread and fees of leaving `qty` shares valued at `mark_px`; never a gain."""
        side, shares = (Side.SELL, qty) if qty > 0 else (Side.BUY, -qty)
        quote = self._touches.get(symbol)
        touch_px = far(quote, side)[0] if quote is not None else 0
        away_px = side.sign * (touch_px - mark_px) if touch_px else round(mark_px * SPREAD_BPS_MAX / 2 / BPS)
        fee = rates_of(self._day).rounded(side, shares, shares * (touch_px or mark_px))
        return max(away_px, 0) * shares + fee
