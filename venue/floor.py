"""The trading floor: what every part of the engine stands on. Accounts, prices, waiting orders, timers, the outbox.

It decides nothing about orders; it knows who may trade when, what an account is worth, and how an event is told.
"""

from __future__ import annotations

import copy
import random
from typing import TYPE_CHECKING

from venue import margin, sessions
from venue.books import Book
from venue.faults import Fault, Faults
from venue.ids import uuid_of
from venue.ledger import Account
from venue.outbox import Outbox
from venue.prices import Level
from venue.resting import Resting
from venue.sessions import Phase
from venue.timers import Timers
from venue.units import NS_PER_MS, NS_PER_S, USD
from venue.updates import Update

if TYPE_CHECKING:
    from collections.abc import Callable

    from venue.config import VenueConfig
    from venue.entry import NewOrder
    from venue.orders import Order

DAY_NS = 86_400 * NS_PER_S


class Floor:
    """The state that all parts of the engine share."""

    def __init__(self, config: VenueConfig) -> None:
        self.config = config
        self.books: dict[str, Book] = {}
        self.levels: dict[str, Level] = {}
        self.outbox = Outbox()
        self.timers = Timers()
        self.faults = Faults()
        self.is_traded: Callable[[str], bool] = lambda _: True  # whether the market quotes a symbol, as far as is known
        self.dice = random.Random(f"{config.seed}/fills")
        self._resting: dict[str, Resting] = {}
        self._phase, self._phase_from_ns, self._phase_until_ns = Phase.CLOSED, 0, 0

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
        found = self._resting.get(symbol)
        return self._resting.setdefault(symbol, Resting()) if found is None else found

    def symbols_with_orders(self) -> list[str]:
        """Return the symbols in which orders wait, or have waited."""
        return list(self._resting)

    def figures(self, book: Book) -> margin.Figures:
        """Return the account's money as it stands."""
        marked = [(position, self.level(position.symbol).mark_px) for position in book.held()]
        limit = int(book.account.settings.get("max_margin_multiplier", margin.INTRADAY))
        return margin.figures(book.account, marked, book.held_money, limit)

    def hold_px(self, order: Order | NewOrder, sign: int, now_ns: int) -> int:
        """Return what a share of an order, as an opening one, holds of the buying power; 0 where no price is known."""
        level, core = self.level(order.symbol), self.phase(now_ns) is Phase.CORE
        limit_px = order.limit_px if order.limit_px is not None else order.stop_px
        return margin.cost_per_share(sign, limit_px, level.bid_px, level.ask_px, level.mark_px, core=core)

    def phase(self, now_ns: int) -> Phase:
        """Return the session phase; always the core session where the venue never closes."""
        if self.faults and self.faults.active("early-close", now_ns):
            return Phase.POST
        if not self._phase_from_ns <= now_ns < self._phase_until_ns:
            self._phase_from_ns, self._phase_until_ns = sessions.last_edge_ns(now_ns), sessions.next_edge_ns(now_ns)
            self._phase = Phase.CORE if self.config.hours == "always" else sessions.phase_at(now_ns)
        return self._phase

    def may_trade(self, order: Order, now_ns: int) -> bool:
        """Return whether an order may trade in the present session."""
        phase = self.phase(now_ns)
        return phase is Phase.CORE or (phase is not Phase.CLOSED and order.extended_hours)

    def is_fresh(self, level: Level, now_ns: int) -> bool:
        """Return whether a quote is of the present session: nothing fills at what was quoted before it.

        A symbol without a market of its own keeps the quote that it was left with.
        """
        if self.config.hours == "always" or not (level.nbbo_ns or self.is_traded(level.symbol)):
            return True
        return self.phase(now_ns) is not Phase.CLOSED and level.nbbo_ns >= self._phase_from_ns

    def expiry_ns(self, order: Order, now_ns: int) -> int:
        """Return when an order entered now expires."""
        if order.tif == "gtc":
            return sessions.gtc_end_ns(now_ns)
        if self.config.hours == "always":
            return now_ns + DAY_NS
        return sessions.post_close_ns(now_ns) if order.extended_hours else sessions.session_close_ns(now_ns)

    def plan_end(self, order: Order) -> None:
        """See that a GTC order ends in time, which is at no change of session as other ends are."""
        if order.tif == "gtc":
            self.timers.add(order.expires_ns, "expire", order.account, order.id)

    def later(self, kind: str, order: Order, now_ns: int, delay_ms: float) -> None:
        """Note that something is due for an order."""
        self.timers.add(now_ns + round(delay_ms * NS_PER_MS), kind, order.account, order.id)

    def fault(self, kind: str, book: Book, symbol: str, now_ns: int) -> Fault | None:
        """Return the fault of a kind that is meant for this account and symbol now, and count it."""
        if not self.faults:
            return None
        return self.faults.hit(kind, now_ns, accounts=(book.account.id, book.account.key), symbol=symbol)

    def tell(
        self,
        book: Book,
        order: Order,
        event: str,
        now_ns: int,
        *,
        mark: str = "",
        px: int | None = None,
        qty: int | None = None,
        previous_mark: str = "",
    ) -> None:
        """Put an event, with the order as it stands, into the outbox."""
        self.outbox.touch(book, order)
        book.account.events_made += 1
        update = Update(
            account=book.account.id,
            event=event,
            t_ns=now_ns,
            number=book.account.events_made,
            order=copy.copy(order),
            mark=mark,
            px=px,
            qty=qty,
            position_qty=None if px is None else book.qty(order.symbol),
            previous_mark=previous_mark,
        )
        self.outbox.updates.append(update)
