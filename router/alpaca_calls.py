"""Each request of the core as Alpaca's HTTP calls, and each answer as the core's reply. Pure: the client is given.

Live the client is alpaca-py's (router/alpaca.py); in a simulation it is the exchange itself (replay/). Both go through
this file, so what is asked of the venue and how its answers are read is the same, to the last field.
Rule: an order request has three ends: a definite answer, surely not sent, or unknown; the last is never guessed away.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

from hft.clock import NS_PER_MS
from router import alpaca_words as words
from router import broker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from router.broker import AnyReply, AnyRequest

ORDERS_MAX = 500
FILLS_MAX = 100
FILL_PAGES_MAX = 20
TEXT_CHARS_MAX = 300
RETRY_AFTER_MS = 5_000
SERVER_ERROR, TOO_MANY = 500, 429
WINDOW_MS = 60_000


class Client(Protocol):
    """What is needed of an HTTP client: JSON in, JSON out, an exception of its own for everything else."""

    def get(self, path: str, data: Any = None) -> Any:  # noqa: ANN401 JSON
        """GET with query parameters."""
        ...

    def post(self, path: str, data: Any = None) -> Any:  # noqa: ANN401 JSON
        """POST a JSON body."""
        ...

    def patch(self, path: str, data: Any = None) -> Any:  # noqa: ANN401 JSON
        """PATCH with a JSON body."""
        ...

    def delete(self, path: str, data: Any = None) -> Any:  # noqa: ANN401 JSON
        """DELETE."""
        ...


class Calls:
    """One client, and the calls that each kind of request makes with it."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._table: dict[type, Callable[[Any, int], AnyReply]] = {
            broker.SubmitOrder: self._submit,
            broker.ReplaceRequest: self._replace,
            broker.CancelRequest: self._cancel,
            broker.CancelEverything: self._cancel_everything,
            broker.QueryOrder: self._query,
            broker.ListOrders: self._list_orders,
            broker.ListPositions: self._list_positions,
            broker.ListFills: self._list_fills,
            broker.GetAccount: self._account,
            broker.GetClock: self._clock,
            broker.GetAsset: self._asset,
        }

    def perform(self, request: AnyRequest, now_ns: int) -> AnyReply:
        """Return the definite answer; raise what the client raises, and Untranslatable for JSON that makes no sense."""
        return self._table[type(request)](request, now_ns)

    def _submit(self, request: broker.SubmitOrder, _: int) -> AnyReply:
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
        return broker.OrderReply(ticket=request.ticket, order=words.order(self._client.post("/orders", body)))

    def _replace(self, request: broker.ReplaceRequest, _: int) -> AnyReply:
        body = {"limit_price": words.usd_text(request.px), "client_order_id": request.client_order_id}
        if request.qty:
            body["qty"] = str(request.qty)
        raw = self._client.patch(f"/orders/{request.order_id}", body)
        return broker.OrderReply(ticket=request.ticket, order=words.order(raw))

    def _cancel(self, request: broker.CancelRequest, _: int) -> AnyReply:
        self._client.delete(f"/orders/{request.order_id}")
        return broker.CancelTaken(ticket=request.ticket, client_order_id=request.client_order_id)

    def _cancel_everything(self, request: broker.CancelEverything, _: int) -> AnyReply:
        self._client.delete("/orders")
        return broker.CancelTaken(ticket=request.ticket)

    def _query(self, request: broker.QueryOrder, _: int) -> AnyReply:
        if request.client_order_id:
            raw = self._client.get("/orders:by_client_order_id", {"client_order_id": request.client_order_id})
        else:
            raw = self._client.get(f"/orders/{request.order_id}")
        return broker.OrderReply(ticket=request.ticket, order=words.order(raw))

    def _list_orders(self, request: broker.ListOrders, _: int) -> AnyReply:
        query: dict[str, Any] = {"status": "open", "limit": ORDERS_MAX, "nested": False}
        if request.after_ns:
            query |= {"status": "all", "after": words.rfc3339(request.after_ns), "direction": "desc"}
        raw = self._client.get("/orders", query)
        return words.orders(raw, ticket=request.ticket)

    def _list_positions(self, request: broker.ListPositions, _: int) -> AnyReply:
        return words.positions(self._client.get("/positions"), ticket=request.ticket)

    def _list_fills(self, request: broker.ListFills, _: int) -> AnyReply:
        query: dict[str, Any] = {"after": words.rfc3339(request.after_ns), "direction": "asc", "page_size": FILLS_MAX}
        pages: list[Any] = []
        for _page in range(FILL_PAGES_MAX):
            page = self._client.get("/account/activities/FILL", query)
            if not isinstance(page, list):
                raise words.Untranslatable("the executions are not a list")
            pages += page
            if len(page) < FILLS_MAX:
                break
            query["page_token"] = page[-1]["id"]
        return words.fills(pages, ticket=request.ticket)

    def _account(self, request: broker.GetAccount, _: int) -> AnyReply:
        return words.account(self._client.get("/account"), ticket=request.ticket)

    def _clock(self, request: broker.GetClock, _: int) -> AnyReply:
        return words.clock(self._client.get("/clock"), ticket=request.ticket)

    def _asset(self, request: broker.GetAsset, _: int) -> AnyReply:
        return words.asset(self._client.get(f"/assets/{request.symbol}"), ticket=request.ticket)


# --- what is not a definite yes


def held_back(request: AnyRequest, *, halted: bool, now_ns: int) -> broker.NotSent | None:
    """Return why an order must not leave at this moment, or None."""
    if not isinstance(request, broker.SubmitOrder | broker.ReplaceRequest):
        return None
    if request.expires_ns and now_ns > request.expires_ns:
        return not_sent(request, "it expired while it waited for its turn", held=True)
    if halted and not request.exits:
        return not_sent(request, "the HALT file is there", halted=True)
    return None


def refused(request: AnyRequest, *, status: int, text: str, headers: Mapping[str, str], now_ns: int) -> AnyReply:
    """Return what an HTTP status and body other than success mean: a definite no, or unknown."""
    code, told = _code_and_text(text)
    if status >= SERVER_ERROR or not status:
        return unknown(request, f"{status} {told}")
    return broker.BrokerRejected(
        ticket=request.ticket,
        request=type(request).__name__,
        client_order_id=getattr(request, "client_order_id", ""),
        status=status,
        code=code,
        text=told,
        retry_after_ms=_retry_after_ms(headers, now_ns) if status == TOO_MANY else 0,
    )


def not_sent(request: AnyRequest, reason: str, *, halted: bool = False, held: bool = False) -> broker.NotSent:
    """Return that a request surely never left."""
    return broker.NotSent(
        ticket=request.ticket,
        request=type(request).__name__,
        client_order_id=getattr(request, "client_order_id", ""),
        reason=reason,
        halted=halted,
        held=held,
    )


def unknown(request: AnyRequest, reason: str) -> broker.BrokerUnknown:
    """Return that nobody knows what became of a request."""
    return broker.BrokerUnknown(
        ticket=request.ticket,
        request=type(request).__name__,
        client_order_id=getattr(request, "client_order_id", ""),
        reason=reason,
    )


def rate_noted(headers: Mapping[str, str], now_ns: int) -> broker.RateNoted | None:
    """Return what the headers say about the request budget; None when they do not."""
    try:
        return broker.RateNoted(
            limit=int(headers["X-RateLimit-Limit"]),
            remaining=int(headers["X-RateLimit-Remaining"]),
            resets_ms=_until_ms(float(headers["X-RateLimit-Reset"]), now_ns),
        )
    except (KeyError, ValueError):
        return None  # our own count goes on


def shortened(text: str) -> str:
    """Return a text on one line, cut to what a log can bear."""
    text = " ".join(text.split())
    return text if len(text) <= TEXT_CHARS_MAX else text[:TEXT_CHARS_MAX] + "…"


def _retry_after_ms(headers: Mapping[str, str], now_ns: int) -> int:
    try:
        return _until_ms(float(headers.get("X-RateLimit-Reset", "")), now_ns) or RETRY_AFTER_MS
    except ValueError:
        return RETRY_AFTER_MS  # a 429 may come without the headers


def _until_ms(reset_s: float, now_ns: int) -> int:
    """Return how long until the venue's window is new, at most a minute."""
    return max(0, min(WINDOW_MS, round(reset_s * 1_000 - now_ns / NS_PER_MS)))


def _code_and_text(raw: str) -> tuple[int, str]:
    """Return code and message of a refusal; its body may be JSON without a code, or no JSON at all."""
    try:
        body = json.loads(raw)
    except ValueError:
        return 0, shortened(raw)
    if not isinstance(body, dict):
        return 0, shortened(raw)
    code = body.get("code")
    return code if isinstance(code, int) else 0, shortened(str(body.get("message") or raw))
