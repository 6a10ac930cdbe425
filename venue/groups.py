"""Orders that hang together: bracket, OCO, OTO (section 4.4). Who waits for whom, who is whose rival.

The exits of a bracket are held until the entry is filled. Take-profit and stop-loss are rivals: when one ends, so does
the other; a part filled of the one shrinks the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from venue.prices import tick_px
from venue.refusals import Refusal, parameter, unprocessable
from venue.units import px_text

if TYPE_CHECKING:
    from venue.books import Book
    from venue.entry import NewOrder
    from venue.orders import Order


def is_waiting(order: Order) -> bool:
    """Return whether a leg waits for its parent."""
    return order.status == "held"


def smaller_rival(book: Book, order: Order) -> Order | None:
    """Return the other exit of a pair while it is open."""
    for other in book.open_orders(order.symbol):
        if other.id == order.sibling or other.sibling == order.id:
            return other
    return None


def check_exits(order: NewOrder, sign: int, mark_px: int) -> Refusal | None:
    """Return the refusal of exits that lie on the wrong side of the entry, or of each other."""
    profit, loss = order.take_profit, order.stop_loss
    if not order.order_class:
        return None
    base_px = order.limit_px or order.stop_px or mark_px
    if order.order_class == "oco":
        sign, base_px = -sign, mark_px  # an OCO is itself the exit
    if not base_px:
        return None
    step = tick_px(base_px) * sign
    if profit and profit.limit_px is not None and sign * (profit.limit_px - base_px - step) < 0:
        word = ">=" if sign > 0 else "<="
        return unprocessable(
            f"take_profit.limit_price must be {word} base_price {_offset(step)}", base_price=px_text(base_px)
        )
    if loss and loss.stop_px is not None and sign * (base_px - step - loss.stop_px) < 0:
        word = "<=" if sign > 0 else ">="
        return unprocessable(
            f"stop_loss.stop_price must be {word} base_price {_offset(-step)}", base_price=px_text(base_px)
        )
    if loss and loss.limit_px is not None and loss.stop_px is not None and sign * (loss.stop_px - loss.limit_px) < 0:
        return parameter("stop_loss.limit_price must not be better than stop_loss.stop_price")
    return None


def _offset(step: int) -> str:
    return f"{'+' if step > 0 else '-'} {px_text(abs(step))}"
