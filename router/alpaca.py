"""The edge to Alpaca: the official client for requests, the official stream for trade updates. No core knows it.

Rules: alpaca-py's own retries are off (it would send an order again after a 504), every call has its timeouts, proxies
and netrc are not read, redirects are not followed, and the session can reach one host only: paper or loopback, checked
here, where the address is used.
An order request has three ends: a definite answer, surely not sent, or unknown; the last is never guessed away.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import requests
from alpaca.common.exceptions import APIError
from alpaca.trading.client import TradingClient
from alpaca.trading.stream import TradingStream
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from hft import keys
from hft.clock import NS_PER_MS
from hft.errors import ConfigError, Unavailable
from router import alpaca_words as words
from router import broker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hft.clock import Clock
    from hft.messages import Message
    from router.broker import AnyReply, AnyRequest

ORDERS_MAX = 500
FILLS_MAX = 100
FILL_PAGES_MAX = 20
TEXT_CHARS_MAX = 300
RETRY_AFTER_MS = 5_000
SERVER_ERROR, TOO_MANY = 500, 429
NEVER_SENT = (NewConnectionError, ConnectTimeoutError)
WINDOW_MS = 60_000
SOCKET_PARAMS = {
    "ping_interval": 5,
    "ping_timeout": 5,
    "max_queue": 4_096,
    "max_size": 8 << 20,
    "close_timeout": 1,
    "compression": None,
}


class Rest:
    """One session with the venue's REST interface; a thread has its own. `perform` answers every request, once."""

    def __init__(
        self,
        *,
        find_broker: Callable[[], keys.Broker],
        clock: Clock,
        timeouts_s: tuple[float, float],
        is_halted: Callable[[], bool],
        put: Callable[[Message], None],
    ) -> None:
        self._find_broker, self._clock, self._timeouts_s = find_broker, clock, timeouts_s
        self._is_halted, self._put = is_halted, put
        self._client: TradingClient | None = None
        self._calls: dict[type, Callable[[Any], AnyReply]] = {
            broker.SubmitOrder: self._submit,
            broker.CancelRequest: self._cancel,
            broker.CancelEverything: self._cancel_everything,
            broker.QueryOrder: self._query,
            broker.ListOrders: self._list_orders,
            broker.ListPositions: self._list_positions,
            broker.ListFills: self._list_fills,
            broker.GetAccount: self._account,
            broker.GetClock: self._clock_told,
        }

    def perform(self, request: AnyRequest) -> AnyReply:
        """Do what is asked and return the answer."""
        held_back = self._hold_back(request)
        if held_back is not None:
            return held_back
        try:
            return self._calls[type(request)](request)
        except (ConfigError, Unavailable) as error:
            return _not_sent(request, error.what)
        except APIError as error:
            return self._refused(request, error)
        except requests.RequestException as error:
            self._client = None  # the venue may have moved: ask anew where it is
            if _never_sent(error):
                return _not_sent(request, f"no connection: {_short(error)}")
            return _unknown(request, _short(error))
        except ValueError as error:  # JSON that is none, or says something else
            return _unknown(request, f"not understood: {_short(error)}")

    def close(self) -> None:
        """Close the session."""
        if self._client is not None:
            self._client._session.close()  # noqa: SLF001 alpaca-py has no public way

    def _hold_back(self, request: AnyRequest) -> broker.NotSent | None:
        if not isinstance(request, broker.SubmitOrder):
            return None
        if request.expires_ns and self._clock.now_ns() > request.expires_ns:
            return _not_sent(request, "it expired while it waited for its turn")
        if not request.exits and self._is_halted():
            return _not_sent(request, "the HALT file is there", halted=True)
        return None

    @property
    def client(self) -> TradingClient:
        """Return the official client, set up as the module's rules say; raise ConfigError for any other host."""
        if self._client is None:
            self._client = client_for(self._find_broker(), self._timeouts_s, self._note_headers)
        return self._client

    # --- the calls

    def _submit(self, request: broker.SubmitOrder) -> AnyReply:
        body: dict[str, Any] = {
            "symbol": request.symbol,
            "qty": str(request.qty),
            "side": request.side.word,
            "type": "limit" if request.px else "market",
            "time_in_force": request.tif.value,
            "client_order_id": request.client_order_id,
        }
        if request.px:
            body["limit_price"] = words.usd_text(request.px)
        return broker.OrderReply(ticket=request.ticket, order=words.order(self.client.post("/orders", body)))

    def _cancel(self, request: broker.CancelRequest) -> AnyReply:
        self.client.delete(f"/orders/{request.order_id}")
        return broker.CancelTaken(ticket=request.ticket, client_order_id=request.client_order_id)

    def _cancel_everything(self, request: broker.CancelEverything) -> AnyReply:
        self.client.delete("/orders")
        return broker.CancelTaken(ticket=request.ticket)

    def _query(self, request: broker.QueryOrder) -> AnyReply:
        if request.client_order_id:
            raw = self.client.get("/orders:by_client_order_id", {"client_order_id": request.client_order_id})
        else:
            raw = self.client.get(f"/orders/{request.order_id}")
        return broker.OrderReply(ticket=request.ticket, order=words.order(raw))

    def _list_orders(self, request: broker.ListOrders) -> AnyReply:
        asked_ns = self._clock.now_ns()
        query: dict[str, Any] = {"status": "open", "limit": ORDERS_MAX, "nested": False}
        if request.after_ns:
            query |= {"status": "all", "after": words.rfc3339(request.after_ns), "direction": "desc"}
        raw = self.client.get("/orders", query)
        return words.orders(raw, ticket=request.ticket, asked_ns=asked_ns, open_only=not request.after_ns)

    def _list_positions(self, request: broker.ListPositions) -> AnyReply:
        return words.positions(self.client.get("/positions"), ticket=request.ticket)

    def _list_fills(self, request: broker.ListFills) -> AnyReply:
        query: dict[str, Any] = {"after": words.rfc3339(request.after_ns), "direction": "asc", "page_size": FILLS_MAX}
        pages: list[Any] = []
        for _ in range(FILL_PAGES_MAX):
            page = self.client.get("/account/activities/FILL", query)
            if not isinstance(page, list):
                raise words.Untranslatable("the executions are not a list")
            pages += page
            if len(page) < FILLS_MAX:
                break
            query["page_token"] = page[-1]["id"]
        return words.fills(pages, ticket=request.ticket)

    def _account(self, request: broker.GetAccount) -> AnyReply:
        return words.account(self.client.get("/account"), ticket=request.ticket)

    def _clock_told(self, request: broker.GetClock) -> AnyReply:
        return words.clock(self.client.get("/clock"), ticket=request.ticket)

    # --- what the answers mean

    def _refused(self, request: AnyRequest, error: APIError) -> AnyReply:
        status = error.status_code or 0
        code, text = _code_and_text(error)
        if status >= SERVER_ERROR or not status:
            return _unknown(request, f"{status} {text}")
        return broker.BrokerRejected(
            ticket=request.ticket,
            request=type(request).__name__,
            client_order_id=getattr(request, "client_order_id", ""),
            status=status,
            code=code,
            text=text,
            retry_after_ms=self._retry_after_ms(error.response.headers) if status == TOO_MANY else 0,
        )

    def _retry_after_ms(self, headers: Mapping[str, str]) -> int:
        try:
            return self._until_ms(float(headers.get("X-RateLimit-Reset", ""))) or RETRY_AFTER_MS
        except ValueError:
            return RETRY_AFTER_MS  # a 429 may come without the headers

    def _until_ms(self, reset_s: float) -> int:
        """Return how long until the venue's window is new, at most a minute."""
        return max(0, min(WINDOW_MS, round(reset_s * 1_000 - self._clock.now_ns() / NS_PER_MS)))

    def _note_headers(self, response: requests.Response, *_: object, **__: object) -> None:
        headers = response.headers
        try:
            limit, remaining = int(headers["X-RateLimit-Limit"]), int(headers["X-RateLimit-Remaining"])
            resets_ms = self._until_ms(float(headers["X-RateLimit-Reset"]))
        except (KeyError, ValueError):
            return  # the venue does not say, and our own count goes on
        self._put(broker.RateNoted(limit=limit, remaining=remaining, resets_ms=resets_ms))


class _Adapter(HTTPAdapter):
    """Every call with (connect, read) timeouts, no retry of any kind."""

    def __init__(self, timeouts_s: tuple[float, float]) -> None:
        self._timeouts_s = timeouts_s
        super().__init__(max_retries=0, pool_connections=1, pool_maxsize=2)

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]  # noqa: ANN401 requests' own signature, shortened
        """Send with our timeouts, whatever the caller said."""
        return super().send(request, **{**options, "timeout": self._timeouts_s})


def client_for(where: keys.Broker, timeouts_s: tuple[float, float], note: Callable[..., None]) -> TradingClient:
    """Return alpaca-py's client for paper or loopback; raise ConfigError for any other host."""
    url = keys.base_url(where.rest)
    client = TradingClient(where.keys.key_id, where.keys.secret, paper=True, raw_data=True, url_override=url)
    client._retry = 0  # noqa: SLF001 the only way to keep it from sending an order twice
    session = client._session  # noqa: SLF001 the only way to give it timeouts
    session.trust_env = False
    session.adapters.clear()
    session.mount(url + "/", _Adapter(timeouts_s))
    session.hooks["response"].append(note)
    return client


def _never_sent(error: requests.RequestException) -> bool:
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NEVER_SENT)


def _not_sent(request: AnyRequest, reason: str, *, halted: bool = False) -> broker.NotSent:
    return broker.NotSent(
        ticket=request.ticket,
        request=type(request).__name__,
        client_order_id=getattr(request, "client_order_id", ""),
        reason=reason,
        halted=halted,
    )


def _unknown(request: AnyRequest, reason: str) -> broker.BrokerUnknown:
    return broker.BrokerUnknown(
        ticket=request.ticket,
        request=type(request).__name__,
        client_order_id=getattr(request, "client_order_id", ""),
        reason=reason,
    )


def _code_and_text(error: APIError) -> tuple[int, str]:
    """Return code and message of a refusal; its body may be JSON without a code, or no JSON at all."""
    raw = str(error)
    try:
        body = json.loads(raw)
    except ValueError:
        return 0, _shortened(raw)
    if not isinstance(body, dict):
        return 0, _shortened(raw)
    code = body.get("code")
    return code if isinstance(code, int) else 0, _shortened(str(body.get("message") or raw))


def _short(error: Exception) -> str:
    return f"{type(error).__name__}: {_shortened(str(error))}"


def _shortened(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= TEXT_CHARS_MAX else text[:TEXT_CHARS_MAX] + "…"


class Stream(TradingStream):
    """alpaca-py's stream of trade updates: its handshake, and frames as they come."""

    def __init__(self, where: keys.Broker) -> None:
        super().__init__(
            where.keys.key_id,
            where.keys.secret,
            paper=True,
            raw_data=True,
            url_override=where.updates,
            websocket_params=dict(SOCKET_PARAMS),
        )
        self.subscribe_trade_updates(_unused)  # it listens only if someone wants to hear

    async def start(self) -> None:
        """Connect, authenticate, ask to listen."""
        await self._start_ws()  # type: ignore[no-untyped-call]  # alpaca-py's own, without types

    async def frame(self) -> str | bytes:
        """Return the next frame; raise when the socket has ended."""
        socket: Any = self._ws
        found: str | bytes = await socket.recv()
        return found

    async def end(self) -> None:
        """Close the socket with a close frame, if it was open."""
        await self.close()


async def _unused(_: object) -> None:
    """Never called: the frames are read by router/updates.py."""
