"""The way to flat without the router: cancel all, close all, see it twice. Only keys, HTTP and the standard library.

Used by `hftctl flatten` when the router is silent, and (its first half) by the guardian. A plan is pure: it is told
answers and the time, and says what to call next. `flatten` and `cancel_all` are the thin loop that does it.
Rule: idempotent and bounded; "flat" is said only after two looks in a row found no order and no position; an error is
never "flat". Closing orders are named `h1-panic-…`, so the router books them to the ledgers that held the shares when
it is back.
"""

from __future__ import annotations

import http.client
import json
import time
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from hft import keys
from hft.clock import NS_PER_MS, WallClock
from hft.unreachable import told
from router.ids import PANIC, PREFIX, base36

if TYPE_CHECKING:
    from collections.abc import Callable

CALL_S_MAX = 4.0
LOOK_EVERY_MS = 250
CLOSE_AGAIN_MS = 2_000
LOOKS_MIN = 2
OK_MAX = 299
NOT_FOUND, MULTI = 404, 207
BODY_BYTES_MAX = 4 << 20


class Call(NamedTuple):
    """One request to make."""

    method: str
    path: str
    body: dict[str, str] | None = None


class Answer(NamedTuple):
    """What came back: the status (0: nothing came) and the JSON, or the words of the failure."""

    status: int
    body: Any

    @property
    def ok(self) -> bool:
        """Return whether the call did what it says."""
        return 0 < self.status <= OK_MAX


class PanicResult(NamedTuple):
    """How it ended: `left` lists what is not done, in words."""

    ok: bool
    text: str
    left: tuple[str, ...]


class Plan:
    """Cancel, and if wanted close, until nothing of the scope is left. Pure."""

    def __init__(self, symbols: tuple[str, ...], *, close: bool, run: str) -> None:
        self.symbols, self.close, self.run = frozenset(symbols), close, run
        self.orders: list[dict[str, Any]] | None = None
        self.positions: list[dict[str, Any]] | None = None
        self.market_open = True
        self.trouble = ""
        self._looks = 0
        self._closed_ms: dict[str, int] = {}
        self._numbers = 0

    @property
    def done(self) -> bool:
        """Return whether nothing is left, seen twice."""
        return self._looks >= LOOKS_MIN

    @property
    def stuck(self) -> bool:
        """Return whether positions are left that nobody would trade now."""
        return self.close and not self.market_open and not self.orders and bool(self.positions)

    def round(self, now_ms: int) -> list[Call]:
        """Return the calls of one round: act on what was seen last, then look again."""
        looks = [Call("GET", "/v2/orders?" + urlencode({"status": "open", "limit": 500}))]
        if self.close:
            looks += [Call("GET", "/v2/clock"), Call("GET", "/v2/positions")]
        return [*self._cancels(), *self._closes(now_ms), *looks]

    def _cancels(self) -> list[Call]:
        if self.orders is None and not self.symbols:
            return [Call("DELETE", "/v2/orders")]
        working = [order for order in self.orders or () if not self._is_ours(order)]
        return [Call("DELETE", f"/v2/orders/{quote(str(order.get('id')))}") for order in working]

    def _is_ours(self, order: dict[str, Any]) -> bool:
        """Return whether an order is one of this run's own closing orders."""
        return str(order.get("client_order_id", "")).startswith(f"{PREFIX}-{PANIC}-{self.run}-")

    def _closes(self, now_ms: int) -> list[Call]:
        if not self.close or not self.market_open or self.orders or self.orders is None:
            return []  # what works may still hold the shares
        calls = []
        for position in self.positions or ():
            symbol = str(position.get("symbol"))
            if now_ms - self._closed_ms.get(symbol, -CLOSE_AGAIN_MS) >= CLOSE_AGAIN_MS:
                self._closed_ms[symbol] = now_ms
                calls.append(self._close(symbol, str(position.get("qty"))))
        return calls

    def _close(self, symbol: str, qty: str) -> Call:
        if "." in qty.rstrip("0").rstrip("."):
            return Call("DELETE", f"/v2/positions/{quote(symbol)}")  # a part of a share: the venue knows how
        self._numbers += 1
        body = {
            "symbol": symbol,
            "qty": qty.lstrip("-").partition(".")[0],
            "side": "buy" if qty.startswith("-") else "sell",
            "type": "market",
            "time_in_force": "day",
            "client_order_id": f"{PREFIX}-{PANIC}-{self.run}-{base36(self._numbers)}",
        }
        return Call("POST", "/v2/orders", body)

    def told(self, call: Call, answer: Answer) -> None:
        """Take an answer."""
        if call.method == "GET":
            self._seen(call.path, answer)
        elif not answer.ok and answer.status != NOT_FOUND:
            self.trouble = f"{call.method} {call.path}: {answer.status} {_words(answer)}"

    def _seen(self, path: str, answer: Answer) -> None:
        if path.startswith("/v2/clock"):
            self.market_open = not (answer.ok and isinstance(answer.body, dict) and answer.body.get("is_open") is False)
            return
        found = answer.body if answer.ok and isinstance(answer.body, list) else None
        if found is None:
            self.trouble = f"GET {path}: {answer.status} {_words(answer)}"
            self._looks = 0
        else:
            found = [item for item in found if not self.symbols or item.get("symbol") in self.symbols]
        if path.startswith("/v2/orders"):
            self.orders = found
        else:
            self.positions = found
        last = path.startswith("/v2/positions") or not self.close
        if last:
            flat = self.orders == [] and (not self.close or self.positions == [])
            self._looks = self._looks + 1 if flat else 0

    def result(self) -> PanicResult:
        """Return how it stands."""
        if self.done:
            return PanicResult(ok=True, text="flat" if self.close else "no order works", left=())
        left = [f"order {o.get('client_order_id')} ({o.get('side')} {o.get('symbol')})" for o in self.orders or ()]
        left += [f"{p.get('qty')} {p.get('symbol')}" for p in self.positions or ()]
        if self.stuck:
            left.append("the market is closed: run flatten again when it is open")
        if self.trouble:
            left.append(self.trouble)
        return PanicResult(ok=False, text="not flat", left=tuple(left) or ("the venue did not confirm in time",))


def flatten(broker: keys.Broker, symbols: tuple[str, ...], timeout_ms: int) -> PanicResult:
    """Cancel and close everything (or some symbols) through REST; return once seen flat twice, stuck, or out of time.

    Raises ConfigError for any host but paper and loopback.
    """
    return _carry_out(Plan(symbols, close=True, run=_run_name()), broker, timeout_ms)


def cancel_all(broker: keys.Broker, timeout_ms: int) -> PanicResult:
    """Cancel every order of the account through REST; positions stay. Raises ConfigError for any other host."""
    return _carry_out(Plan((), close=False, run=_run_name()), broker, timeout_ms)


def _run_name() -> str:
    return base36(WallClock().now_ns() // NS_PER_MS)


def _carry_out(plan: Plan, broker: keys.Broker, timeout_ms: int) -> PanicResult:
    call, clock = caller(broker), WallClock()
    end_ns = clock.mono_ns() + timeout_ms * NS_PER_MS
    while not plan.done and not plan.stuck and clock.mono_ns() < end_ns:
        for step in plan.round(clock.mono_ns() // NS_PER_MS):
            plan.told(step, call(step))
            if clock.mono_ns() >= end_ns:
                break
        time.sleep(0 if plan.done else LOOK_EVERY_MS / 1_000)  # between two looks: the venue needs a moment
    return plan.result()


def caller(broker: keys.Broker) -> Callable[[Call], Answer]:
    """Return the function that makes one HTTP call; raise ConfigError for any host but paper and loopback."""
    parts = urlsplit(keys.base_url(broker.rest))
    host, secure = parts.hostname or "", parts.scheme == "https"
    headers = {
        "APCA-API-KEY-ID": broker.keys.key_id,
        "APCA-API-SECRET-KEY": broker.keys.secret,
        "Content-Type": "application/json",
    }

    def call(step: Call) -> Answer:
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(host, parts.port, timeout=CALL_S_MAX)
        try:
            body = json.dumps(step.body) if step.body else None
            connection.request(step.method, step.path, body=body, headers=headers)
            response = connection.getresponse()
            raw = response.read(BODY_BYTES_MAX)
            return Answer(response.status, json.loads(raw) if raw else None)
        except (OSError, http.client.HTTPException, ValueError) as error:
            return Answer(0, told(error))
        finally:
            connection.close()

    return call


def _words(answer: Answer) -> str:
    if isinstance(answer.body, dict):
        return str(answer.body.get("message", ""))
    return str(answer.body)[:200]
