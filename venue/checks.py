"""What the account and the market have to say to a well-formed order, in the order of C13 of the contract.

Rule kept: a check looks and answers; it changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from venue import groups, margin, sessions, wash
from venue.books import Book
from venue.engine import Engine
from venue.entry import NewOrder, not_fractionable
from venue.orders import SIGN
from venue.refusals import DAY_TRADE, ID_TAKEN, Refusal, forbidden, parameter, unprocessable
from venue.units import cents_text, new_york, qty_text

if TYPE_CHECKING:
    from collections.abc import Callable


CLS_LAST_MINUTE = 15 * 60 + 50
OPG_FROM_MINUTE, OPG_LAST_MINUTE = 19 * 60, 9 * 60 + 28


class Entry(msgspec.Struct, frozen=True):
    """Everything that a check may look at. `but` names an order to leave out of account: the one being replaced."""

    engine: Engine
    book: Book
    order: NewOrder
    now_ns: int
    but: str = ""

    @property
    def sign(self) -> int:
        """Return +1 for a buy, -1 for a sell."""
        return SIGN[self.order.side]

    @property
    def closes(self) -> bool:
        """Return whether the order is against the position held."""
        return self.book.qty(self.order.symbol) * self.sign < 0

    def state(self, kind: str) -> bool:
        """Return whether the symbol is in a state that a fault ordered."""
        faults = self.engine.faults.active(kind, self.now_ns)
        return any(fault.symbol in {"", self.order.symbol} for fault in faults)

    def account_state(self, kind: str) -> bool:
        """Return whether the account is in a state that a fault ordered."""
        account = self.book.account
        faults = self.engine.faults.active(kind, self.now_ns)
        return any(fault.account in {"", account.id, account.key} for fault in faults)

    @property
    def intent(self) -> str:
        """Return the position intent that follows from side and position."""
        return f"{self.order.side}_to_{'close' if self.closes else 'open'}"

    def asked_qty(self) -> int:
        """Return the quantity asked for; of a notional order, what it is worth at the present far side."""
        if self.order.qty is not None:
            return self.order.qty
        level = self.engine.level(self.order.symbol)
        return margin.shares_for(self.order.notional or 0, level.opposite(self.sign) or level.mark_px)

    def hold_px(self) -> int:
        """Return what one share of this order, as an opening one, holds of the buying power."""
        return self.engine.hold_px(self.order, self.sign, self.now_ns)

    @property
    def is_unpriced(self) -> bool:
        """Return whether nobody knows yet what it costs: neither a price of the market nor a limit that bounds it."""
        order = self.order
        if self.closes or order.notional is not None or self.engine.level(order.symbol).mark_px:
            return False
        return self.sign < 0 or not self.hold_px()


def _may_trade(entry: Entry) -> Refusal | None:
    settings = entry.book.account.settings
    if settings.get("suspend_trade") or entry.account_state("account-blocked"):
        return forbidden("account is not authorized to trade")
    if not entry.closes and entry.account_state("liquidation-only"):
        return forbidden("account is restricted to liquidation only")
    if entry.order.is_fractional and settings.get("fractional_trading") is False:
        return forbidden("fractional trading is disabled for this account")
    return None


def _session(entry: Entry) -> Refusal | None:
    if entry.engine.config.hours == "always" or entry.order.tif not in {"opg", "cls"}:
        return None
    moment = new_york(entry.now_ns)
    minute = moment.hour * 60 + moment.minute
    trading = sessions.is_trading_day(moment.date())
    if entry.order.tif == "opg" and trading and OPG_LAST_MINUTE <= minute < OPG_FROM_MINUTE:
        return forbidden("opg orders must be submitted after 7:00pm and before 9:28am")
    if entry.order.tif == "cls" and trading and CLS_LAST_MINUTE <= minute < OPG_FROM_MINUTE:
        return forbidden("cls orders must be submitted after 7:00pm and before 3:50pm")
    return None


def _client_id(entry: Entry) -> Refusal | None:
    given = entry.order.client_order_id
    return ID_TAKEN if given and entry.book.is_used(given) else None


def _intent(entry: Entry) -> Refusal | None:
    given = entry.order.position_intent
    if not given or given == entry.intent:
        return None
    return unprocessable(f"position intent mismatch, inferred: {entry.intent}, specified: {given}")


def _quantity(entry: Entry) -> Refusal | None:
    return _closing(entry) if entry.closes else _opening(entry)


def _closing(entry: Entry) -> Refusal | None:
    symbol, book = entry.order.symbol, entry.book
    if entry.order.is_fractional and entry.sign > 0:
        return unprocessable("fractional orders cannot be sold short")
    available = _available_qty(entry)
    asked = entry.asked_qty()
    if asked <= available:
        return None
    holding = [order.id for order in book.open_orders(symbol) if not order.is_opening]
    return forbidden(
        f"insufficient qty available for order (requested: {qty_text(asked)}, available: {qty_text(available)})",
        symbol=symbol,
        existing_qty=qty_text(abs(book.qty(symbol))),
        held_for_orders=qty_text(book.closing_held_qty(symbol, but=entry.but)),
        available=qty_text(available),
        related_orders=holding,
    )


def _available_qty(entry: Entry) -> int:
    """Return what an order may close of the position; one that is replaced gives back what it holds."""
    available, replaced = entry.book.available_qty(entry.order.symbol), entry.book.find(entry.but)
    # Not what would be free without it: its rival, which holds the same shares, would still hold them.
    return available if replaced is None or replaced.is_opening else available + replaced.leaves_qty


OPPOSITE_OPEN = {
    1: "cannot open a long buy while a short sell order is open",
    -1: "cannot open a short sell while a long buy order is open",
}


def _opening(entry: Entry) -> Refusal | None:
    order = entry.order
    for other in entry.book.open_against(order.symbol, order.side):
        if other.is_opening and other.id != entry.but:
            return forbidden(OPPOSITE_OPEN[entry.sign], existing_order_id=other.id)
    return _short(entry) if entry.sign < 0 else None


def _short(entry: Entry) -> Refusal | None:
    settings = entry.book.account.settings
    if entry.order.is_fractional:
        return unprocessable("fractional orders cannot be sold short")
    figures = entry.engine.figures(entry.book)
    if settings.get("no_shorting") or figures.multiplier == margin.CASH_ONLY:
        return forbidden("account is not allowed to short")
    if entry.state("hard-to-borrow"):
        return unprocessable(f'asset "{entry.order.symbol}" cannot be sold short')
    return None


def _wash(entry: Entry) -> Refusal | None:
    order = entry.order
    if wash.is_exempt(order.type, order.order_class):
        return None
    others = entry.book.open_against(order.symbol, order.side)
    return wash.check(order.type, entry.sign, order.limit_px, [one for one in others if one.id != entry.but])


def _stop_side(entry: Entry) -> Refusal | None:
    order, level = entry.order, entry.engine.level(entry.order.symbol)
    mark = level.mark_px
    if order.type not in {"stop", "stop_limit"} or order.stop_px is None or not mark:
        return None
    if entry.sign * (order.stop_px - mark) > 0:
        return None
    way = "greater" if entry.sign > 0 else "less"
    return unprocessable(
        f"stop price must be {way} than current price",
        market_price=mark / 10_000,
        stop_price=order.stop_px / 10_000,
    )


def _buying_power(entry: Entry) -> Refusal | None:
    order = entry.order
    if entry.closes:
        return None
    cost = order.notional if order.notional is not None else entry.hold_px() * (order.qty or 0)
    replaced = entry.book.find(entry.but)
    power = entry.engine.figures(entry.book).buying_power + (replaced.held_money if replaced else 0)
    if cost <= power:
        return None
    return forbidden("insufficient buying power", buying_power=cents_text(power), cost_basis=cents_text(cost))


def _exits(entry: Entry) -> Refusal | None:
    order = entry.order
    if entry.but:
        return None  # the group was judged when it was entered; its members move one by one
    if order.order_class == "oco" and not entry.closes:
        return unprocessable("oco orders must be exit orders")
    if order.order_class in {"bracket", "oto"} and entry.closes:
        return unprocessable(f"{order.order_class} orders must be entry orders")
    return groups.check_exits(order, entry.sign, entry.engine.level(order.symbol).mark_px)


def _tradable(entry: Entry) -> Refusal | None:
    if entry.state("inactive"):
        return parameter(f"asset {entry.order.symbol} is not active")
    return unprocessable(f'asset "{entry.order.symbol}" is not tradable') if entry.state("untradable") else None


DENIALS = {
    "deny-wash": forbidden(wash.MESSAGE, reject_reason="opposite side limit order exists"),
    "deny-qty": forbidden("insufficient qty available for order (requested: 1, available: 0)", available="0"),
    "deny-buying-power": forbidden("insufficient buying power", buying_power="0", cost_basis="1"),
    "deny-day-trade": Refusal(403, DAY_TRADE, "trade denied due to pattern day trading protection"),
}


def _denied(entry: Entry) -> Refusal | None:
    for kind, refusal in DENIALS.items():
        if entry.engine.fault(kind, entry.book, entry.order.symbol, entry.now_ns):
            return refusal
    return None


def _fractionable(entry: Entry) -> Refusal | None:
    whole_only = entry.order.symbol in entry.engine.config.whole_only
    return not_fractionable(entry.order.symbol) if whole_only and entry.order.is_fractional else None


CHECKS: tuple[Callable[[Entry], Refusal | None], ...] = (
    _tradable,
    _session,
    _client_id,
    _may_trade,
    _fractionable,
    _intent,
    _stop_side,
    _exits,
    _quantity,
    _wash,
    _buying_power,
    _denied,
)


def refused(entry: Entry) -> Refusal | None:
    """Return the first refusal, or None when the order may be taken in."""
    return next((refusal for check in CHECKS if (refusal := check(entry))), None)
