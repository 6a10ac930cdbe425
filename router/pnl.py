"""What the ledgers have made, valued at the market: in all and since the day began, before and after fees.

Rule: marks may be as old as the last wake, fills never. What limits act on is the worse of the two books.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.central import ALL
from router.ids import UNCLAIMED

if TYPE_CHECKING:
    from router.blotter import Blotter


class Pnl:
    """Profit and loss of each ledger and of the account, 1e-4 dollar."""

    def __init__(self, desk: Blotter) -> None:
        self.desk = desk
        self._day_key = (-1, -1, -1)
        self._day_pnl: dict[str, int] = {}

    def parts(self, ledger: str) -> tuple[int, int]:
        """Return realised and unrealised P&L of a ledger, 1e-4 dollar, before fees."""
        desk = self.desk
        realised = unrealised = 0
        for symbol, position in desk.book.ledgers.get(ledger, {}).items():
            realised += position.realised
            if position.qty:
                mark = desk.market.mark_px(symbol) or position.avg_px
                mark *= desk.splits[symbol].factor if symbol in desk.splits else 1
                unrealised += position.unrealised(mark)
        return realised, unrealised

    def total(self, ledger: str) -> int:
        """Return a ledger's whole P&L, after the fees a real broker would take."""
        fees = sum(position.fees for position in self.desk.book.ledgers.get(ledger, {}).values())
        return sum(self.parts(ledger)) - fees

    def day(self, ledger: str) -> int:
        """Return a ledger's P&L since the day (or its last resume) began, after the fees a real broker would take."""
        return self._day().get(ledger, 0)

    def account_day(self) -> int:
        """Return the worse of what our ledgers and what the broker's equity say of today."""
        desk = self.desk
        ours = sum(pnl for ledger, pnl in self._day().items() if ledger != UNCLAIMED)
        if desk.account is None or not desk.book.day_equity:
            return ours
        return min(ours, desk.account.equity - desk.book.day_equity)

    def worse_day(self, ledger: str = "") -> int:
        """Return today's P&L of a ledger, or of the account, in the worse of the two books: what limits act on."""
        desk, book = self.desk, self.desk.book
        paper = self.day(ledger) if ledger else self.account_day()
        start = None if ledger in book.honest_due else book.day_honest
        return desk.central.worse(ledger or ALL, paper, start, desk.steady_ns)

    @property
    def is_honest_due(self) -> bool:
        """Return whether an honest count of today has yet to begin: everybody's, or that of some strategies."""
        return self.desk.book.day_honest is None or bool(self.desk.book.honest_due)

    def _day(self) -> dict[str, int]:
        """Return each ledger's P&L of today."""
        book = self.desk.book
        key = (self.desk.wakes, book.fills, book.index)
        if self._day_key != key:
            self._day_key = key
            self._day_pnl = {ledger: self.total(ledger) - book.day_pnl.get(ledger, 0) for ledger in book.ledgers}
        return self._day_pnl
