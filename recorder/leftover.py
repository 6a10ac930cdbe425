"""What the honest book holds and no order of the strategy would have left: its shares less the paper book's. Pure.

Where paper fills a part of an order and the honest book more of it (or less), the strategy sizes its exit for paper,
and the honest book keeps the rest. A trader who saw that position would leave it. So what it earns is told apart, its
way out is charged at the touch with fees, and the expected profit is as unsure as its price: |shares| × volatility,
over the time it was held.
"""

from __future__ import annotations

from math import exp, sqrt

from hft.clock import NS_PER_S
from recorder.book import Book
from recorder.fair import BPS, SIGMA_BPS

MEMORY_S = 300.0  # of the volatility
MOVE_MAX = 0.2  # between two marks; more is a split, not a move


class Volatility:
    """How far each symbol's mark moves, learnt from the marks; SIGMA_BPS per root of a second before that."""

    def __init__(self) -> None:
        self._marks: dict[str, tuple[int, int]] = {}  # symbol → (mark, when)
        self._vars: dict[str, float] = {}

    def on_mark(self, symbol: str, px: int, now_ns: int) -> None:
        """Take a mark."""
        before_px, before_ns = self._marks.get(symbol, (0, 0))
        self._marks[symbol] = px, now_ns
        elapsed_s = (now_ns - before_ns) / NS_PER_S
        if before_px and elapsed_s > 0 and abs(px - before_px) < MOVE_MAX * before_px:
            known = self.var(symbol, before_px)
            weight = 1 - exp(-elapsed_s / MEMORY_S)
            self._vars[symbol] = known + weight * ((px - before_px) ** 2 / elapsed_s - known)

    def var(self, symbol: str, px: int) -> float:
        """Return the variance of the price per second, in squared 1e-4 dollars."""
        return self._vars.get(symbol) or (px * SIGMA_BPS / BPS) ** 2


class Leftover:
    """One strategy's: the shares by symbol, what they earned, and how unsure that is. Money in 1e-4 dollar."""

    def __init__(self) -> None:
        self._book = Book()
        self._since_ns: dict[str, int] = {}
        self._var = 0.0

    @property
    def positions(self) -> dict[str, int]:
        """Return the shares of each symbol that the honest book has more (or, negative, fewer) than paper."""
        return self._book.positions

    @property
    def pnl(self) -> int:
        """Return what holding them earned: shares × the way of the mark, never the price of a fill."""
        return self._book.pnl

    @property
    def risk(self) -> int:
        """Return the standard deviation of that."""
        return round(sqrt(self._var))

    def move(self, symbol: str, signed_qty: int, mark_px: int, volatility: Volatility, now_ns: int) -> None:
        """Take shares that only the honest book got, or (negative) only paper."""
        self._hold(symbol, volatility, now_ns)
        self._book.fill(symbol, signed_qty, mark_px)

    def mark(self, symbol: str, px: int, volatility: Volatility, now_ns: int) -> None:
        """Value a symbol at this price from now on."""
        self._hold(symbol, volatility, now_ns)
        self._book.mark(symbol, px)

    def split(self, symbol: str, new: int, old: int, *, suspected: bool) -> None:
        """Take a split as the books beside it do."""
        self._book.split(symbol, new, old, suspected=suspected)

    def _hold(self, symbol: str, volatility: Volatility, now_ns: int) -> None:
        holding = self._book.holdings.get(symbol)
        if holding is not None and holding.qty:
            held_s = (now_ns - self._since_ns[symbol]) / NS_PER_S
            self._var += holding.qty**2 * volatility.var(symbol, holding.mark_px) * max(held_s, 0.0)
        self._since_ns[symbol] = now_ns
