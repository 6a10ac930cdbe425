"""All that one account owns: its orders, positions, executions, and what its open orders hold.

Rule kept: holds are computed from open orders only, so that nothing stays held when nothing works.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from venue.ledger import Position
from venue.orders import OPPOSITE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from venue.ledger import Account, Charge, Fill
    from venue.orders import Order


class Book:
    """One account's state, indexed."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.positions: dict[str, Position] = {}
        self.orders: dict[str, Order] = {}
        self.by_client_id: dict[str, str] = {}
        self._open: dict[tuple[str, str], dict[str, Order]] = {}  # by symbol and side
        self.fills: list[Fill] = []
        self.charges: list[Charge] = []
        self.held_money = 0
        self.retired: set[str] = set()  # client order ids of forgotten orders: used for ever

    def put(self, order: Order) -> None:
        """Keep an order (new or loaded) under all its names."""
        self.orders[order.id] = order
        self.by_client_id[order.client_order_id] = order.id
        if order.is_open:
            self._open.setdefault((order.symbol, order.side), {})[order.id] = order
        self.held_money += order.held_money

    def retire(self, kept_max: int) -> None:
        """Forget the oldest ended orders beyond so many; their client order ids stay used."""
        ended = sorted((order for order in self.orders.values() if not order.is_open), key=lambda order: order.seq)
        for order in ended[: max(len(ended) - kept_max, 0)]:
            del self.orders[order.id]
            del self.by_client_id[order.client_order_id]
            self.retired.add(order.client_order_id)

    def is_used(self, client_order_id: str) -> bool:
        """Return whether an id was ever given to an order of this account."""
        return client_order_id in self.by_client_id or client_order_id in self.retired

    def close(self, order: Order) -> None:
        """Take a terminal order off the open ones and release what it held."""
        self._open.get((order.symbol, order.side), {}).pop(order.id, None)
        self.rehold(order)

    def rehold(self, order: Order) -> None:
        """Set what the order holds of the buying power to what its open part needs."""
        needed = 0
        if order.is_open and order.is_opening:
            needed = order.hold_px * order.leaves_qty if order.notional is None else order.notional
        self.held_money += needed - order.held_money
        order.held_money = needed

    def position(self, symbol: str) -> Position:
        """Return the position of a symbol, an empty one if there is none yet."""
        return self.positions.get(symbol) or self.positions.setdefault(symbol, Position(symbol=symbol))

    def qty(self, symbol: str) -> int:
        """Return the signed quantity held."""
        found = self.positions.get(symbol)
        return found.qty if found else 0

    def held(self) -> list[Position]:
        """Return the positions that are not flat, by symbol."""
        return [self.positions[symbol] for symbol in sorted(self.positions) if self.positions[symbol].qty]

    def open_orders(self, symbol: str | None = None, side: str | None = None) -> Iterator[Order]:
        """Yield the open orders, all or those of a symbol and a side."""
        for key in list(self._open):
            if (symbol is None or key[0] == symbol) and (side is None or key[1] == side):
                yield from list(self._open[key].values())

    def open_against(self, symbol: str, side: str) -> list[Order]:
        """Return the open orders of the other side."""
        return list(self._open.get((symbol, OPPOSITE[side]), {}).values())

    def closing_held_qty(self, symbol: str, *, but: str = "") -> int:
        """Return how much of a position its open closing orders hold; `but` leaves one order out of account."""
        return sum(
            self._held_by(order)
            for side in OPPOSITE
            for order in self._open.get((symbol, side), {}).values()
            if not order.is_opening and order.id != but and order.status != "held"
        )

    def _held_by(self, order: Order) -> int:
        rival = self.orders.get((order.status == "pending_new" and order.replaces) or order.sibling or "")
        if order.qty is None:
            return order.hold_qty
        if rival is None or not rival.is_open or rival.status == "held":
            return order.leaves_qty
        return max(order.leaves_qty - rival.leaves_qty, 0)  # the two never both fill: the larger one is held

    def available_qty(self, symbol: str, *, but: str = "") -> int:
        """Return the part of a position (unsigned) that no closing order holds."""
        return max(abs(self.qty(symbol)) - self.closing_held_qty(symbol, but=but), 0)

    def find(self, order_id: str) -> Order | None:
        """Return an order by the venue's id."""
        return self.orders.get(order_id)

    def find_client(self, client_order_id: str) -> Order | None:
        """Return an order by the client's id."""
        return self.orders.get(self.by_client_id.get(client_order_id, ""))
