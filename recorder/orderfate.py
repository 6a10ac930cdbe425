"""What became of one order on paper and in the expected book, and the one reason for the difference.

The reasons: `latency` (the same shares at another price), `paper_never_filled` (the market would have filled it, paper
did not), `stale_quote` (it arrived on a quote that is no price), `size` (paper gave more than was shown), `queue`
(others were before it), `never_traded` (nothing printed at its price while it stood there), `same`. What paper does not
charge is `fee`, and belongs to the account, not to an order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from recorder.fillmodels import Expected, Limit, Optimistic, Strict

REASONS = ("stale_quote", "paper_never_filled", "never_traded", "size", "queue", "latency", "fee")
SAME = "same"


class Fate:
    """One order from the moment it was sent. Quantities in shares, cash in 1e-4 dollar (negative when it paid)."""

    __slots__ = (
        "arrived",
        "expected_cash",
        "expected_qty",
        "is_ioc",
        "limit",
        "models",
        "paper_cash",
        "paper_qty",
        "printed",
        "strategy",
        "symbol",
        "trusted",
    )

    def __init__(
        self,
        *,
        strategy: str,
        symbol: str,
        limit: Limit,
        models: tuple[Strict, Expected, Optimistic],
        is_ioc: bool,
    ) -> None:
        self.strategy, self.symbol, self.limit, self.models, self.is_ioc = strategy, symbol, limit, models, is_ioc
        self.arrived = self.printed = False
        self.trusted = True
        self.paper_qty = self.paper_cash = self.expected_qty = self.expected_cash = 0

    def saw_print(self, px: int) -> None:
        """Note that something printed at the order's price or beyond."""
        self.printed = self.printed or self.limit.sign * (self.limit.px - px) >= 0

    @property
    def is_settled(self) -> bool:
        """Return whether no model can fill any more of it."""
        strict, expected, optimistic = self.models
        return not (strict.leaves or expected.leaves or optimistic.leaves)

    @property
    def reason(self) -> str:
        """Return why paper and the expected book differ on this order."""
        if self.paper_qty == self.expected_qty:
            return SAME if self.paper_cash == self.expected_cash else "latency"
        if self.paper_qty < self.expected_qty:
            return "paper_never_filled"
        if not self.trusted:
            return "stale_quote"
        if self.expected_qty:
            return "size"
        return "queue" if self.printed else "never_traded"
