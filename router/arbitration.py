"""Several strategies, one netted account: what the venue would refuse is refused here, with the numbers.

The venue knows one position per symbol. It refuses an order that crosses zero, an opening order while one of the other
side works, and a limit order that could trade against an own one (alpaca.md 4.1, 4.6). Orders whose cancel is under way
still count: the venue counts them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hft.words import Refusal, Side
from risk.limits import Denied, usd

if TYPE_CHECKING:
    from router.book import Book
    from router.orders import Order


def conflict(book: Book, symbol: str, side: Side, qty: int, px: int, *, freed: int = 0) -> Denied | None:
    """Return why the venue would refuse this order beside our others, or None. `px` 0: a market order.

    `freed`: the shares that the order whose place it takes holds until then.
    """
    return _wash(book, symbol, side, px) or _crossing(book, symbol, side, qty, freed)


def closable(book: Book, symbol: str, side: Side, *, freed: int = 0) -> int:
    """Return how many shares an order of this side could close right now: what is held and not yet promised."""
    held = -side.sign * book.net_qty(symbol)
    return max(0, held - book.net_open_qty(symbol, side) + freed)


def _crossing(book: Book, symbol: str, side: Side, qty: int, freed: int) -> Denied | None:
    net = book.net_qty(symbol)
    held = -side.sign * net  # what this side can close: positive when the account holds the other way
    if held > 0:
        left = closable(book, symbol, side, freed=freed)
        if qty <= left:
            return None
        text = f"{side.word} {qty} would cross zero: the account holds {net}, {held - left} of it promised to orders"
        return Denied(Refusal.CROSSES_ZERO, text)
    if net == 0 and (open_qty := book.net_open_qty(symbol, side.opposite)):
        return Denied(
            Refusal.OPENING_CONFLICT, f"an order to {side.opposite.word} {open_qty} {symbol} is opening the other way"
        )
    return None


def _wash(book: Book, symbol: str, side: Side, px: int) -> Denied | None:
    for order in book.working.values():
        if order.symbol == symbol and order.side is side.opposite and _meets(order, side, px):
            text = f"{order.side.word} at {usd(order.px)} of {order.ledger} works in {symbol} and would meet it"
            return Denied(Refusal.WASH_TRADE, text)
    return None


def _meets(order: Order, side: Side, px: int) -> bool:
    return px == 0 or order.px == 0 or side.sign * (px - order.px) >= 0
