"""One strategy's books side by side, paper and the three honest ones, and why they differ. Pure.

Rule: every order's difference to paper has one reason, and the differences add up: paper profit minus all of them is
the expected profit, to the last ten-thousandth.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from recorder.book import Book
from recorder.leftover import Leftover
from recorder.orderfate import SAME

if TYPE_CHECKING:
    from collections.abc import Iterable

    from recorder.orderfate import Fate

BOOKS = ("strict", "expected", "optimistic")


class Interval(NamedTuple):
    """Profit in 1e-4 dollar after fees and the way out: the worst of the three books, the expected one, the best.

    Where the expected book holds leftovers, the interval is at least as wide as their risk to both sides.
    """

    low: int
    mid: int
    high: int


class Account:
    """One strategy: the paper book and the three honest ones over the same orders."""

    def __init__(self) -> None:
        self.paper = Book()
        self.books = {name: Book() for name in BOOKS}
        self.gaps: Counter[tuple[str, str]] = Counter()  # (reason, symbol) → shares that paper has too many
        self.gap_cash: Counter[tuple[str, str]] = Counter()
        self.orders: Counter[str] = Counter()  # reason → orders
        self.valued: set[str] = set()  # symbols that every book knows
        self.leftover = Leftover()  # of the expected book

    def all_books(self) -> list[Book]:
        """Return the paper book and the honest ones."""
        return [self.paper, *self.books.values()]

    def tell_apart(self, fate: Fate) -> None:
        """Note the one reason for which paper and the expected book differ on an order."""
        reason = fate.reason
        self.orders[reason] += 1
        if reason != SAME:
            key = (reason, fate.symbol)
            self.gaps[key] += fate.limit.sign * (fate.paper_qty - fate.expected_qty)
            self.gap_cash[key] += fate.paper_cash - fate.expected_cash

    def gap_money(self, unsettled: Iterable[Fate]) -> Counter[str]:
        """Return paper profit minus expected profit by reason, in 1e-4 dollar, fees included.

        Orders that are not settled count as they are.
        """
        current = Account()
        current.gaps, current.gap_cash = self.gaps.copy(), self.gap_cash.copy()
        for fate in unsettled:
            current.tell_apart(fate)
        money: Counter[str] = Counter()
        for reason, symbol in {*current.gaps, *current.gap_cash}:
            qty, cash = current.gaps[reason, symbol], current.gap_cash[reason, symbol]
            mark_px = self.paper.holdings[symbol].mark_px if symbol in self.paper.holdings else 0
            money[reason] += cash + qty * mark_px
        money["fee"] += self.books["expected"].fees
        return money


def interval_of(strict: float = 0, expected: float = 0, optimistic: float = 0, risk: float = 0) -> Interval:
    """Return the interval of three books' profit and the leftovers' risk."""
    nets = strict, expected, optimistic
    return Interval(int(min(*nets, expected - risk)), int(expected), int(max(*nets, expected + risk)))
