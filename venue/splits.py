"""Splits: one old share becomes several new ones. Prices of the market are divided, sizes multiplied, from then on.

Rule kept: a bid is rounded down and an ask up, so that no quote crosses itself; 0 stays an empty side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from venue.prices import tick_px
from venue.rows import Luld, Nbbo, Print, Quote

if TYPE_CHECKING:
    from venue.ledger import Position
    from venue.prices import Level
    from venue.rows import Row

RATIO_MAX = 100


def ratio_of(size: float) -> int:
    """Return how many new shares an old one becomes: two unless told otherwise, at most RATIO_MAX."""
    return min(max(round(size), 2), RATIO_MAX)


def split_position(position: Position, ratio: int) -> None:
    """Give the new quantity to a position; what it cost stays."""
    position.qty *= ratio
    position.overnight_qty *= ratio
    position.overnight_px //= ratio


def split_level(level: Level, ratio: int) -> None:
    """Bring the last known prices of a symbol to the new share; its bands are unknown again."""
    level.bid_px, level.ask_px = _down(level.bid_px, ratio), _up(level.ask_px, ratio)
    level.last_px, level.prior_close_px = _down(level.last_px, ratio), _down(level.prior_close_px, ratio)
    level.bid_qty, level.ask_qty = level.bid_qty * ratio, level.ask_qty * ratio
    level.up_px = level.down_px = 0


def split_row(row: Row, ratio: int) -> Row:
    """Return a row of the market in terms of the new share."""
    if isinstance(row, Nbbo | Quote):
        return msgspec.structs.replace(
            row,
            bid_px=_down(row.bid_px, ratio),
            bid_qty=row.bid_qty * ratio,
            ask_px=_up(row.ask_px, ratio),
            ask_qty=row.ask_qty * ratio,
        )
    if isinstance(row, Print):
        return msgspec.structs.replace(row, px=_down(row.px, ratio), qty=row.qty * ratio)
    if isinstance(row, Luld):
        return msgspec.structs.replace(row, up_px=_up(row.up_px, ratio), down_px=_down(row.down_px, ratio))
    return row


def _down(px: int, ratio: int) -> int:
    """Return a price divided, on the tick at or below; of a price above 0 at least one tick."""
    exact = px // ratio
    return max(exact - exact % tick_px(exact), 1) if px else 0


def _up(px: int, ratio: int) -> int:
    exact = -(-px // ratio)
    return exact + -exact % tick_px(exact)
