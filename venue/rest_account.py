"""REST: the account, its configurations, its activities (tables 3.2 and 3.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from venue import entry, sessions
from venue.ledger import Charge, Fill
from venue.refusals import Refusal, parameter
from venue.units import cents_text, money_text, new_york, parse_time, px_text, qty_text, time_text

if TYPE_CHECKING:
    from venue.call import Call

PAGE_MAX = 100
CONFIGURATIONS: dict[str, str | bool | int] = {
    "fractional_trading": True,
    "max_margin_multiplier": "4",
    "max_options_trading_level": 0,
    "no_shorting": False,
    "suspend_trade": False,
    "trade_confirm_email": "all",
    "ptp_no_exception_entry": False,
    "disable_overnight_trading": False,
}
CHOICES: dict[str, tuple[str | bool | int, ...]] = {
    "fractional_trading": (True, False),
    "max_margin_multiplier": ("1", "2", "4"),
    "max_options_trading_level": (0, 1, 2, 3),
    "no_shorting": (True, False),
    "suspend_trade": (True, False),
    "trade_confirm_email": ("all", "none"),
    "ptp_no_exception_entry": (True, False),
    "disable_overnight_trading": (True, False),
}
NON_TRADE = frozenset({"FEE", "DIV", "INT", "CSD", "CSW", "JNLC", "JNLS", "TRANS", "MISC"})


def account(call: Call) -> tuple[int, Any] | Refusal:
    """GET /account."""
    found, figures = call.book.account, call.engine.figures(call.book)
    settings = {**CONFIGURATIONS, **found.settings}
    return 200, {
        "id": found.id,
        "account_number": found.number,
        "status": "ACTIVE",
        "crypto_status": "ACTIVE",
        "currency": "USD",
        "cash": money_text(found.cash),
        "equity": money_text(figures.equity),
        "last_equity": money_text(found.last_equity),
        "portfolio_value": money_text(figures.equity),
        "buying_power": cents_text(figures.buying_power),
        "regt_buying_power": cents_text(figures.regt_buying_power),
        "non_marginable_buying_power": cents_text(figures.cash_buying_power),
        "options_buying_power": cents_text(figures.cash_buying_power),
        "multiplier": str(figures.multiplier),
        "initial_margin": cents_text(figures.initial),
        "maintenance_margin": cents_text(figures.maintenance),
        "last_maintenance_margin": cents_text(found.last_maintenance),
        "long_market_value": money_text(figures.long_value),
        "short_market_value": money_text(figures.short_value),
        "position_market_value": money_text(figures.long_value - figures.short_value),
        "sma": cents_text(found.last_equity),
        "shorting_enabled": not settings["no_shorting"] and figures.multiplier > 1,
        "trading_blocked": _is_blocked(call),
        "account_blocked": False,
        "transfers_blocked": False,
        "trade_suspended_by_user": settings["suspend_trade"],
        "accrued_fees": "0",
        "pending_reg_taf_fees": "0",
        "intraday_adjustments": "0",
        "balance_asof": new_york(call.now_ns).date().isoformat(),
        "created_at": time_text(found.created_ns),
        "options_approved_level": 0,
        "options_trading_level": 0,
    }


def _is_blocked(call: Call) -> bool:
    found = call.book.account
    faults = call.engine.faults.active("account-blocked", call.now_ns)
    return any(fault.account in {"", found.id, found.key} for fault in faults)


def configurations(call: Call) -> tuple[int, Any] | Refusal:
    """GET /account/configurations."""
    known = {name: value for name, value in call.book.account.settings.items() if name in CONFIGURATIONS}
    return 200, {**CONFIGURATIONS, **known}


def configure(call: Call) -> tuple[int, Any] | Refusal:
    """PATCH /account/configurations."""
    tree = entry.decode(call.body)
    if isinstance(tree, Refusal):
        return tree
    for name, value in tree.items():
        if name in CHOICES and value is not None and not any(_same(value, choice) for choice in CHOICES[name]):
            return parameter(f"invalid {name}")
    call.book.account.settings |= {name: value for name, value in tree.items() if name in CHOICES and value is not None}
    call.engine.outbox.touch(call.book)
    return configurations(call)


def _same(value: object, choice: object) -> bool:
    return type(value) is type(choice) and value == choice


def activities(call: Call) -> tuple[int, Any] | Refusal:
    """GET /account/activities[/TYPE]: executions, paged by page_token, newest first unless asked otherwise."""
    kinds = frozenset({call.part}) if call.part else call.words("activity_types")
    unknown = kinds - NON_TRADE - {"FILL"}
    if unknown:
        return parameter(f"invalid activity type: {min(unknown)}")
    size = call.number("page_size", PAGE_MAX, PAGE_MAX)
    if size is None:
        return parameter(f"page_size must be between 1 and {PAGE_MAX}")
    span = _span(call)
    if isinstance(span, Refusal):
        return span
    rows = [row for row in _rows(call, kinds) if span[0] < row.t_ns < span[1]]
    if call.query.get("direction", "desc") != "asc":
        rows.reverse()
    paged = _after_token(rows, call.query.get("page_token", ""))
    limit = len(paged) if call.query.get("date") and "page_size" not in call.query else size
    return 200, [activity_json(row) for row in paged[:limit]]


def _rows(call: Call, kinds: frozenset[str]) -> list[Fill | Charge]:
    fills: list[Fill | Charge] = [*call.book.fills] if not kinds or "FILL" in kinds else []
    charges = call.book.charges if not kinds or "FEE" in kinds else []
    return sorted([*fills, *charges], key=lambda row: row.t_ns) if charges else fills


def _span(call: Call) -> tuple[int, int] | Refusal:
    if date := call.query.get("date"):
        at = parse_time(date)
        if at is None:
            return parameter("invalid date")
        noon_ns = min(max(at, 0), EVER_NS) + 43_200 * 10**9
        day = sessions.day_of(new_york(noon_ns).date())
        return (day.pre_open_ns - 1, day.post_close_ns + 1) if day else (0, 0)
    bounds = [parse_time(call.query[name]) if call.query.get(name) else default for name, default in EVER]
    if bounds[0] is None or bounds[1] is None:
        return parameter("invalid time, expected RFC 3339")
    return bounds[0], bounds[1]


EVER_NS = 1 << 63  # in 2262; no activity is later, and no calendar need reach beyond it
EVER = (("after", 0), ("until", EVER_NS))


def _after_token(fills: list[Fill | Charge], token: str) -> list[Fill | Charge]:
    if not token:
        return fills
    at = next((index for index, fill in enumerate(fills) if fill.id == token), None)
    return fills if at is None else fills[at + 1 :]


def activity_json(row: Fill | Charge) -> dict[str, Any]:
    """Return Alpaca's activity: FILL, or FEE with its kind."""
    return _fill_json(row) if isinstance(row, Fill) else _charge_json(row)


def _charge_json(charge: Charge) -> dict[str, Any]:
    return {
        "id": charge.id,
        "activity_type": "FEE",
        "activity_sub_type": charge.kind,
        "date": charge.date,
        "net_amount": money_text(-charge.money),
        "description": f"{charge.kind} fee for {charge.date}",
        "status": "executed",
    }


def _fill_json(fill: Fill) -> dict[str, Any]:
    return {
        "id": fill.id,
        "activity_type": "FILL",
        "transaction_time": time_text(fill.t_ns // 1000 * 1000),
        "type": fill.type,
        "price": px_text(fill.px),
        "qty": qty_text(fill.qty),
        "side": fill.side,
        "symbol": fill.symbol,
        "leaves_qty": qty_text(fill.leaves_qty),
        "order_id": fill.order_id,
        "cum_qty": qty_text(fill.cum_qty),
        "order_status": fill.order_status,
    }
