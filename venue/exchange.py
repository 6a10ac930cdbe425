"""The exchange as an object: `request` answers, `advance` moves the market on, `frames` tells what happened.

Sans-I/O: no socket, clock, file, thread or environment. The shell (venue/hub.py) and a simulation call the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from venue import rest_account, rest_market, rest_orders, rest_positions
from venue.bars import BarBuilder
from venue.call import Call, Handler
from venue.config import Response
from venue.engine import Engine
from venue.fault_market import MarketFaults
from venue.fault_quotes import QuoteFaults
from venue.rates import RateLimit
from venue.refusals import NO_KEY, NO_ROUTE, RATE_EXCEEDED, UNAUTHORIZED, Refusal
from venue.rows import Bar, Luld, Nbbo, News, Print, Quote, Status
from venue.splits import split_row
from venue.stale import StaleBooks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from venue.config import VenueConfig
    from venue.faults import Fault
    from venue.outbox import Frames
    from venue.rows import Row, Source

JSON_HEADERS = {"Content-Type": "application/json; charset=UTF-8"}
BODY_BYTES_MAX = 1 << 16


# Exact paths first; a path that ends in "/" takes one more part.
ROUTES: dict[tuple[str, str], Handler] = {
    ("POST", "/v2/orders"): rest_orders.submit,
    ("GET", "/v2/orders"): rest_orders.listing,
    ("DELETE", "/v2/orders"): rest_orders.cancel_all,
    ("GET", "/v2/orders:by_client_order_id"): rest_orders.by_client_id,
    ("GET", "/v2/orders/"): rest_orders.one,
    ("PATCH", "/v2/orders/"): rest_orders.replace,
    ("DELETE", "/v2/orders/"): rest_orders.cancel,
    ("GET", "/v2/positions"): rest_positions.listing,
    ("DELETE", "/v2/positions"): rest_positions.close_all,
    ("GET", "/v2/positions/"): rest_positions.one,
    ("DELETE", "/v2/positions/"): rest_positions.close,
    ("GET", "/v2/account"): rest_account.account,
    ("GET", "/v2/account/configurations"): rest_account.configurations,
    ("PATCH", "/v2/account/configurations"): rest_account.configure,
    ("GET", "/v2/account/activities"): rest_account.activities,
    ("GET", "/v2/account/activities/"): rest_account.activities,
    ("GET", "/v2/clock"): rest_market.clock,
    ("GET", "/v2/calendar"): rest_market.calendar,
    ("GET", "/v2/assets"): rest_market.assets,
    ("GET", "/v2/assets/"): rest_market.asset,
}


class Exchange:
    """One venue: accounts, market, matching."""

    def __init__(self, config: VenueConfig, source: Source) -> None:
        self.config = config
        self.source = source
        self.engine = Engine(config)
        self.engine.is_traded = self._is_traded
        self.rows_published = 0
        self._rates: dict[str, RateLimit] = {}
        self._bars = BarBuilder()
        self._bent = QuoteFaults(self.engine.faults)
        self._acts = MarketFaults(self.engine, self._publish, lambda: self.source.symbols, self._late_print)
        self._stale = StaleBooks(self.engine.faults)
        self._takers: dict[type, Callable[[Any], None]] = {
            Nbbo: self.engine.on_nbbo,
            Print: self._on_print,
            Status: self._on_status,
            Quote: self._publish,
            Luld: self._on_luld,
            News: self._publish,
            Bar: self._publish,
        }

    # --- accounts ---

    def open_account(self, key: str, secret: str, now_ns: int) -> str:
        """Return the id of the account with this key, opened if it is new."""
        for account_id, book in self.engine.books.items():
            if book.account.key == key:
                return account_id
        return self.engine.open_account(key, secret, now_ns).account.id

    def who(self, key: str | None, secret: str | None) -> str | Refusal:
        """Return the account that a key pair opens, or why not."""
        if not key or not secret:
            return NO_KEY
        for account_id, book in self.engine.books.items():
            if book.account.key == key:
                return account_id if book.account.secret == secret else UNAUTHORIZED
        return UNAUTHORIZED

    # --- the three calls ---

    def request(  # noqa: PLR0917 an HTTP call has these parts
        self, account_id: str, method: str, path: str, query: Mapping[str, str], body: bytes, now_ns: int
    ) -> Response:
        """Answer one REST call of an account."""
        self.advance(now_ns)
        rate = self._rates.get(account_id)
        if rate is None:
            limit = RateLimit(self.config.requests_per_min, self.config.rate_burst_per_s)
            rate = self._rates[account_id] = limit
        if not rate.take(now_ns):
            return refusal_response(RATE_EXCEEDED, rate.headers())
        found = self._route(method, path)
        if found is None or len(body) > BODY_BYTES_MAX:
            return refusal_response(NO_ROUTE, rate.headers())
        handler, part = found
        book = self._stale.book(self.engine.books[account_id], method, now_ns)
        answer = handler(Call(self.engine, book, part, query, body, now_ns, self.knows))
        if isinstance(answer, Refusal):
            return refusal_response(answer, rate.headers())
        status, value = answer
        payload = b"" if value is None else msgspec.json.encode(value)
        return Response(status, payload, {**JSON_HEADERS, **rate.headers()})

    def rate_headers(self, account_id: str) -> dict[str, str]:
        """Return the rate headers as they stand, for an answer that did not come from here."""
        rate = self._rates.get(account_id)
        return rate.headers() if rate else {}

    def order_fault(self, fault: Fault, now_ns: int) -> Fault:
        """Arm a fault; return it with its id."""
        return self.engine.faults.order(fault, now_ns)

    def advance(self, now_ns: int) -> None:
        """Bring market, timers and sessions up to now, in time order."""
        engine, takers = self.engine, self._takers
        timers, splits = engine.timers, engine.splits
        for row in self.source.until(now_ns):
            if timers.due_ns <= row.t_ns or engine.edge_ns <= row.t_ns:
                engine.run_timers(row.t_ns)
            if splits and (ratio := splits.get(getattr(row, "symbol", ""))):
                row = split_row(row, ratio)  # noqa: PLW2901 the row as the market tells it since the split
            takers[type(row)](row)
        if timers.due_ns <= now_ns or engine.edge_ns <= now_ns:
            engine.run_timers(now_ns)
        if self._bars.due_ns <= now_ns:
            for bar in self._bars.until(now_ns):
                self._publish(bar)
        self._acts.act(now_ns)
        if self._bent.is_late:
            engine.outbox.rows += self._bent.due(now_ns)

    @property
    def quiet_until_ns(self) -> int:
        """Return when something is due besides rows: a timer, a bar, an edge of the session."""
        return min(self.engine.timers.due_ns, self._bars.due_ns, self.engine.edge_ns)

    @property
    def is_plain(self) -> bool:
        """Return whether rows go as the market tells them: no fault bends or holds them back, no split changes them."""
        engine = self.engine
        return not (engine.faults or engine.splits or engine.queues or self._bent.is_late or self._acts.is_acting)

    def take(self, row: Row) -> None:
        """Take one row, what is due before it first."""
        engine = self.engine
        if engine.timers.due_ns <= row.t_ns or engine.edge_ns <= row.t_ns:
            engine.run_timers(row.t_ns)
        self._takers[type(row)](row)

    def frames(self, now_ns: int) -> Frames:
        """Advance to now; return what happened since the last call."""
        self.advance(now_ns)
        return self.engine.outbox.frames()

    def next_ns(self) -> int:
        """Return when something is due next: a row, a timer, a bar, an edge of the session."""
        due_ns = self.quiet_until_ns
        late_ns = self._bent.next_ns() if self._bent.is_late else None
        row_ns = self.source.next_ns()
        return min(due_ns, due_ns if late_ns is None else late_ns, due_ns if row_ns is None else row_ns)

    def knows(self, symbol: str) -> bool:
        """Return whether the venue lists a symbol: its market trades it, or somebody holds it."""
        if symbol in self.source.symbols:
            return True
        return any(book.qty(symbol) for book in self.engine.books.values())

    # --- inside ---

    def _is_traded(self, symbol: str) -> bool:
        """Return whether the market quotes a symbol; without a market, as while a state is read, that is not known."""
        symbols = self.source.symbols
        return not symbols or symbol in symbols

    def _route(self, method: str, path: str) -> tuple[Handler, str] | None:
        path = path.rstrip("/")
        if handler := ROUTES.get((method, path)):
            return handler, ""
        head, slash, part = path.rpartition("/")
        handler = ROUTES.get((method, head + slash))
        return (handler, part) if handler and part else None

    def _on_print(self, row: Print) -> None:
        self.engine.on_print(row)
        if row.published:
            for bar in self._bars.add(row):
                self._publish(bar)
            self._acts.note(row)
            self._publish(row)

    def _late_print(self, row: Print) -> None:
        """Publish a print that belongs to a time gone by: it moves its bar, and no price."""
        for bar in self._bars.add(row):
            self._publish(bar)
        self._publish(row)

    def _on_status(self, row: Status) -> None:
        self.engine.on_status(row)
        self._publish(row)

    def _on_luld(self, row: Luld) -> None:
        self.engine.on_luld(row)
        self._publish(row)

    def _publish(self, row: Row) -> None:
        self.rows_published += 1
        engine = self.engine
        if engine.faults:
            engine.outbox.rows += self._bent.rows(row, row.t_ns)
        else:
            engine.outbox.rows.append(row)


def refusal_response(refusal: Refusal, headers: Mapping[str, str]) -> Response:
    """Return the HTTP answer of a refusal."""
    return Response(refusal.status, msgspec.json.encode(refusal.body()), {**JSON_HEADERS, **headers})
