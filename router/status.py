"""RouterStatus: everything that `hftctl status` shows of trading, put together from the desk in one go.

Rule: a question changes nothing, so a strategy that has no line to us is shown without getting one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hft.control import PositionLine, RouterStatus, StrategyLine
from router.assets import why_limited
from router.ids import RESERVED_LEDGERS, UNCLAIMED
from router.links import Link

if TYPE_CHECKING:
    from router.desk import Desk
    from router.gates import Gates
    from router.reconcile import Reconciler

FEED_SILENT_MS = 2_000


def status(desk: Desk, gates: Gates, reconciler: Reconciler, peer: str) -> RouterStatus:
    """Return the router's state for the asker `peer`."""
    account, standing = desk.account, gates.standing()
    heard = desk.steady_ns - desk.market.feed_heard_ns <= desk.config.ns(FEED_SILENT_MS)
    names = sorted({*desk.config.strategies, *desk.book.ledgers, *desk.links} - RESERVED_LEDGERS)
    return RouterStatus(
        peer=peer,
        router_epoch=desk.book.epoch,
        now_ns=desk.now_ns,
        state=standing.state,
        reason=standing.reason,
        ready=gates.reconciled,
        note=gates.note() if not gates.reconciled else "",
        market_open=desk.market.is_open(desk.now_ns),
        next_close_ns=desk.market.next_close_ns(),
        equity=account.equity if account else 0,
        cash=account.cash if account else 0,
        buying_power=account.buying_power if account else 0,
        last_equity=(desk.book.day_equity or account.last_equity) if account else 0,
        requests_last_min=desk.budget.used_last_min(desk.steady_ns),
        requests_limit=desk.budget.limit,
        updates_connected=desk.updates_up,
        reconciliation=reconciler.state,
        reconciled_ns=reconciler.reconciled_ns,
        breaks=tuple(f"{symbol}: {why}" for symbol, why in sorted(desk.broken.items())),
        positions=_positions(desk),
        strategies=tuple(_strategy(desk, gates, desk.links.get(name) or Link(name, desk.steady_ns)) for name in names),
        orders=tuple(order.line() for order in desk.book.working.values()),
        unknown_orders=len(desk.book.unknown),
        feed_connected=desk.market.feed_connected and heard,
        feed_last_ns=desk.market.feed_last_ns,
        feed_gaps=desk.market.feed_gaps,
        is_hour=gates.is_hour,
        warnings=(
            *desk.outage.words,
            *desk.warnings,
            *(why_limited(each) for each in desk.assets.values() if not each.is_tradable),
        ),
    )


def _positions(desk: Desk) -> tuple[PositionLine, ...]:
    held = {symbol for ledger in desk.book.ledgers.values() for symbol, position in ledger.items() if position.qty}
    there = {symbol for symbol, qty in desk.broker_qty.items() if qty}
    return tuple(_position(desk, symbol) for symbol in sorted(held | there))


def _position(desk: Desk, symbol: str) -> PositionLine:
    ledgers = {name: desk.book.qty(name, symbol) for name in sorted(desk.book.ledgers) if name != UNCLAIMED}
    net = desk.book.net_qty(symbol)
    cost = sum(ledger[symbol].cost for ledger in desk.book.ledgers.values() if symbol in ledger)
    return PositionLine(
        symbol=symbol,
        qty=net,
        broker_qty=desk.broker_qty.get(symbol, 0),
        avg_px=cost / net if net else 0.0,
        ledgers={name: qty for name, qty in ledgers.items() if qty},
        unclaimed=desk.book.qty(UNCLAIMED, symbol),
        mark_px=desk.market.mark_px(symbol),
    )


def _strategy(desk: Desk, gates: Gates, link: Link) -> StrategyLine:
    ledger = desk.book.ledgers.get(link.name, {})
    standing = gates.standing(link.name)
    tally = desk.book.tallies.get(link.name)
    realised, unrealised = desk.pnl.parts(link.name)
    return StrategyLine(
        name=link.name,
        epoch=link.epoch,
        connected=link.connected,
        state=standing.state,
        reason=standing.reason,
        positions={symbol: position.qty for symbol, position in sorted(ledger.items()) if position.qty},
        working_orders=desk.book.working_of.get(link.name, 0),
        orders=tally.orders if tally else 0,
        fills=tally.fills if tally else 0,
        shares=tally.shares if tally else 0,
        refusals=link.refusals,
        rejects=tally.rejects if tally else 0,
        realised=realised,
        unrealised=unrealised,
        fees=sum(position.fees for position in ledger.values()),
        last_refusal=link.last_refusal,
        suppressed=dict(link.suppressed),
    )
