"""What it takes to have every word of Refusal said to mm, and to bring account and strategy into every state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from hft import control as asks
from hft.clock import NS_PER_S
from hft.messages import CancelOrder, FeedState, Register, Ticks
from hft.ports import Unreadable
from hft.words import Refusal, Side
from router import broker
from router.disk import DiskSlow
from tests.router.world import LIMITS, World

if TYPE_CHECKING:
    from collections.abc import Callable

R = Refusal

# --- provoking every word


def limited(**changes: Any) -> World:  # noqa: ANN401 any field of Limits
    """Return a world with other limits."""
    return World(limits=msgspec.structs.replace(LIMITS, **changes)).ready()


def asked(world: World, *before: Any, side: Side = Side.BUY, qty: int = 10, **changes: Any) -> World:  # noqa: ANN401 messages, fields
    """Let mm ask for an order, after these messages and in the same turn."""
    world.turn(*before, world.order("mm", side, qty, **changes))
    return world


def holding(world: World, qty: int = 10) -> World:
    """Let mm hold some shares."""
    name = world.place("mm", Side.BUY, qty)
    world.broker.fill(name, qty)
    world.pump()
    return world


def quoted(world: World, bid_px: int, ask_px: int) -> list[Any]:
    """Return the quotes of now, SPY's with these prices."""
    ticks, *rest = world.quotes()
    bent = msgspec.structs.replace(ticks.ticks[0], bid_px=bid_px, ask_px=ask_px)
    return [Ticks(epoch=1, seq=2, ticks=(bent,)), *rest]


def not_registered() -> World:
    return asked(World().ready(), epoch=99)


def old_epoch() -> World:
    world = World().ready()
    world.turn(Register(strategy="mm", epoch=2, pid=1))
    return asked(world, epoch=1)


def seq_gap() -> World:
    world = asked(World().ready())
    return asked(world, seq=world.core.desk.link("mm").last_seq + 5)


def expired() -> World:
    world = World().ready()
    return asked(world, expires_ns=world.now_ns - NS_PER_S)


def halted() -> World:
    return asked(World().ready(), asks.Halt(peer="p", reason="lunch"))


def reducing() -> World:
    return asked(World().ready(), asks.Halt(peer="p", reason="tea", reducing=True))


def not_ready() -> World:
    return asked(World().ready(), broker.UpdatesDown(reason="reset"))


def market_closed() -> World:
    world = World().ready()
    told = broker.ClockReply(
        ticket=0, is_open=False, next_open_ns=world.now_ns + NS_PER_S * 9_000, next_close_ns=0, venue_ns=world.now_ns
    )
    return asked(world, told)


def daily_loss() -> World:
    world = World().ready()
    name = world.place("mm", Side.BUY, 100)
    world.broker.fill(name, 100, px=world.broker.mid["SPY"] + 40_000)
    return asked(world, *world.broker.updates)


def stale_quote() -> World:
    world = World().ready()
    world.pass_ms(2_500)
    well = FeedState(epoch=1, seq=9, connected=True, last_recv_ns=world.now_ns, ticks=9)
    return asked(world, well, world.beat("mm"))


def wide_quote() -> World:
    world = World().ready()
    return asked(world, *quoted(world, 4_400_000, 4_600_000))


def working_orders() -> World:
    world = limited(strategy_working_orders_max=1)
    world.place("mm", Side.BUY, 10)
    return asked(world, qty=11)


def order_rate() -> World:
    world = limited(strategy_orders_per_min_max=1)
    world.place("mm", Side.BUY, 10)
    return asked(world, qty=11)


def buying_power() -> World:
    world = World().ready()
    told = world.broker.answer(broker.GetAccount(ticket=0, priority=broker.Priority.QUERY))
    return asked(world, msgspec.structs.replace(told, buying_power=1))


def request_budget() -> World:
    world = World().ready()
    for n in range(160):
        world.core.desk.budget.ask(broker.GetClock(ticket=10_000 + n, priority=broker.Priority.NEW))
    world.turn()
    asked(world)
    world.pass_ms(510)
    world.turn()
    return world


def wash_trade() -> World:
    world = holding(World().ready())
    world.place("drift", Side.SELL, 5, 4_500_200)
    return asked(world, qty=5, px=4_500_200)


def opening_conflict() -> World:
    world = World().ready()
    world.place("drift", Side.SELL, 10)
    return asked(world)


def asset_says(*, is_tradable: bool) -> World:
    """Return a world whose venue lets nobody open a short in SPY, or nobody trade it."""
    world = World().ready()
    told = broker.AssetReply(ticket=0, symbol="SPY", status="active", is_tradable=is_tradable, is_fractionable=True)
    return asked(world, told, side=Side.SELL)


def crosses_zero() -> World:
    world = World().ready()
    name = world.place("drift", Side.BUY, 10)
    world.broker.fill(name, 10)
    world.pump()
    world.place("drift", Side.SELL, 10)
    return asked(world, side=Side.SELL, qty=1)


def unknown_order() -> World:
    world = World().ready()
    link = world.core.desk.link("mm")
    world.turn(CancelOrder(strategy="mm", epoch=link.epoch, seq=link.last_seq + 1, client_order_id="nobody's"))
    return world


def duplicate() -> World:
    world = World().ready()
    world.place("mm", Side.BUY, 10)
    return asked(world)


def not_replaceable() -> World:
    world = World().ready()
    name = world.place("mm", Side.BUY, 10)
    world.broker.fill(name, 4)
    world.pump()
    world.turn(world.replacement(name, 10, 4_499_000))
    return world


def suppressed() -> World:
    world = World(replace_ticks_min=5).ready()
    name = world.place("mm", Side.BUY, 10)
    world.turn(world.replacement(name, 10, world.core.desk.book.orders[name].px - 100))
    world.run(61_000, 1_000)
    return world


CAUSES: dict[Refusal, Callable[[], World]] = {
    R.NOT_REGISTERED: not_registered,
    R.OLD_EPOCH: old_epoch,
    R.SEQ_GAP: seq_gap,
    R.EXPIRED: expired,
    R.HALTED: halted,
    R.REDUCING: reducing,
    R.NOT_READY: not_ready,
    R.MARKET_CLOSED: market_closed,
    R.UNKNOWN_SYMBOL: lambda: asked(World().ready(), symbol="XXX", px=1_000_000),
    R.BAD_ORDER: lambda: asked(World().ready(), qty=0),
    R.TICK_SIZE: lambda: asked(World().ready(), px=4_499_801),
    R.NOT_TRADABLE: lambda: asset_says(is_tradable=False),
    R.NOT_SHORTABLE: lambda: asset_says(is_tradable=True),
    R.ORDER_QTY: lambda: asked(World().ready(), qty=999),
    R.ORDER_NOTIONAL: lambda: asked(World().ready(), qty=150),
    R.POSITION: lambda: asked(limited(position_notional_max=1)),
    R.SYMBOL_EXPOSURE: lambda: asked(limited(symbol_notional_max=1)),
    R.GROSS_EXPOSURE: lambda: asked(limited(gross_notional_max=1)),
    R.BUYING_POWER: buying_power,
    R.DAILY_LOSS: daily_loss,
    R.STALE_QUOTE: stale_quote,
    R.WIDE_QUOTE: wide_quote,
    R.PRICE_COLLAR: lambda: asked(World().ready(), px=4_700_000),
    R.WORKING_ORDERS: working_orders,
    R.ORDER_RATE: order_rate,
    R.REQUEST_BUDGET: request_budget,
    R.WASH_TRADE: wash_trade,
    R.OPENING_CONFLICT: opening_conflict,
    R.CROSSES_ZERO: crosses_zero,
    R.UNKNOWN_ORDER: unknown_order,
    R.DUPLICATE: duplicate,
    R.NOT_REPLACEABLE: not_replaceable,
    R.UNREADABLE: lambda: turned(Unreadable(strategy="mm", epoch=1)),
}


# --- every state


def turned(*messages: Any) -> World:  # noqa: ANN401 any message
    """Return a world that heard these and went on for a moment."""
    world = World().ready()
    world.turn(*messages)
    world.turn()
    return world


def stopping() -> World:
    return turned(asks.Stop(peer="p", timeout_ms=1_000))


def starting() -> World:
    world = World()
    world.turn(Register(strategy="mm", epoch=1, pid=1))
    world.turn(world.recorded())
    return world


def reconciling() -> World:
    world = World().ready()
    world.turn(broker.UpdatesDown(reason="reset"))
    world.turn(broker.UpdatesUp())
    return world


def keys_refused() -> World:
    no = broker.BrokerRejected(ticket=0, request="GetAccount", client_order_id="", status=401, code=0, text="no")
    return turned(*[no] * 3)


def blocked() -> World:
    world = World().ready()
    told = world.broker.answer(broker.GetAccount(ticket=0, priority=broker.Priority.QUERY))
    return turned_in(world, msgspec.structs.replace(told, blocked="trading_blocked"))


def turned_in(world: World, *messages: Any) -> World:  # noqa: ANN401 any message
    world.turn(*messages)
    world.turn()
    return world


def unknowns() -> World:
    world = World().ready()
    for qty in (1, 2, 3):
        world.turn(world.order("mm", Side.BUY, qty))
    lost = [request for request in world.requests if isinstance(request, broker.SubmitOrder)]
    replies = [
        broker.BrokerUnknown(
            ticket=request.ticket, request="SubmitOrder", client_order_id=request.client_order_id, reason="ReadTimeout"
        )
        for request in lost
    ]
    return turned_in(world, *replies)


def clock_off() -> World:
    world = World().ready()
    told = world.broker.answer(broker.GetClock(ticket=0, priority=broker.Priority.QUERY))
    return turned_in(world, msgspec.structs.replace(told, venue_ns=world.now_ns + 9 * NS_PER_S))


def feed_down() -> World:
    world = World().ready()
    world.run(2_500, quotes=False)
    return world


def closing() -> World:
    world = World().ready()
    told = world.broker.answer(broker.GetClock(ticket=0, priority=broker.Priority.QUERY))
    return turned_in(world, msgspec.structs.replace(told, next_close_ns=world.now_ns + 300 * NS_PER_S))


def flattening(strategy: str) -> World:
    world = holding(World().ready())
    return turned_in(world, asks.Flatten(peer="p", strategy=strategy, timeout_ms=9_000))


def paused() -> World:
    world = World().ready()
    for qty in range(1, 6):
        world.turn(world.order("mm", Side.BUY, qty))
        request = next(item for item in reversed(world.requests) if isinstance(item, broker.SubmitOrder))
        world.turn(world.broker._rejected(request, 403, "no"))
    return turned_in(world)


GATES: dict[str, Callable[[], World]] = {
    "_stopping": stopping,
    "_starting": starting,
    "_keys": keys_refused,
    "_account": blocked,
    "_disk": lambda: turned(DiskSlow(waited_ms=1_500)),
    "_updates": lambda: turned(broker.UpdatesDown(reason="reset")),
    "_reconciliation": reconciling,
    "_market": market_closed,
    "_unknowns": unknowns,
    "_clock": clock_off,
    "_feed": feed_down,
    "_closing": closing,
}
EVENTLESS = {"_starting"}  # the record has process.started of the router, and its first state once it knows one
LATCHES: dict[str, Callable[[], World]] = {
    "the account halted": lambda: turned(asks.Halt(peer="p", reason="lunch")),
    "the account reducing": lambda: turned(asks.Halt(peer="p", reason="tea", reducing=True)),
    "the account flattened": lambda: flattening(""),
}
OWN: dict[str, Callable[[], World]] = {
    "a strategy halted": lambda: turned(asks.Halt(peer="p", reason="lunch", strategy="mm")),
    "a strategy reducing": lambda: turned(asks.Halt(peer="p", reason="tea", strategy="mm", reducing=True)),
    "a strategy flattened": lambda: flattening("mm"),
    "a strategy paused": paused,
}
