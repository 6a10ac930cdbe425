"""The engine: accounts and orders under a moving market and a moving clock.

Rule kept: everything happens in the order of time; what is due at an instant happens before the row of that instant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from venue import fees, sessions, splits
from venue.ledger import Charge
from venue.life import Life
from venue.sessions import Phase
from venue.units import new_york

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from venue.books import Book
    from venue.config import VenueConfig
    from venue.orders import Order
    from venue.rows import Luld, Nbbo, Print, Status


class Engine(Life):
    """The floor, its living orders, the market, and the sessions."""

    def __init__(self, config: VenueConfig) -> None:
        super().__init__(config)
        self.edge_ns = 0  # when the session's phase changes next; 0 before that is known
        self.splits: dict[str, int] = {}  # symbol -> new shares for an old one
        self.mornings: list[Callable[[int], None]] = []  # called when a trading day's first session begins
        self._handlers: dict[str, Callable[[Book, Order, int], None]] = {
            "activate": self.activate,
            "cancel": self.end_cancel,
            "replace": self.end_replace,
            "retry": self.evaluate,
            "opening": self.end_opening,
            "expire": self.end_expired,
        }

    def run_timers(self, now_ns: int) -> None:
        """Do what is due up to now, the session's edges included, in time order."""
        while timer := self.timers.pop(now_ns):
            self._cross_edges(timer.due_ns)
            book = self.books[timer.account]
            self._handlers[timer.kind](book, book.orders[timer.order_id], timer.due_ns)
        self._cross_edges(now_ns)

    def on_nbbo(self, row: Nbbo) -> None:
        """Note the new best prices and fill what they reach."""
        symbol = row.symbol
        level = self.levels.get(symbol) or self.level(symbol)
        level.take(row)
        if self.queues:
            self.queues.seen(level)
        waiting = self._resting.get(symbol)
        if waiting is not None and waiting.is_reached(level.bid_px, level.ask_px):
            self.sweep(symbol, row.t_ns)

    def on_print(self, row: Print) -> None:
        """Note the last price, and let the stops work that it reaches."""
        level = self.level(row.symbol)
        level.last_px = row.px
        level.prior_close_px = level.prior_close_px or row.px
        if self.queues:
            for order, qty in self.queues.printed(row):
                self.fill_passive(self.books[order.account], order, qty, row.t_ns)
        if self.phase(row.t_ns) is Phase.CORE:
            self.pull_triggers(row.symbol, row.px, row.t_ns)

    def on_luld(self, row: Luld) -> None:
        """Note the bands: an order that would trade beyond them rests."""
        level = self.level(row.symbol)
        level.up_px, level.down_px = row.up_px, row.down_px

    def on_status(self, row: Status) -> None:
        """Halt or resume a symbol: halted orders wait."""
        self.level(row.symbol).halted = row.halted
        self.sweep(row.symbol, row.t_ns)

    def sweep(self, symbol: str, now_ns: int) -> None:
        """Look at every waiting order that the present prices reach."""
        waiting, level = self.resting(symbol), self.level(symbol)
        for account, order_id in waiting.marketable(level.bid_px, level.ask_px):
            book = self.books[account]
            self.evaluate(book, book.orders[order_id], now_ns)

    def restore(self, seen_ns: int, now_ns: int) -> None:
        """Take up the open orders of a loaded state: what was under way goes on, what rested rests.

        The sessions that began and ended since `seen_ns` have their effect: orders expire, days are closed.
        """
        for book in self.books.values():
            for order in sorted(book.open_orders(), key=lambda found: found.seq):
                self._restore_order(book, order, now_ns)
        self.edge_ns = sessions.next_edge_ns(min(seen_ns or now_ns, now_ns))
        self._cross_edges(now_ns)

    def _restore_order(self, book: Book, order: Order, now_ns: int) -> None:
        self.plan_end(order)
        if order.status in {"new", "partially_filled", "pending_cancel", "pending_replace"}:
            waits = order.has_stop and not order.triggered
            (self.triggers if waits else self.resting(order.symbol)).add(order)
            if self.queues and not waits:
                self.queues.join(order, self.level(order.symbol))
        if order.status == "pending_cancel":
            self.later("cancel", order, now_ns, 0)
        elif order.status == "pending_new":
            old = book.orders.get(order.replaces or "")
            kind = "replace" if old and old.status == "pending_replace" else "activate"
            self.later(kind, order, now_ns, 0)

    def split(self, symbol: str, ratio: int, now_ns: int) -> None:
        """Make several new shares out of each old one: open orders end, positions and prices follow."""
        for book in self.books.values():
            for order in book.open_orders(symbol):
                if order.is_open:
                    self.end(book, order, "canceled", now_ns)
            if book.qty(symbol):
                splits.split_position(book.position(symbol), ratio)
                self.outbox.touch(book, None, symbol)
        splits.split_level(self.level(symbol), ratio)
        self.splits[symbol] = self.splits.get(symbol, 1) * ratio

    # --- sessions ---

    def _book_fees(self, book: Book, day: date, now_ns: int) -> None:
        """Charge what the fills of a day cost; once, on the next morning."""
        fills = [fill for fill in book.fills if new_york(fill.t_ns).date() == day]
        for kind, money in fees.charges(fills, day, taf_holiday=self.config.taf_holiday).items():
            charge = Charge(account=book.account.id, kind=kind, date=day.isoformat(), money=money, t_ns=now_ns)
            book.charges.append(charge)
            book.account.cash -= money
            book.account.fees += money
            self.outbox.keep_charge(charge)
            self.outbox.touch(book)

    def _cross_edges(self, now_ns: int) -> None:
        if not self.edge_ns:
            self.edge_ns = sessions.next_edge_ns(now_ns)
        while self.edge_ns <= now_ns:
            edge_ns, self.edge_ns = self.edge_ns, sessions.next_edge_ns(self.edge_ns)
            self._cross(edge_ns)

    def _cross(self, edge_ns: int) -> None:
        """Do what a change of phase brings: auctions, expiries, waiting orders, the marks of the close."""
        day = sessions.day_of(new_york(edge_ns).date())
        is_close = day is not None and edge_ns == day.close_ns
        for book in self.books.values():
            for order in book.open_orders():
                self._cross_order(book, order, edge_ns, is_close=is_close)
            if is_close:
                self._mark_close(book)
            if self.config.fees and day is not None and edge_ns == day.pre_open_ns:
                self._book_fees(book, sessions.previous_day(day.date).date, edge_ns)
        if day is not None and edge_ns == day.pre_open_ns:
            for act in self.mornings:
                act(edge_ns)
        for symbol in self.symbols_with_orders():
            self.sweep(symbol, edge_ns)

    def _cross_order(self, book: Book, order: Order, edge_ns: int, *, is_close: bool) -> None:
        if not order.is_open:
            return  # ended with another order of its group
        if is_close and order.tif == "cls" and order.is_queued:
            self._auction(book, order, edge_ns - 1)
        elif order.expires_ns <= edge_ns:
            self.end(book, order, "expired", edge_ns)
        elif order.is_queued and order.tif != "cls" and self.may_trade(order, edge_ns):
            self.activate(book, order, edge_ns)

    def _auction(self, book: Book, order: Order, at_ns: int) -> None:
        """Fill a market- or limit-on-close at the last quote of the day, as paper does, or let it end."""
        self.activate(book, order, at_ns)
        if order.is_open:
            self.end(book, order, "expired", at_ns)

    def _mark_close(self, book: Book) -> None:
        figures = self.figures(book)
        book.account.last_equity = figures.equity
        book.account.last_maintenance = figures.maintenance
        book.account.last_gross = figures.long_value - figures.short_value
        for position in book.held():
            position.overnight_qty, position.overnight_px = position.qty, self.level(position.symbol).mark_px
            self.outbox.touch(book, None, position.symbol)
        for symbol in self.levels:
            self.levels[symbol].prior_close_px = self.levels[symbol].mark_px
        self.outbox.touch(book)
