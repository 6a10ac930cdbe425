"""What is asked of the broker again and again between rounds: open orders, the account, the clock.

Rule: each once at a time. A question that failed is asked again later: a broker that refuses everything must not eat
the budget.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from router import broker
from router.broker import Priority

if TYPE_CHECKING:
    from router.desk import Desk

POLL_BLIND_MS = 2_000  # open orders while the stream is down: the only source then
CLOCK_EVERY_MS = 60_000
CLOCK_RETRY_MS = 10_000


class Polls:
    """The tickets of what is on its way, and when the next is due."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._listed: frozenset[str] = frozenset()  # our orders that the list asked for must show
        self._orders_ticket = self._clock_ticket = self._account_ticket = 0
        self._next_orders_ns = self._next_clock_ns = 0

    def wake(self) -> None:
        """Ask for what is due."""
        desk, now_ns = self.desk, self.desk.steady_ns
        if desk.book.working and now_ns >= self._next_orders_ns and not self._orders_ticket:
            every_ms = desk.config.poll_orders_every_ms if desk.updates_up else POLL_BLIND_MS
            self._next_orders_ns = now_ns + desk.config.ns(every_ms)
            self.ask_orders(Priority.POLL)
        self._ask_clock()

    def ask_orders(self, priority: Priority) -> None:
        """Ask for all open orders, once at a time."""
        if not self._orders_ticket:
            working = self.desk.book.working
            self._listed = frozenset(name for name, order in working.items() if order.order_id)
            self._orders_ticket = self.desk.ask(broker.ListOrders, priority)

    def ask_account(self) -> None:
        """Ask for the account's money, once at a time."""
        if not self._account_ticket:
            self._account_ticket = self.desk.ask(broker.GetAccount, Priority.POLL)

    def _ask_clock(self) -> None:
        market, now_ns = self.desk.market, self.desk.now_ns
        clock = market.clock
        if clock is None or self._clock_ticket or self.desk.steady_ns < self._next_clock_ns:
            return
        passed = any(market.clock_ns < change_ns <= now_ns for change_ns in (clock.next_open_ns, clock.next_close_ns))
        if passed or abs(now_ns - market.clock_ns) >= self.desk.config.ns(CLOCK_EVERY_MS):
            self._clock_ticket = self.desk.ask(broker.GetClock, Priority.POLL)

    def orders_told(self, ticket: int, seen: set[str]) -> None:
        """Note that a list came; ask for each order of ours that should be in it and is not."""
        if ticket != self._orders_ticket or not ticket:
            return
        self._orders_ticket = 0
        for name in sorted(self._listed - seen):
            if name in self.desk.book.working:
                self.desk.query(self.desk.book.orders[name])

    def answered(self, ticket: int) -> None:
        """Note that the account's money or the clock came."""
        self._account_ticket *= ticket != self._account_ticket
        self._clock_ticket *= ticket != self._clock_ticket

    def failed(self, ticket: int) -> None:
        """Ask again later."""
        if ticket == self._clock_ticket:
            self._next_clock_ns = self.desk.steady_ns + self.desk.config.ns(CLOCK_RETRY_MS)
        self._orders_ticket *= ticket != self._orders_ticket
        self.answered(ticket)
