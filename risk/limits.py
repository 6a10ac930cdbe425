"""Pre-trade checks: one table, top to bottom, the first that objects names the reason with its numbers.

All on integers: prices 1e-4 dollar, money 1e-4 dollar, quantities shares. Every limit reads `not (x <= limit)`.
Rule: exposure is the worst case, counting the position, all working orders of that side and those whose fate is
unknown. An order that only reduces its strategy's position passes every cap on size and every check on the quote's
quality: leaving must never be harder than staying.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import msgspec

from hft.clock import NS_PER_MS
from hft.words import Refusal, Side, TradingState
from risk.state import ACTIVE, Standing

PX_PER_USD = 10_000
TICK_PX = 100  # one cent from a dollar up, a hundredth of it below
COLLAR_PX_MIN = 200  # two cents: on a cheap share 25 bps would be less than a tick


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """The limits in the units of the checks: shares, 1e-4 dollar, basis points, ns, counts."""

    order_qty_max: int
    order_notional_max: int
    position_notional_max: int
    symbol_notional_max: int
    gross_notional_max: int
    daily_loss_max: int
    strategy_daily_loss_max: int
    collar_bps: float
    passive_bps_max: float
    spread_bps_max: float
    stale_after_ns: int
    working_orders_max: int
    strategy_working_orders_max: int
    strategy_orders_per_min_max: int


class Proposal(msgspec.Struct, kw_only=True, gc=False):
    """An order that someone would like to send, and all the facts that decide about it. `reduces` is worst case."""

    symbol: str
    side: Side
    qty: int
    px: int
    reduces: bool
    known_symbol: bool = True
    standing: Standing = ACTIVE
    bid_px: int = 0
    ask_px: int = 0
    quote_age_ns: int = 0
    position_after: int = 0  # worst case of the strategy in the symbol after this order, absolute shares
    symbol_after: int = 0  # worst case of the account in the symbol after this order, absolute shares
    gross_after: int = 0  # worst case of the account over all symbols after this order, money
    working: int = 0
    strategy_working: int = 0
    orders_last_min: int = 0
    buying_power: int = -1  # money; -1: not known, not checked
    day_pnl: int = 0
    strategy_day_pnl: int = 0

    @property
    def notional(self) -> int:
        """Return price times quantity."""
        return self.qty * self.px

    @property
    def mid2(self) -> int:
        """Return twice the mid, an integer."""
        return self.bid_px + self.ask_px


class Approved(msgspec.Struct, frozen=True):
    """No check objected."""


class Denied(msgspec.Struct, frozen=True):
    """A check objected: its reason, and the numbers in words."""

    reason: Refusal
    text: str


APPROVED = Approved()
Verdict = Approved | Denied


def usd(money: float) -> str:
    """Return money of 1e-4 dollar as people read it."""
    return f"${money / PX_PER_USD:,.2f}"


def _unknown_symbol(order: Proposal, _: Limits) -> str:
    return "" if order.known_symbol else f"{order.symbol} is not one of the fleet's symbols"


def _bad_order(order: Proposal, _: Limits) -> str:
    return "" if order.qty > 0 and order.px > 0 else f"quantity {order.qty} and price {order.px} must be above zero"


def _tick_size(order: Proposal, _: Limits) -> str:
    fine = order.px < PX_PER_USD or order.px % TICK_PX == 0
    return "" if fine else f"{usd(order.px)} ({order.px}e-4) is not a whole cent"


def _halted(order: Proposal, _: Limits) -> str:
    return order.standing.reason or "halted" if order.standing.state is TradingState.HALTED else ""


def _reducing(order: Proposal, _: Limits) -> str:
    if order.standing.state is TradingState.ACTIVE or order.reduces:
        return ""
    return f"only exits are taken: {order.standing.reason}"


def _order_qty(order: Proposal, limits: Limits) -> str:
    return _over(order.qty, limits.order_qty_max, "shares in one order")


def _order_notional(order: Proposal, limits: Limits) -> str:
    return _over_usd(order.notional, limits.order_notional_max, "in one order")


def _stale_quote(order: Proposal, limits: Limits) -> str:
    if order.bid_px <= 0 or order.ask_px <= 0:
        return "no two-sided quote"
    age_ms, most_ms = order.quote_age_ns // NS_PER_MS, limits.stale_after_ns // NS_PER_MS
    return "" if order.quote_age_ns <= limits.stale_after_ns else f"quote is {age_ms} ms old, at most {most_ms} ms"


def _wide_quote(order: Proposal, limits: Limits) -> str:
    if order.ask_px <= order.bid_px:
        return f"quote is crossed or locked: {usd(order.bid_px)} / {usd(order.ask_px)}"
    bps = 20_000 * (order.ask_px - order.bid_px) / order.mid2
    return "" if bps <= limits.spread_bps_max else f"spread {bps:.1f} bps, at most {limits.spread_bps_max:g}"


def _price_collar(order: Proposal, limits: Limits) -> str:
    if order.mid2 <= 0 or order.bid_px <= 0 or order.ask_px <= 0 or order.quote_age_ns > limits.stale_after_ns:
        return ""  # without a fresh mid there is nothing to compare with; only an exit gets so far
    through2 = order.side.sign * (2 * order.px - order.mid2)
    reach2 = max(order.mid2 * limits.collar_bps / 10_000, 2 * COLLAR_PX_MIN, order.ask_px - order.bid_px)
    if not through2 <= reach2:
        return f"{usd(order.px)} reaches {usd(through2 / 2)} through the mid, at most {usd(reach2 / 2)}"
    behind_bps = -10_000 * through2 / order.mid2
    if order.reduces or behind_bps <= limits.passive_bps_max:
        return ""
    return f"{usd(order.px)} rests {behind_bps:.0f} bps behind the mid, at most {limits.passive_bps_max:g}"


def _working_orders(order: Proposal, limits: Limits) -> str:
    own = _over(order.strategy_working + 1, limits.strategy_working_orders_max, "working orders of the strategy")
    return own or _over(order.working + 1, limits.working_orders_max, "working orders of the account")


def _order_rate(order: Proposal, limits: Limits) -> str:
    most = limits.strategy_orders_per_min_max * (2 if order.reduces else 1)  # exits have room of their own
    return _over(order.orders_last_min + 1, most, "orders of the strategy in a minute")


def _position(order: Proposal, limits: Limits) -> str:
    worst = order.position_after * order.px
    return _over_usd(worst, limits.position_notional_max, "in one symbol by the strategy, at worst")


def _symbol_exposure(order: Proposal, limits: Limits) -> str:
    return _over_usd(
        order.symbol_after * order.px, limits.symbol_notional_max, "in one symbol by the account, at worst"
    )


def _gross_exposure(order: Proposal, limits: Limits) -> str:
    return _over_usd(order.gross_after, limits.gross_notional_max, "in all symbols, at worst")


def _buying_power(order: Proposal, _: Limits) -> str:
    if order.buying_power < 0:
        return ""
    return _over_usd(order.notional, order.buying_power, "of buying power")


def _daily_loss(order: Proposal, limits: Limits) -> str:
    own = _loss(order.strategy_day_pnl, limits.strategy_daily_loss_max, "the strategy")
    return own or _loss(order.day_pnl, limits.daily_loss_max, "the account")


def _over(value: float, most: float, what: str) -> str:
    return "" if value <= most else f"{value:g} {what}, at most {most:g}"


def _over_usd(value: int, most: int, what: str) -> str:
    return "" if value <= most else f"{usd(value)} {what}, at most {usd(most)}"


def _loss(pnl: int, most: int, whose: str) -> str:
    return "" if math.isfinite(pnl) and -pnl < most else f"{whose} lost {usd(-pnl)} today, limit {usd(most)}"


class Check(msgspec.Struct, frozen=True):
    """A row of the table: the refusal it stands for, the check, and whether an exit must pass it too."""

    reason: Refusal
    objection: Callable[[Proposal, Limits], str]
    binds_exits: bool


CHECKS: tuple[Check, ...] = (
    Check(Refusal.UNKNOWN_SYMBOL, _unknown_symbol, binds_exits=False),
    Check(Refusal.BAD_ORDER, _bad_order, binds_exits=True),
    Check(Refusal.TICK_SIZE, _tick_size, binds_exits=True),
    Check(Refusal.HALTED, _halted, binds_exits=True),
    Check(Refusal.REDUCING, _reducing, binds_exits=True),
    Check(Refusal.ORDER_QTY, _order_qty, binds_exits=False),
    Check(Refusal.ORDER_NOTIONAL, _order_notional, binds_exits=False),
    Check(Refusal.STALE_QUOTE, _stale_quote, binds_exits=False),
    Check(Refusal.WIDE_QUOTE, _wide_quote, binds_exits=False),
    Check(Refusal.PRICE_COLLAR, _price_collar, binds_exits=True),
    Check(Refusal.WORKING_ORDERS, _working_orders, binds_exits=False),
    Check(Refusal.ORDER_RATE, _order_rate, binds_exits=True),
    Check(Refusal.POSITION, _position, binds_exits=False),
    Check(Refusal.SYMBOL_EXPOSURE, _symbol_exposure, binds_exits=False),
    Check(Refusal.GROSS_EXPOSURE, _gross_exposure, binds_exits=False),
    Check(Refusal.BUYING_POWER, _buying_power, binds_exits=False),
    Check(Refusal.DAILY_LOSS, _daily_loss, binds_exits=False),
)
# The last three ask for sums over the whole book, which are worked out only for an order that passes the others.
ON_SIGHT, ON_THE_BOOK = CHECKS[:-3], CHECKS[-3:]


def check(order: Proposal, limits: Limits, rows: tuple[Check, ...] = CHECKS) -> Verdict:
    """Return Approved, or Denied by the first of these checks that objects."""
    for row in rows:
        if row.binds_exits or not order.reduces:
            text = row.objection(order, limits)
            if text:
                return Denied(row.reason, text)
    return APPROVED
