"""Small messages for the tests of the SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hft.clock import NS_PER_S
from hft.messages import Accepted, ExecutionReport, Holding, Quote, Refused, Snapshot, WorkingOrder
from hft.words import OrdStatus, Refusal, Side, TradingState
from strategies.sdk.desk import Desk
from strategies.sdk.rules import Rules
from strategies.sdk.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterable


ELEVEN_NS = 1795449600 * NS_PER_S  # Monday 23 November 2026, 11:00 in New York


def quote(bid_px: int = 4_500_000, ask_px: int = 4_500_400, *, now_ns: int = ELEVEN_NS, symbol: str = "SPY") -> Quote:
    """Return a quote of now."""
    return Quote(symbol=symbol, exch_ns=now_ns, recv_ns=now_ns, bid_px=bid_px, bid_qty=100, ask_px=ask_px, ask_qty=100)


def desk(**rules: Any) -> Desk:  # noqa: ANN401 any field of Rules
    """Return a desk that may trade SPY at 450.00 to 450.04, at eleven."""
    made = Desk(name="mm", epoch=3, rules=Rules(**rules), session=Session(), symbols=("SPY",))
    made.now_ns, made.closed_because = ELEVEN_NS, ""
    made.quotes["SPY"] = quote()
    return made


def accepted(seq: int, name: str) -> Accepted:
    """Return the router's yes."""
    return Accepted(strategy="mm", epoch=3, seq=seq, client_order_id=name)


def refused(seq: int, reason: Refusal, text: str = "no") -> Refused:
    """Return the router's no."""
    return Refused(strategy="mm", epoch=3, seq=seq, reason=reason, text=text)


def report(
    name: str,
    status: OrdStatus,
    *,
    seq: int = 1,
    side: Side = Side.BUY,
    qty: int = 4,
    px: int = 4_499_900,
    last_qty: int = 0,
    cum_qty: int = 0,
    position: int = 0,
    router_epoch: int = 7,
) -> ExecutionReport:
    """Return news of an order."""
    return ExecutionReport(
        strategy="mm",
        router_epoch=router_epoch,
        seq=seq,
        client_order_id=name,
        order_id=f"venue-{name}",
        symbol="SPY",
        side=side,
        status=status,
        qty=qty,
        px=px,
        cum_qty=cum_qty,
        leaves_qty=0 if status.is_terminal else qty - cum_qty,
        last_qty=last_qty,
        last_px=px if last_qty else 0,
        position=position,
        exch_ns=ELEVEN_NS,
    )


def snapshot(
    *,
    updates_seq: int = 0,
    position: int = 0,
    working: tuple[WorkingOrder, ...] = (),
    epoch: int = 3,
    router_epoch: int = 7,
    state: TradingState = TradingState.ACTIVE,
) -> Snapshot:
    """Return the router's answer to a Register."""
    holdings = (Holding(symbol="SPY", qty=position, avg_px=4_500_000.0, realised=0),) if position else ()
    return Snapshot(
        strategy="mm",
        epoch=epoch,
        router_epoch=router_epoch,
        updates_seq=updates_seq,
        state=state,
        reason="",
        holdings=holdings,
        working=working,
    )


def working(name: str, side: Side = Side.BUY, qty: int = 4, px: int = 4_499_900) -> WorkingOrder:
    """Return an order that the router hands back."""
    return WorkingOrder(
        client_order_id=name,
        order_id=f"venue-{name}",
        strategy="mm",
        symbol="SPY",
        side=side,
        qty=qty,
        cum_qty=0,
        px=px,
        status=OrdStatus.NEW,
        created_ns=ELEVEN_NS,
    )


def kinds(messages: Iterable[object]) -> list[str]:
    """Return the names of the messages' types."""
    return [type(message).__name__ for message in messages]
