"""A trader's desk for tests: an exchange on a market that moves only when the test says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import msgspec

from venue.config import Response, VenueConfig
from venue.exchange import Exchange
from venue.faults import Fault
from venue.rows import Nbbo, Print, Quote
from venue.units import NS_PER_MS, parse_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from venue.books import Book
    from venue.rows import Row
    from venue.updates import Update

KEY, SECRET = "PKDESK", "secret"


def at(text: str) -> int:
    """Return a time as ns."""
    found = parse_time(text)
    assert found is not None, text
    return found


OPENING = at("2026-11-23T14:45:00Z")  # a Monday, 09:45 in New York


def px(dollars: float) -> int:
    return round(dollars * 10_000)


class Hand:
    """A market whose rows are put in by hand."""

    def __init__(self, *symbols: str) -> None:
        self.symbols = symbols
        self.rows: list[Row] = []

    def until(self, now_ns: int) -> Iterator[Row]:
        while self.rows and self.rows[0].t_ns <= now_ns:
            yield self.rows.pop(0)

    def next_ns(self) -> int | None:
        return self.rows[0].t_ns if self.rows else None


class Desk:
    """One account on one exchange; every call happens at `now_ns`."""

    def __init__(self, *symbols: str, now_ns: int = OPENING, **switches: Any) -> None:  # noqa: ANN401 any switch
        self.now_ns = now_ns
        self.market = Hand(*(symbols or ("AAA", "BBB")))
        settings: dict[str, Any] = {"partial_fill_pct": 0.0, "requests_per_min": 10**9, **switches}
        self.exchange = Exchange(VenueConfig(**settings), self.market)
        self.account = self.exchange.open_account(KEY, SECRET, now_ns)
        self.updates: list[Update] = []
        self.rows: list[Row] = []

    @property
    def book(self) -> Book:
        return self.exchange.engine.books[self.account]

    def wait(self, ms: float) -> None:
        """Let time pass, and collect what happened."""
        self.now_ns += round(ms * NS_PER_MS)
        frames = self.exchange.frames(self.now_ns)
        self.updates += frames.updates
        self.rows += frames.rows

    def until(self, text: str) -> None:
        """Let time pass until an instant."""
        self.wait((at(text) - self.now_ns) / NS_PER_MS)

    def nbbo(self, bid: float, ask: float, symbol: str = "AAA") -> None:
        """Move the market; dollars."""
        self.market.rows.append(Nbbo(self.now_ns, symbol, px(bid), 100, px(ask), 100))
        self.wait(0)

    def quote(self, bid: float, ask: float, symbol: str = "AAA") -> None:
        self.market.rows.append(Quote(self.now_ns, symbol, px(bid), 100, px(ask), 100))
        self.wait(0)

    def trade(self, price: float, qty: int = 100, symbol: str = "AAA") -> None:
        self.market.rows.append(Print(self.now_ns, symbol, px(price), qty, published=True))
        self.wait(0)

    def call(self, method: str, path: str, body: object = None, *, account: str = "") -> Response:
        """Make a REST call; the path may carry a query."""
        path, _, query = path.partition("?")
        raw = b"" if body is None else body if isinstance(body, bytes) else msgspec.json.encode(body)
        who = account or self.account
        return self.exchange.request(who, method, "/v2" + path, dict(parse_qsl(query)), raw, self.now_ns)

    def get(self, path: str) -> Any:  # noqa: ANN401 any JSON
        response = self.call("GET", path)
        assert response.status == 200, response
        return msgspec.json.decode(response.body)

    def refused(self, method: str, path: str, body: object = None) -> tuple[int, int, str]:
        """Make a call that must be refused; return status, code, message."""
        response = self.call(method, path, body)
        assert response.status >= 400, response
        tree = msgspec.json.decode(response.body)
        return response.status, tree.get("code", 0), tree["message"]

    def order(self, side: str = "buy", qty: float | str = 10, limit: float | str | None = None, **more: Any) -> Any:  # noqa: ANN401 any JSON
        """Submit an order that must be taken in; return its JSON."""
        response = self.call("POST", "/orders", ticket(side, qty, limit, **more))
        assert response.status == 200, response
        return msgspec.json.decode(response.body)

    def events(self) -> list[str]:
        """Let the venue's latencies pass; return and forget the events so far."""
        self.wait(10)
        found, self.updates = [update.event for update in self.updates], []
        return found


def ticket(side: str = "buy", qty: float | str = 10, limit: float | str | None = None, **more: Any) -> dict[str, Any]:  # noqa: ANN401 any JSON
    """Return the body of an order request: market without a limit, DAY unless told otherwise."""
    body: dict[str, Any] = {
        "symbol": "AAA",
        "side": side,
        "qty": qty,
        "type": "market" if limit is None else "limit",
        "time_in_force": "day",
    }
    if limit is not None:
        body["limit_price"] = limit
    return {name: value for name, value in (body | more).items() if value is not None}


def faulty(kind: str, desk: Desk | None = None, **more: Any) -> Desk:  # noqa: ANN401 any setting of a fault
    """Return a desk whose exchange has been told to misbehave."""
    desk = desk or Desk()
    desk.nbbo(25.00, 25.02)
    desk.exchange.order_fault(Fault(kind=kind, **more), desk.now_ns)
    return desk
