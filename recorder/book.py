"""A book of positions and what they earned, exact to 1e-4 dollar: cash that moved, plus shares at their mark.

Pure. It is told of fills and marks; profit is cash + Σ shares × mark, so nothing is ever averaged or rounded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from risk.fees import Fees

if TYPE_CHECKING:
    from risk.fees import Charge

UNCLAIMED = "unclaimed"  # the router's ledger of what no order explains; it has books only once it traded


class Holding:
    """One symbol: shares, the cash that buying them cost (negative) or selling brought, and the mark."""

    __slots__ = ("cash", "mark_px", "qty")

    def __init__(self) -> None:
        self.qty = self.cash = self.mark_px = 0

    @property
    def pnl(self) -> int:
        """Return what it earned so far, in 1e-4 dollar."""
        return self.cash + self.qty * self.mark_px


class Book:
    """One strategy's holdings over one day, with the deepest fall from its own peak.

    `pnl` is what the holdings earned in all, in 1e-4 dollar before fees; kept as it changes, because it is asked often.
    """

    def __init__(self) -> None:
        self.holdings: dict[str, Holding] = {}
        self.charged = Fees()
        self.pnl = 0
        self._peak = self.drawdown_max = 0
        self._ahead: set[str] = set()  # split here already, and not yet where the positions come from

    def carry(self, symbol: str, qty: int, mark_px: int) -> None:
        """Bring a position into the day at its mark: it earned nothing yet."""
        self.fill(symbol, qty, mark_px)

    def fill(self, symbol: str, signed_qty: int, px: int, charge: Charge | None = None) -> None:
        """Book shares at a price, and what a broker charges for it; `signed_qty` is negative for a sale."""
        holding = self.holdings.get(symbol) or self._of(symbol)
        mark_px = holding.mark_px = holding.mark_px or px
        holding.qty += signed_qty
        holding.cash -= signed_qty * px
        self.pnl += signed_qty * (mark_px - px)
        if charge is not None:
            self.charged.add(charge)

    def split(self, symbol: str, new: int, old: int, *, suspected: bool) -> None:
        """Hold `new` shares for `old` ones for the same cash: from the suspicion on, else when it is taken over."""
        if symbol in self._ahead and not suspected:
            self._ahead.discard(symbol)
            return
        self._ahead |= {symbol} if suspected else set()
        holding = self.holdings.get(symbol)
        if holding is not None:
            whole = abs(holding.qty) * new // old
            fresh = whole if holding.qty > 0 else -whole
            self.pnl += (fresh - holding.qty) * holding.mark_px
            holding.qty = fresh

    def agree(self, symbol: str, qty: int, px: int) -> int:
        """Take over a position that another book says was there before the next fill (an exchange begun anew).

        Return by how many shares this book had been wrong.
        """
        holding = self._of(symbol)
        difference = qty - holding.qty
        if difference:
            self._ahead.discard(symbol)
            self.carry(symbol, difference, holding.mark_px or px)
        return difference

    def mark(self, symbol: str, px: int) -> None:
        """Value a symbol at this price from now on, if it was ever held."""
        holding = self.holdings.get(symbol)
        if holding is not None and px > 0:
            self.pnl += holding.qty * (px - holding.mark_px)
            holding.mark_px = px

    def look(self) -> None:
        """Note the profit as it is now for the drawdown."""
        self._peak = max(self._peak, self.pnl)
        self.drawdown_max = max(self.drawdown_max, self._peak - self.pnl)

    @property
    def fees(self) -> int:
        """Return the day's fees in 1e-4 dollar, each kind rounded up to the cent."""
        return self.charged.total

    @property
    def net(self) -> int:
        """Return the profit after fees, in 1e-4 dollar."""
        return self.pnl - self.fees

    @property
    def positions(self) -> dict[str, int]:
        """Return the shares of each symbol that is not flat."""
        return {symbol: holding.qty for symbol, holding in self.holdings.items() if holding.qty}

    def _of(self, symbol: str) -> Holding:
        holding = self.holdings.get(symbol)
        if holding is None:
            holding = self.holdings[symbol] = Holding()
        return holding
