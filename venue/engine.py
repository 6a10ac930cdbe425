"""The matching engine: orders live, wait, fill, end. Alpaca's documented paper rule (section 4.7 of the contract).

A marketable order fills at the NBBO's far side whatever the size there; a tenth of the eligible ones gets a random part
first. A resting limit fills when the opposite side reaches it. Time moves only by `advance`; delays are timers.
"""

from __future__ import annotations

import copy
import heapq
import random
from typing import TYPE_CHECKING

from venue import margin, sessions
from venue.books import Book
from venue.ids import ulid, uuid_of
from venue.ledger import Account, Fill
from venue.outbox import Outbox
from venue.prices import Level
from venue.resting import Resting
from venue.sessions import Phase
from venue.units import NS_PER_MS, NS_PER_S, SHARE, USD, new_york
from venue.updates import Update

if TYPE_CHECKING:
    from collections.abc import Callable

    from venue.config import VenueConfig
    from venue.orders import Order
    from venue.rows import Nbbo, Print, Status

GTC_NS = 90 * 86_400 * NS_PER_S
DAY_NS = 86_400 * NS_PER_S
AT_ONCE = frozenset({"ioc", "fok"})


class Engine:
    """Accounts, prices, waiting orders and timers."""

    def __init__(self, config: VenueConfig) -> None:
        self.config = config
        self.books: dict[str, Book] = {}
        self.levels: dict[str, Level] = {}
        self.outbox = Outbox()
        self._resting: dict[str, Resting] = {}
        self._timers: list[tuple[int, int, str, str, str]] = []
        self._timers_made = 0
        self._edge_ns = 0
        self._dice = random.Random(f"{config.seed}/fills")
        self._handlers: dict[str, Callable[[Book, Order, int], None]] = {
            "activate": self._activate,
            "cancel": self._end_cancel,
            "replace": self._end_replace,
            "retry": self._evaluate,
        }

    # --- accounts and prices ---

    def open_account(self, key: str, secret: str, now_ns: int) -> Book:
        """Return the book of a new account with the configured cash."""
        cash = round(self.config.cash_usd * 10_000) * (USD // 10_000)
        account_id = uuid_of("account", key)
        number = "PA" + uuid_of("number", key).replace("-", "")[:10].upper()
        account = Account(
            id=account_id,
            number=number,
            key=key,
            secret=secret,
            created_ns=now_ns,
            cash=cash,
            start_cash=cash,
            last_equity=cash,
        )
        book = self.books[account_id] = Book(account)
        self.outbox.touch(book)
        return book

    def level(self, symbol: str) -> Level:
        """Return the prices of a symbol, an empty level if nothing is known yet."""
        return self.levels.get(symbol) or self.levels.setdefault(symbol, Level(symbol=symbol))

    def resting(self, symbol: str) -> Resting:
        """Return the waiting orders of a symbol."""
        return self._resting.get(symbol) or self._resting.setdefault(symbol, Resting())

    def figures(self, book: Book) -> margin.Figures:
        """Return the account's money as it stands."""
        marked = [(position, self.level(position.symbol).mark_px) for position in book.held()]
        limit = int(book.account.settings.get("max_margin_multiplier", margin.INTRADAY))
        return margin.figures(book.account, marked, book.held_money, limit)

    def phase(self, now_ns: int) -> Phase:
        """Return the session phase; always the core session where the venue never closes."""
        return Phase.CORE if self.config.hours == "always" else sessions.phase_at(now_ns)

    # --- what a request may do ---

    def submit(self, book: Book, order: Order, now_ns: int) -> None:
        """Take an order in: it is pending_new, or accepted when it has to wait for a session."""
        order.expires_ns = self._expiry_ns(order, now_ns)
        order.is_queued = not self._may_trade(order, now_ns)
        order.become("accepted" if order.is_queued else "pending_new", now_ns)
        book.put(order)
        book.rehold(order)
        self._tell(book, order, order.status, now_ns)
        if not order.is_queued:
            self._later("activate", order, now_ns, self.config.ack_latency_ms)

    def request_cancel(self, book: Book, order: Order, now_ns: int) -> None:
        """Begin a cancel; it ends after the venue's latency, unless a fill comes first."""
        order.cancel_requested_ns = now_ns
        order.become("pending_cancel", now_ns)
        self._tell(book, order, "pending_cancel", now_ns)
        self._later("cancel", order, now_ns, self.config.cancel_latency_ms)

    def finish_cancels(self, book: Book, now_ns: int) -> None:
        """End every cancel of an account that is under way now, as a close-all with cancel_orders waits for it."""
        for order in book.open_orders():
            if order.cancel_requested_ns:
                self._end(book, order, "canceled", now_ns)

    def request_replace(self, book: Book, old: Order, new: Order, now_ns: int) -> None:
        """Begin a replace: the old order keeps working until it ends, and may fill first."""
        new.expires_ns = self._expiry_ns(new, now_ns)
        new.become("pending_new", now_ns)
        wanted = max(new.hold_px * new.leaves_qty - old.held_money, 0) if new.is_opening else 0
        book.put(new)
        new.held_money, book.held_money = wanted, book.held_money + wanted
        old.replaced_by = new.id
        old.become("pending_replace", now_ns)
        self._tell(book, old, "pending_replace", now_ns)
        self.outbox.touch(book, new)
        self._later("replace", new, now_ns, self.config.cancel_latency_ms)

    # --- time and market ---

    def next_ns(self) -> int | None:
        """Return when the next timer is due."""
        return self._timers[0][0] if self._timers else None

    def run_timers(self, now_ns: int) -> None:
        """Do what is due up to now, the session's edges included, in time order."""
        while self._timers and self._timers[0][0] <= now_ns:
            due_ns, _, kind, account, order_id = heapq.heappop(self._timers)
            self._cross_edges(due_ns)
            book = self.books[account]
            self._handlers[kind](book, book.orders[order_id], due_ns)
        self._cross_edges(now_ns)

    def on_nbbo(self, row: Nbbo) -> None:
        """Note the new best prices and fill what they reach."""
        self.level(row.symbol).take(row)
        self.sweep(row.symbol, row.t_ns)

    def on_print(self, row: Print) -> None:
        """Note the last price."""
        level = self.level(row.symbol)
        level.last_px = row.px
        level.prior_close_px = level.prior_close_px or row.px

    def on_status(self, row: Status) -> None:
        """Halt or resume a symbol: halted orders wait."""
        self.level(row.symbol).halted = row.halted
        self.sweep(row.symbol, row.t_ns)

    def sweep(self, symbol: str, now_ns: int) -> None:
        """Look at every waiting order that the present prices reach."""
        waiting = self._resting.get(symbol)
        if not waiting:
            return
        level = self.levels[symbol]
        for account, order_id in waiting.marketable(level.bid_px, level.ask_px):
            book = self.books[account]
            self._evaluate(book, book.orders[order_id], now_ns)

    def restore(self, now_ns: int) -> None:
        """Take up the open orders of a loaded state: what was under way goes on, what rested rests."""
        for book in self.books.values():
            for order in sorted(book.open_orders(), key=lambda found: found.seq):
                self._restore_order(book, order, now_ns)

    # --- the life of an order ---

    def _restore_order(self, book: Book, order: Order, now_ns: int) -> None:
        if order.status in {"new", "partially_filled", "pending_cancel", "pending_replace"}:
            self.resting(order.symbol).add(order)
        if order.status == "pending_cancel":
            self._later("cancel", order, now_ns, 0)
        elif order.status == "pending_new":
            old = book.orders.get(order.replaces or "")
            kind = "replace" if old and old.status == "pending_replace" else "activate"
            self._later(kind, order, now_ns, 0)

    def _activate(self, book: Book, order: Order, now_ns: int) -> None:
        if order.status not in {"pending_new", "accepted", "held"}:
            return
        order.is_queued = False
        order.become("new", now_ns)
        self._tell(book, order, "new", now_ns, execution_id=self._execution_id(order, "new"))
        self.resting(order.symbol).add(order)
        self._evaluate(book, order, now_ns)
        if order.tif in AT_ONCE and order.is_open:
            self._end(book, order, "canceled", now_ns)

    def _evaluate(self, book: Book, order: Order, now_ns: int) -> None:
        level = self.level(order.symbol)
        px = level.opposite(order.sign)
        limit = order.limit_px
        if not px or level.halted or not order.is_open or not self._may_trade(order, now_ns):
            return
        if limit is not None and order.sign * (limit - px) < 0:
            return
        self._fill(book, order, self._fill_qty(order, px), px, now_ns)

    def _fill_qty(self, order: Order, px: int) -> int:
        if order.qty is None:
            wanted = margin.shares_for(order.notional or 0, px)
            return wanted if order.is_opening else min(wanted, order.hold_qty)
        leaves = order.leaves_qty
        lucky = order.fills or order.tif == "fok" or leaves < 2 * SHARE or leaves % SHARE
        if lucky or self._dice.random() * 100 >= self.config.partial_fill_pct:
            return leaves
        return self._dice.randint(1, leaves // SHARE - 1) * SHARE

    def _fill(self, book: Book, order: Order, qty: int, px: int, now_ns: int) -> None:
        if order.qty is None:
            order.qty = qty
        order.filled_qty += qty
        order.filled_money += qty * px
        order.fills += 1
        book.account.cash += book.position(order.symbol).fill(order.sign * qty, px)
        done = order.filled_qty == order.qty
        order.become("filled" if done else "partially_filled", now_ns)
        if done:
            self.resting(order.symbol).remove(order)
            book.close(order)
        else:
            book.rehold(order)
            self._later("retry", order, now_ns, self.config.partial_retry_ms)
        self._book_execution(book, order, qty, px, now_ns)

    def _book_execution(self, book: Book, order: Order, qty: int, px: int, now_ns: int) -> None:
        execution_id = self._execution_id(order, order.fills)
        event = "fill" if order.status == "filled" else "partial_fill"
        stamp = new_york(now_ns).strftime("%Y%m%d%H%M%S%f")[:17]
        fill = Fill(
            id=f"{stamp}::{uuid_of('activity', execution_id)}",
            execution_id=execution_id,
            account=book.account.id,
            order_id=order.id,
            symbol=order.symbol,
            side=order.side,
            t_ns=now_ns,
            px=px,
            qty=qty,
            cum_qty=order.filled_qty,
            leaves_qty=order.leaves_qty,
            type=event,
            order_status=order.status,
        )
        book.fills.append(fill)
        self.outbox.keep(fill)
        self.outbox.touch(book, order, order.symbol)
        self._tell(book, order, event, now_ns, execution_id=execution_id, px=px, qty=qty)

    def _end_cancel(self, book: Book, order: Order, now_ns: int) -> None:
        if order.is_open:
            self._end(book, order, "canceled", now_ns)

    def _end_replace(self, book: Book, new: Order, now_ns: int) -> None:
        old = book.orders[new.replaces or ""]
        assert new.qty is not None
        left_qty = new.qty - (old.filled_qty - new.replaces_filled_qty)
        if old.status not in {"pending_replace", "partially_filled"} or left_qty <= 0:
            self._refuse_replace(book, old, new, now_ns)
            return
        new.qty = left_qty
        self._end(book, old, "replaced", now_ns)
        book.rehold(new)
        self._activate(book, new, now_ns)

    def _refuse_replace(self, book: Book, old: Order, new: Order, now_ns: int) -> None:
        old.replaced_by = None
        if old.status == "pending_replace":
            old.become("partially_filled" if old.filled_qty else "new", now_ns)
        self._tell(book, old, "order_replace_rejected", now_ns)
        self._end(book, new, "rejected", now_ns)

    def _end(self, book: Book, order: Order, status: str, now_ns: int) -> None:
        self.resting(order.symbol).remove(order)
        order.become(status, now_ns)
        book.close(order)
        self._tell(book, order, status, now_ns, execution_id=self._execution_id(order, status))

    # --- sessions ---

    def _may_trade(self, order: Order, now_ns: int) -> bool:
        phase = self.phase(now_ns)
        return phase is Phase.CORE or (phase is not Phase.CLOSED and order.extended_hours)

    def _expiry_ns(self, order: Order, now_ns: int) -> int:
        if order.tif == "gtc":
            return now_ns + GTC_NS
        if self.config.hours == "always":
            return now_ns + DAY_NS
        close_ns = sessions.session_close_ns(now_ns)
        return close_ns + 4 * 3600 * NS_PER_S if order.extended_hours else close_ns

    def _cross_edges(self, now_ns: int) -> None:
        if not self._edge_ns:
            self._edge_ns = sessions.next_edge_ns(now_ns)
        while self._edge_ns <= now_ns:
            edge_ns, self._edge_ns = self._edge_ns, sessions.next_edge_ns(self._edge_ns)
            self._cross(edge_ns)

    def _cross(self, edge_ns: int) -> None:
        day = sessions.day_of(new_york(edge_ns).date())
        for book in self.books.values():
            for order in book.open_orders():
                if order.expires_ns <= edge_ns:
                    self._end(book, order, "expired", edge_ns)
                elif order.is_queued and self._may_trade(order, edge_ns):
                    self._activate(book, order, edge_ns)
            if day and edge_ns == day.close_ns:
                self._mark_close(book)
        for symbol in self._resting:
            self.sweep(symbol, edge_ns)

    def _mark_close(self, book: Book) -> None:
        figures = self.figures(book)
        book.account.last_equity = figures.equity
        book.account.last_maintenance = figures.maintenance
        book.account.last_gross = figures.long_value - figures.short_value
        for position in book.held():
            position.overnight_qty, position.overnight_px = position.qty, self.level(position.symbol).mark_px
            self.outbox.touch(book, None, position.symbol)
        self.outbox.touch(book)

    # --- small things ---

    def _later(self, kind: str, order: Order, now_ns: int, delay_ms: float) -> None:
        self._timers_made += 1
        due_ns = now_ns + round(delay_ms * NS_PER_MS)
        heapq.heappush(self._timers, (due_ns, self._timers_made, kind, order.account, order.id))

    def _execution_id(self, order: Order, mark: object) -> str:
        return uuid_of(self.config.seed, "execution", order.id, mark)

    def _tell(
        self,
        book: Book,
        order: Order,
        event: str,
        now_ns: int,
        *,
        execution_id: str | None = None,
        px: int | None = None,
        qty: int | None = None,
    ) -> None:
        self.outbox.touch(book, order)
        book.account.events_made += 1
        update = Update(
            account=book.account.id,
            event=event,
            t_ns=now_ns,
            event_id=ulid(now_ns, book.account.events_made),
            order=copy.copy(order),
            execution_id=execution_id,
            px=px,
            qty=qty,
            position_qty=None if px is None else book.qty(order.symbol),
        )
        self.outbox.updates.append(update)
