"""REST: clock, calendar, assets (table 3.2)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from venue import sessions
from venue.assets import asset_json
from venue.ids import asset_id
from venue.refusals import Refusal, not_found, parameter
from venue.units import new_york

if TYPE_CHECKING:
    from venue.call import Call
    from venue.sessions import Day

CALENDAR_FIRST, CALENDAR_LAST = date(1990, 1, 1), date(2099, 12, 31)
CALENDAR_SPAN = timedelta(days=366)
SETTLED_NEXT_DAY_SINCE = date(2024, 5, 28)


def clock(call: Call) -> tuple[int, Any] | Refusal:
    """GET /clock: New York offsets, as Alpaca writes them."""
    now_ns = call.now_ns
    stamp = new_york(now_ns).isoformat(timespec="microseconds")
    return 200, {
        "timestamp": f"{stamp[:26]}{now_ns % 1000:03d}{stamp[26:]}",
        "is_open": call.engine.phase(now_ns) is sessions.Phase.CORE,
        "next_open": new_york(sessions.next_open_ns(now_ns)).isoformat(),
        "next_close": new_york(sessions.session_close_ns(now_ns)).isoformat(),
    }


def calendar(call: Call) -> tuple[int, Any] | Refusal:
    """GET /calendar between start and end, both included; a year from today when they are not given."""
    today = new_york(call.now_ns).date()
    first = _date(call.query.get("start"), today)
    last = _date(call.query.get("end"), min(first or today, CALENDAR_LAST) + CALENDAR_SPAN)
    if first is None or last is None:
        return parameter("invalid date, expected YYYY-MM-DD")
    first, last = max(first, CALENDAR_FIRST), min(last, CALENDAR_LAST)
    return 200, [_day_json(day) for day in sessions.days_between(first, last)]


def _date(text: str | None, default: date) -> date | None:
    if not text:
        return default
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _day_json(day: Day) -> dict[str, str]:
    settled = sessions.next_day(day.date)
    if day.date < SETTLED_NEXT_DAY_SINCE:
        settled = sessions.next_day(settled.date)
    return {
        "date": day.date.isoformat(),
        "open": new_york(day.open_ns).strftime("%H:%M"),
        "close": new_york(day.close_ns).strftime("%H:%M"),
        "session_open": new_york(day.pre_open_ns).strftime("%H%M"),
        "session_close": new_york(day.post_close_ns).strftime("%H%M"),
        "settlement_date": settled.date.isoformat(),
    }


def assets(call: Call) -> tuple[int, Any] | Refusal:
    """GET /assets, filtered by status, class and exchange."""
    held = {position.symbol for position in call.book.held()}
    listed = sorted({*call.engine.levels, *held})
    rows = [_asset(call, symbol) for symbol in listed if call.lists(symbol)]
    filters = (("status", "status"), ("asset_class", "class"), ("exchange", "exchange"))
    for name, key in filters:
        if wanted := call.query.get(name):
            rows = [row for row in rows if row[key] == wanted]
    return 200, rows


def asset(call: Call) -> tuple[int, Any] | Refusal:
    """GET /assets/{symbol or asset id}."""
    for symbol in (call.part, *call.engine.levels):
        if call.part in {symbol, asset_id(symbol)} and call.lists(symbol):
            return 200, _asset(call, symbol)
    return not_found(f"asset not found for {call.part}")


def _asset(call: Call, symbol: str) -> dict[str, Any]:
    """Return the asset as it stands, faults included."""
    found, faults = asset_json(symbol), call.engine.faults
    hit = {kind for kind in STATES for fault in faults.active(kind, call.now_ns) if fault.symbol in {"", symbol}}
    for kind in hit:
        found |= STATES[kind]
    return found | {"fractionable": symbol not in call.engine.config.whole_only}


STATES: dict[str, dict[str, Any]] = {
    "hard-to-borrow": {"shortable": False, "easy_to_borrow": False, "borrow_status": "hard_to_borrow"},
    "untradable": {"tradable": False},
    "inactive": {"tradable": False, "status": "inactive"},
}
