"""Two strategies whose orders would meet: `[router] conflict` says who yields, or lets them trade with each other.

The venue refuses an order that could meet an own one, so one of the two must go. `hold-newer` (the default) refuses the
newer; `cancel-older` takes the older back and lets the newer wait for that, until it expires at the most;
`internal-cross` takes it back, too, and then books its open shares against the newer one's at the mid of a fresh quote
that both limits allow: in both ledgers, past the venue. What is left of the newer order goes there.
Rule: only what the venue has confirmed as cancelled is crossed, so no share trades twice; and the record of a cross is
all of it: both ledgers change by it, both strategies hear of it, the sum of all ledgers stays what it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hft.words import OrdStatus, Refusal, Side
from risk.limits import usd
from router import records
from router.ids import PREFIX, UNCLAIMED
from router.orders import Purpose

if TYPE_CHECKING:
    from hft.messages import NewOrder, Quote
    from router.desk import Desk
    from router.gates import Gates
    from router.judge import Ruling
    from router.orders import Order

CANCEL_OLDER, INTERNAL_CROSS = "cancel-older", "internal-cross"
BPS = 10_000
Key = tuple[str, int, int]


class Crossed(NamedTuple):
    """So many shares of a wish were crossed; the name by which both strategies hear of it."""

    qty: int = 0
    name: str = ""


class Crossing:
    """Which orders are taken back for which wish, and the crosses that follow."""

    def __init__(self, desk: Desk, gates: Gates) -> None:
        self.desk, self.gates = desk, gates
        self._taken_back: dict[Key, list[str]] = {}  # wish that waits → the orders that make way for it

    # --- who yields

    def yields_to(self, message: NewOrder, ruling: Ruling) -> bool:
        """Take back what stands in the way of a newer wish, if the settings want that; return whether it may wait."""
        if not ruling.is_conflict:
            return False
        if _key(message) not in self._taken_back:
            found = self._that_yield(message, ruling)
            if not found:
                return False
            self._taken_back[_key(message)] = [order.client_order_id for order in found]
            for order in found:
                self.desk.cancels.want(order, f"a newer order of {message.strategy} goes first")
        return True

    def forget(self, message: NewOrder) -> None:
        """Let a wish go that waits no more."""
        self._taken_back.pop(_key(message), None)

    def withdraw(self, client_order_id: str) -> None:
        """Cross no share of an order that its own strategy does not want any more."""
        for names in self._taken_back.values():
            if client_order_id in names:
                names.remove(client_order_id)

    def _that_yield(self, message: NewOrder, ruling: Ruling) -> list[Order]:
        """Return the orders to take back; none when any other is in the way, too: it would be for nothing."""
        policy = self.desk.config.conflict
        against = [order for order in self.desk.book.working.values() if _is_against(order, message)]
        if policy == CANCEL_OLDER:
            yields = [order for order in against if self._is_entry_of_another(order, message)]
        elif policy == INTERNAL_CROSS and ruling.denied is not None and ruling.denied.reason is Refusal.WASH_TRADE:
            yields = [order for order in against if self._may_cross(order, message)]
        else:
            yields = []
        return yields if len(yields) == len(against) or ruling.blocked_by_others else []

    def _is_entry_of_another(self, order: Order, message: NewOrder) -> bool:
        held = order.side.sign * self.desk.book.qty(order.ledger, order.symbol)
        exits = held < 0 and order.leaves_qty <= -held
        return not exits and order.purpose is Purpose.INTENT and order.ledger not in {message.strategy, UNCLAIMED}

    def _may_cross(self, order: Order, message: NewOrder) -> bool:
        ours = order.purpose is Purpose.INTENT and order.ledger not in {message.strategy, UNCLAIMED}
        wanted = order.client_order_id not in self.desk.cancels
        return ours and wanted and bool(self._px_for(order, message))

    # --- the cross

    def cross(self, message: NewOrder) -> Crossed:
        """Book what can be crossed of a wish that may leave now; return how much of it that was."""
        names, left, name = self._taken_back.pop(_key(message), []), message.qty, ""
        for each in names if self.desk.config.conflict == INTERNAL_CROSS else ():
            order = self.desk.book.orders.get(each)
            qty = min(left, order.qty - order.cum_qty) if order is not None else 0
            px = self._px_for(order, message) if order is not None and self._is_free(order, qty) else 0
            if order is not None and qty and px:
                self._write(order, message, qty, px)
                left, name = left - qty, f"{PREFIX}-cross-{self.desk.book.index}"
        return Crossed(message.qty - left, name)

    def _is_free(self, order: Order, qty: int) -> bool:
        """Return whether the venue has let an order go, and its strategy may still have its shares."""
        desk, side, ledger = self.desk, order.side, order.ledger
        if order.status is not OrdStatus.CANCELED or desk.link(ledger).lost or order.symbol in desk.broken:
            return False
        after = side.sign * desk.book.qty(ledger, order.symbol) + desk.book.open_qty(ledger, order.symbol, side) + qty
        most = desk.config.limits_of(ledger).position_notional_max
        return self.gates.standing(ledger).is_active and after * (order.px or 1) <= most

    def _px_for(self, order: Order, message: NewOrder) -> int:
        """Return the mid if the quote is fresh and both limits allow it, else 0. 1e-4 dollar."""
        quote = self._fresh_quote(message)
        if quote is None or not (order.px and message.px):
            return 0
        mid = (quote.bid_px + quote.ask_px) // 2
        return mid if all(each.side.sign * (each.px - mid) >= 0 for each in (order, message)) else 0

    def _fresh_quote(self, message: NewOrder) -> Quote | None:
        limits, quote = self.desk.config.limits_of(message.strategy), self.desk.market.quotes.get(message.symbol)
        if quote is None or not quote.is_two_sided or self.desk.now_ns - quote.recv_ns > limits.stale_after_ns:
            return None
        spread = quote.ask_px - quote.bid_px
        return quote if 0 < spread <= limits.spread_bps_max / BPS * quote.mid else None

    def _write(self, order: Order, message: NewOrder, qty: int, px: int) -> None:
        sides = (order.ledger, message.strategy) if order.side is Side.SELL else (message.strategy, order.ledger)
        quote = self.desk.market.quotes[message.symbol]
        self.desk.write(
            records.Crossed(
                at_ns=self.desk.now_ns,
                symbol=message.symbol,
                seller=sides[0],
                buyer=sides[1],
                qty=qty,
                px=px,
                reason=f"{order.client_order_id}, taken back, and wish {message.seq} of {message.strategy},"
                f" at the mid of {usd(quote.bid_px)} and {usd(quote.ask_px)}",
            )
        )


def _key(message: NewOrder) -> Key:
    return message.strategy, message.epoch, message.seq


def _is_against(order: Order, message: NewOrder) -> bool:
    return (order.symbol, order.side) == (message.symbol, message.side.opposite)
