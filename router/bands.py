"""How far prices may move before a loss limit can be reached: within it, nobody need look at the losses.

Rule: too narrow is safe, too wide is not. Where a price is not plainly known there is no band, and each wake looks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.ids import UNCLAIMED

if TYPE_CHECKING:
    from router.desk import Desk

Bands = dict[str, tuple[int, int]]
ROUNDING = 2  # 1e-4 dollar in each position's profit


def bands(desk: Desk) -> Bands | None:
    """Return for each symbol held the lowest and highest quote between which no limit is reached; None: look at once.

    Every mid may move as far as the one that has most to lose could bear if all moved against it at once.
    """
    held = [(s, p.qty) for ledger in desk.book.ledgers.values() for s, p in ledger.items() if p.qty]
    if not held:
        return {}
    shares = sum(abs(qty) for _, qty in held)
    room = (_left(desk) - ROUNDING * len(held)) // shares
    quotes = {symbol: desk.market.quotes.get(symbol) for symbol, _ in held}
    if room <= 0 or not all(quote is not None and quote.is_two_sided for quote in quotes.values()):
        return None
    mids = {symbol: int(quote.mid) for symbol, quote in quotes.items() if quote is not None}
    return {symbol: (mid + 1 - room, mid + room) for symbol, mid in mids.items()}


def _left(desk: Desk) -> int:
    """Return how much the one with the least left may still lose, 1e-4 dollar."""
    ledgers = [name for name in desk.book.ledgers if name != UNCLAIMED and not desk.latch(name).is_halted]
    left = [desk.pnl.worse_day(name) + desk.config.limits_of(name).strategy_daily_loss_max for name in ledgers]
    if not desk.book.standing.is_halted:
        left.append(desk.pnl.worse_day() + desk.config.limits.daily_loss_max)
    return min(left, default=0)
