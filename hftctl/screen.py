"""The status as a person reads it: what runs, what it does and why, what it is worth. Pure: picture in, lines out.

Every strategy has its WHY in words: "it runs, heartbeats, no trades" is the question most asked of tools like this.
"""

from __future__ import annotations

import datetime as dt
import textwrap
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import hft
from hftctl.health import complaints
from hftctl.table import heading, lay_out, paint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hftctl.picture import Interval, Picture, ProcessRow, StrategyRow

NEW_YORK = ZoneInfo("America/New_York")
UNKNOWN = "–"
BY_HAND = " by hand"  # the usual end of a reason that a person gave
WHY_INDENT = "          "
WHY_LINES_MAX = 2  # on a narrow screen; hftctl strategy why NAME shows all
BETWEEN_FACTS = "   "
NUMBERS = frozenset(
    {"PID", "UP", "MEM", "STARTS", "P&L", "HONEST", "FILLS", "ORDERS", "WORKING", "QTY", "BROKER", "AVG"}
)
WIDE = 120  # from here on there is room for the WHY beside its strategy; below, it gets lines of its own
PROCESS_HEADER = ("PROCESS", "STATE", "PID", "UP", "MEM", "STARTS", "NOTE")
PROCESS_YIELDS = ("PID", "MEM", "UP", "STARTS")  # what a narrow screen does without, the first named first
STRATEGY_HEADER = ("STRATEGY", "STATE", "POSITION", "P&L", "HONEST", "FILLS", "WORKING", "WHY")
STRATEGY_YIELDS = ("WORKING", "FILLS", "P&L")  # the paper P&L goes before the honest one


def status_lines(picture: Picture, width: int) -> list[str]:
    """Return the whole status screen."""
    return [
        *head_lines(picture, width),
        "",
        *strategy_lines(picture, width),
        "",
        *process_lines(picture, width, everyone=False),
    ]


def head_lines(picture: Picture, width: int) -> list[str]:
    """Return mode, state, money, market, and everything that is wrong."""
    return [*_head(picture, width), *_troubles(picture, width)]


def process_lines(picture: Picture, width: int, *, everyone: bool) -> list[str]:
    """Return the table of processes; of the strategies, which have their own, only what is odd unless `everyone`."""
    strategies = {row.name for row in picture.strategies}
    shown = picture.processes if everyone else _services(picture, strategies)
    rows = [_process(row, noted=everyone or row.name not in strategies) for row in shown]
    lines_max = 3 if width >= WIDE else 1
    return lay_out(PROCESS_HEADER, rows, right=NUMBERS, width=width, lines_max=lines_max, yields=PROCESS_YIELDS)


def _services(picture: Picture, strategies: set[str]) -> list[ProcessRow]:
    """Return the rows of the process table; a strategy, which has a row above, only when something is odd about it."""
    return [row for row in picture.processes if row.name not in strategies or row.restarts or row.state == "degraded"]


def _head(picture: Picture, width: int) -> list[str]:
    return [_title(picture, width), *_packed(_facts(picture), width)]


def _title(picture: Picture, width: int) -> str:
    """Return version, mode, state and time; a state's reason only where it fits (it is among the troubles)."""
    state = picture.state or "state unknown"
    reason = f" ({picture.halt_reason})" if picture.halt_reason and picture.state != "ACTIVE" else ""
    clock = new_york(picture.time).strftime("%a %Y-%m-%d %H:%M:%S %Z")
    room = width - len(f"hft {hft.__version__}  {picture.mode}  {state}")
    title = f"hft {hft.__version__}  {paint(picture.mode.upper())}  {paint(state)}"
    if len(reason) + len(clock) < room:
        return f"{title}{reason}{clock.rjust(room - len(reason))}"
    return f"{title}{clock.rjust(room)}" if len(clock) < room else title


def _packed(facts: list[str], width: int) -> list[str]:
    """Return the facts on as few lines as they need; none is broken unless it is wider than the screen."""
    lines = [""]
    for fact in facts:
        joined = f"{lines[-1]}{BETWEEN_FACTS}{fact}" if lines[-1] else fact
        if len(joined) <= width:
            lines[-1] = joined
        else:
            lines += textwrap.wrap(fact, width, subsequent_indent=BETWEEN_FACTS, break_on_hyphens=False)
    return [line for line in lines if line]


def _facts(picture: Picture) -> list[str]:
    account, feed, budget = picture.account, picture.feed, picture.budget
    facts = [_market(picture)]
    if account.equity is not None:
        honest = interval(account.day_pnl_honest)
        facts.append(f"equity ${account.equity:,.2f} ({signed(account.day_pnl)} counted today) at the last poll")
        facts.append(  # both at our marks, so they compare
            f"P&L {signed(account.day_pnl_paper)} paper, {honest} honest{_leftover(account.day_pnl_honest)}"
        )
    age = UNKNOWN if feed.last_message_age_s is None else f"{feed.last_message_age_s:.1f} s ago"
    facts.append(f"feed {len(feed.symbols)} symbols, last tick {age}, {feed.gaps} gaps")
    if budget.used_last_min is not None:
        facts.append(f"requests {budget.used_last_min}/{budget.limit_per_min} per min")
    if picture.reconciliation.state is not None:
        facts.append(f"books {picture.reconciliation.state}")
    return facts


def _leftover(honest: Interval) -> str:
    """Return how much of the honest P&L no order of a strategy would have made; nothing below half a cent."""
    worth_saying = honest.leftover is not None and abs(honest.leftover) >= 0.005  # noqa: PLR2004 rounds to nothing
    return f" ({signed(honest.leftover)} of it by shares no order would have held)" if worth_saying else ""


def _market(picture: Picture) -> str:
    market = picture.market
    if market.open is None:
        return "market –"
    if not market.open:
        return f"market CLOSED{_until(picture)}"
    if market.next_close is None:
        return "market OPEN"
    close, only = new_york(market.next_close), ", exits only" if market.reduces else ""
    left = span((close - new_york(picture.time)).total_seconds())
    return f"market OPEN{only}, closes at {close:%H:%M}, in {left}"


def _process(row: ProcessRow, *, noted: bool) -> tuple[str, ...]:
    starts = str(row.restarts + 1) if row.pid else UNKNOWN
    memory = UNKNOWN if row.rss_mb is None else f"{row.rss_mb:.0f}M"
    return row.name, row.state, str(row.pid or UNKNOWN), span(row.uptime_s), memory, starts, row.note if noted else ""


def strategy_lines(picture: Picture, width: int, why_lines_max: int = WHY_LINES_MAX) -> list[str]:
    """Return the table of strategies, each with its WHY: beside it, or on a narrow screen in so many lines below."""
    whys = [why_of(row, picture) for row in picture.strategies]
    if width >= WIDE:
        rows = [(*_strategy(row, shown_max=3), why) for row, why in zip(picture.strategies, whys, strict=True)]
        return lay_out(STRATEGY_HEADER, rows, right=NUMBERS, width=width)
    rows = [_strategy(row, shown_max=1) for row in picture.strategies]
    below = [why_lines(why, width, why_lines_max) if why_lines_max else [] for why in whys]
    return lay_out(STRATEGY_HEADER[:-1], rows, right=NUMBERS, width=width, yields=STRATEGY_YIELDS, below=below)


def why_lines(why: str, width: int, lines_max: int = WHY_LINES_MAX) -> list[str]:
    """Return a reason as lines for below a row; one that is too long ends in an ellipsis."""
    return textwrap.wrap(
        why,
        width,
        initial_indent=WHY_INDENT,
        subsequent_indent=WHY_INDENT,
        break_on_hyphens=False,
        max_lines=lines_max,
        placeholder="…",
    )


def _strategy(row: StrategyRow, *, shown_max: int) -> tuple[str, ...]:
    return (
        row.name,
        row.state,
        holdings(row.positions, shown_max),
        signed(row.pnl_paper),
        interval(row.pnl_honest),
        str(row.fills),
        str(row.working_orders),
    )


def why_of(row: StrategyRow, picture: Picture) -> str:
    """Return the strategy's own words and what the router has to add; each reason once, the account's by its name."""
    account = f"{picture.state}: {picture.halt_reason}"
    reason = row.router.partition(": ")[2]
    own = "" if reason and reason in row.why else row.why
    router = f"{picture.state} with the whole account, see above" if row.router == account else row.router
    if router.endswith(BY_HAND):
        router = f"{router}; hftctl strategy enable {row.name} ends it"
    refused = f"{row.refusals:,} refused, last {row.last_refusal}" if row.last_refusal else ""
    limits = f"its own limit: {', '.join(row.limits_binding)}" if row.limits_binding else ""
    spared = f"{row.suppressed:,} wish{'es' if row.suppressed > 1 else ''} cost no request" if row.suppressed else ""
    return "; ".join(part for part in (own, f"router: {router}" if router else "", refused, limits, spared) if part)


def _until(picture: Picture) -> str:
    """Return ` until Mon 09:30 New York time` where the router knows."""
    _, until, when = (picture.halt_reason or "").partition(" until ") if picture.market.reduces else ("", "", "")
    return f"{until}{when}"


def _troubles(picture: Picture, width: int) -> list[str]:
    """Return what is wrong, a line each; nothing when nothing is."""
    lines: list[str] = []
    for trouble in (*complaints(picture), *picture.warnings):
        lines += textwrap.wrap(trouble, width, initial_indent="! ", subsequent_indent="  ")
    return lines


def holdings(positions: Mapping[str, int], shown_max: int = 3) -> str:
    """Return `+40 SPY, -3 QQQ`, or `flat`; beyond `shown_max` symbols the rest is counted."""
    held = [f"{qty:+d} {symbol}" for symbol, qty in sorted(positions.items(), key=lambda item: -abs(item[1]))]
    more = len(held) - shown_max
    return ", ".join(held[:shown_max]) + (f" and {more} more" if more > 0 else "") if held else "flat"


def signed(dollars: float | None) -> str:
    """Return `+3.12`, `-9.55`, or a dash when it is not known."""
    return UNKNOWN if dollars is None else f"{dollars:+,.2f}"


def interval(honest: Interval) -> str:
    """Return `-1.20…+0.40` (pessimistic to optimistic), or a dash while the honest book says nothing."""
    if honest.low is None or honest.high is None:
        return UNKNOWN
    return f"{signed(honest.low)}…{signed(honest.high)}"


def span(seconds: float | None) -> str:
    """Return `41s`, `3m05s`, `2h13m`, `4d02h`."""
    if seconds is None:
        return UNKNOWN
    minutes, whole = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days}d{hours:02d}h"
    if hours:
        return f"{hours}h{minutes:02d}m"
    return f"{minutes}m{whole:02d}s" if minutes else f"{whole}s"


def fitted(lines: list[str], height: int) -> list[str]:
    """Return at most `height` lines; what does not fit is counted."""
    if len(lines) <= height:
        return lines
    return [*lines[: height - 1], heading(f"… {len(lines) - height + 1} more lines")]


def new_york(stamp: str) -> dt.datetime:
    """Return an RFC 3339 stamp of UTC as a moment in New York, to the second."""
    return dt.datetime.fromisoformat(stamp[:19] + "+00:00").astimezone(NEW_YORK)


def clock_time(stamp: str) -> str:
    """Return the New York time of day of an event, to the millisecond."""
    return f"{new_york(stamp):%H:%M:%S}{stamp[19:23] if stamp[19:20] == '.' else ''}"
