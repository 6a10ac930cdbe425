"""From what was collected to what the page prints: rows, curves, bars. Dollars and basis points, ready to show."""

from __future__ import annotations

from itertools import accumulate, islice, pairwise
from typing import TYPE_CHECKING, Any

from recorder.day import ALL
from recorder.markouts import HORIZONS_S
from recorder.orderfate import REASONS
from recorder.report.holding import half_life_s
from recorder.report.parts import capture_bps
from recorder.report.statistics import newey_west_t, quantile, thinned, verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from recorder.report.collect import Collected
    from recorder.report.fills import Fill

PX_PER_USD = 10_000
POINTS_MAX = 3_000  # of one curve; more cannot be seen
SYMBOLS_MAX = 8
QUOTES_DRAWN_MAX, FILLS_DRAWN_MAX = 12_000, 6_000  # over all price charts: a page stays below a megabyte
SLICE_S = 300
TOXIC_S = 30  # after so long, what the market moved against a fill counts as adverse selection
QUANTILES = (0.5, 0.95, 0.99, 1.0)
Json = dict[str, Any]


def usd(money: float) -> float:
    """Return 1e-4 dollars as dollars."""
    return money / PX_PER_USD


def names(day: Collected) -> list[str]:
    """Return the strategies of the day in order of name."""
    return sorted(set(day.counts.lines) | set(day.session.honest.accounts))


def table(day: Collected) -> dict[str, Json]:
    """Return the row of each strategy in order of name, and that of ALL last."""
    return {name: strategy_row(day, name) for name in [*names(day), ALL]}


def strategy_row(day: Collected, name: str) -> Json:
    """Return one line of the table: a strategy, or ALL."""
    honest = day.session.honest
    every = name == ALL
    chosen = names(day) if every else [name]
    lines = [day.counts.lines[each] for each in chosen if each in day.counts.lines]
    fills = [fill for fill in day.fills if every or fill.strategy == name]
    interval = honest.interval_of_all() if every else honest.interval(name)
    ordered = sum(line.count["ordered_shares"] for line in lines)
    shares = sum(line.count["shares"] for line in lines)
    paper = sum(honest.account(each).paper.pnl for each in chosen)
    return {
        "name": name,
        "paper": usd(paper),
        "low": usd(interval.low),
        "mid": usd(interval.mid),
        "high": usd(interval.high),
        "fees": usd(sum(honest.account(each).books["expected"].fees for each in chosen)),
        "orders": sum(line.count["orders"] for line in lines),
        "fills": len(fills),
        "shares": shares,
        "fill_ratio": shares / ordered if ordered else None,
        "notional": usd(sum(line.notional for line in lines)),
        "capture_bps": capture_bps(fills),
        "markouts": {str(s): _markout(day, name, s) for s in HORIZONS_S},
        "rest_s": quantile([rest for each in chosen for rest in day.rest_s.get(each, [])], 0.5),
        "denials": sum(line.count["denials"] for line in lines),
        "says": verdict(len(fills), newey_west_t(slices(day, name))),
        **_quality(day, name, fills),
        **_leftovers(day, chosen),
    }


def _quality(day: Collected, name: str, fills: Sequence[Fill]) -> Json:
    """Return how good the fills were: what the market took back, how often it went our way, how long shares stayed."""
    markouts = day.session.markouts
    mean = markouts.mean_of_all(TOXIC_S) if name == ALL else markouts.means.get((name, TOXIC_S))
    after, capture = _markout(day, name, TOXIC_S), capture_bps(fills)
    requests = day.cost.total() if name == ALL else day.cost[name]
    traded = sum(fill.qty * fill.px for fill in fills)
    honest = day.session.honest
    edge = usd((honest.interval_of_all() if name == ALL else honest.interval(name)).mid)
    return {
        "adverse_bps": capture - after if capture is not None and after is not None else None,
        "hit_rate": mean.hit_rate if mean else None,
        "half_life_s": half_life_s(day.holdings.values() if name == ALL else [day.holdings[name]]),
        "turnover": traded / day.equity if day.equity else None,
        "requests_per_fill": requests / len(fills) if fills and requests else None,
        "requests_per_usd": requests / edge if requests and edge > 0 else None,
    }


def _leftovers(day: Collected, chosen: Sequence[str]) -> Json:
    """Return what only the honest book holds, what that made, what leaving it costs and how unsure it is."""
    honest = day.session.honest
    accounts = [honest.account(each) for each in chosen]
    return {
        "leftover_shares": sum(abs(qty) for account in accounts for qty in account.leftover.positions.values()),
        "leftover": usd(sum(account.leftover.pnl for account in accounts)),
        "leftover_exit": usd(sum(honest.exit_cost(each) for each in chosen)),
        "leftover_risk": usd(sum(account.leftover.risk for account in accounts)),
    }


def _markout(day: Collected, name: str, horizon_s: int) -> float | None:
    markouts = day.session.markouts
    return markouts.of_all(horizon_s) if name == ALL else markouts.of(name, horizon_s)


def slices(day: Collected, name: str) -> list[float]:
    """Return the expected book's profit of each full five minutes, in dollars."""
    ends = day.profits.expected(name, SLICE_S)
    if not ends:
        return []
    first, last = min(ends), max(ends)
    levels = [0.0]
    for number in range(first, last):
        levels.append(ends.get(number, levels[-1]))
    return [usd(after - before) for before, after in pairwise(levels)]


def gap_bars(day: Collected, name: str) -> list[Json]:
    """Return the way from the paper profit to the honest one: start, one bar for each reason, end."""
    honest = day.session.honest
    chosen = names(day) if name == ALL else [name]
    money = dict.fromkeys(REASONS, 0)
    for each in chosen:
        for reason, amount in honest.gaps(each).items():
            money[reason] = money.get(reason, 0) + amount
    orders = {reason: sum(honest.account(each).orders[reason] for each in chosen) for reason in money}
    paper = sum(honest.account(each).paper.pnl for each in chosen)
    bars: list[Json] = [{"name": "paper", "from": 0.0, "to": usd(paper), "orders": None}]
    level = paper
    for reason, amount in money.items():
        if amount or orders[reason]:
            bars.append(
                {"name": reason, "from": usd(level), "to": usd(level - amount), "orders": orders[reason] or None}
            )
            level -= amount
    return [*bars, {"name": "honest", "from": 0.0, "to": usd(level), "orders": None}]


def profit_curve(day: Collected, name: str) -> list[list[float | None]]:
    """Return seconds, paper, low, mid, high (dollars), column by column."""
    points = thinned(day.profits.of(name), POINTS_MAX)
    return columns([(at_s, *map(usd, values)) for at_s, *values in points], 5)


def drawdown_curve(day: Collected, name: str) -> list[list[float | None]]:
    """Return seconds, and how far paper and the expected book are below their own highest (dollars)."""
    points = day.profits.of(name)
    if not points:
        return columns([], 3)
    times_s, paper, _, mid, _ = zip(*points, strict=True)
    return columns(thinned(list(zip(times_s, _below(paper), _below(mid), strict=True)), POINTS_MAX), 3)


def _below(levels: Sequence[float]) -> list[float]:
    peaks = islice(accumulate(levels, max, initial=0.0), 1, None)
    return [usd(level - peak) for level, peak in zip(levels, peaks, strict=True)]


def price_charts(day: Collected) -> list[Json]:
    """Return for the symbols with most fills: quotes, and the fills upon them."""
    counts: dict[str, int] = {}
    for fill in day.fills:
        counts[fill.symbol] = counts.get(fill.symbol, 0) + 1
    chosen = sorted(counts, key=lambda symbol: (-counts[symbol], symbol))[:SYMBOLS_MAX]
    return [_price_chart(day, symbol, len(chosen)) for symbol in chosen]


def _price_chart(day: Collected, symbol: str, among: int) -> Json:
    quotes = thinned(day.quotes(symbol), min(POINTS_MAX, QUOTES_DRAWN_MAX // among))
    fills = [fill for fill in day.fills if fill.symbol == symbol]
    step = 1 + len(fills) * among // FILLS_DRAWN_MAX  # evenly over the day
    return {
        "symbol": symbol if step == 1 else f"{symbol} (one fill in {step} is drawn)",
        "quotes": columns([(at_s, usd(bid), usd(ask)) for at_s, bid, ask in quotes], 3),
        "fills": [[fill.at_s, usd(fill.px), int(fill.side), fill.qty, fill.strategy] for fill in fills[::step]],
    }


def markout_curves(rows: Sequence[Json]) -> Json:
    """Return the mark-out of each strategy over the horizons; the first point is what was captured at the fill."""
    curves = {row["name"]: [row["capture_bps"], *row["markouts"].values()] for row in rows if row["fills"]}
    return {"seconds": [0, *HORIZONS_S], "curves": curves}


def latency_rows(day: Collected) -> list[Json]:
    """Return how long each hop took: median, 95th, 99th percentile and longest, in milliseconds."""
    return [
        {"name": name, "count": len(found), "ms": [quantile(found, share) for share in QUANTILES]}
        for name, found in day.hops.named()
    ]


def request_curve(day: Collected) -> list[list[float | None]]:
    """Return for each minute the requests that orders and cancels cost."""
    if not day.requests:
        return [[], []]
    minutes = range(min(day.requests), max(day.requests) + 1)
    return [[minute * 60.0 for minute in minutes], [float(day.requests[minute]) for minute in minutes]]


def columns(points: Sequence[tuple[float | None, ...]], width: int) -> list[list[float | None]]:
    """Return the points column by column, as the charts want them."""
    return [list(column) for column in zip(*points, strict=True)] if points else [[] for _ in range(width)]
