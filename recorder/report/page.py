"""The page itself: one HTML file with its style, its script, its numbers and the chart library inside. No network.

The chart library is uPlot 1.6.32 (MIT, licence in assets/), unchanged; a test compares its checksum.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial
from html import escape
from importlib import resources
from typing import TYPE_CHECKING, Any

import msgspec

from recorder.day import ALL
from recorder.markouts import HORIZONS_S
from recorder.report import numbers, parts

if TYPE_CHECKING:
    from recorder.report.collect import Collected

Columns = dict[str, Callable[[dict[str, Any]], str]]  # head of a column → its cell of a row
NOT_INCLUDED = (
    "Your own orders move nobody: no market impact beyond the size that was shown.",
    "The strategies decided on the paper fills. With honest fills they would have decided differently from there on.",
    "Queue places are estimated from what one venue shows, scaled to the whole market; the true queue is not public.",
    "The interval is one of fills: where the truth is known it held every day's fills, the profit on 98 days of 100.",
    "No borrow fees, no dividends, no taxes, no cost of the data feed; rebates and exchange fees are taken as zero.",
    "Halts, locates and rejections that a live broker would add.",
    "One day says nothing about the next: look for at least 60 sessions.",
)


CROSSED = (
    "Strategies had these of each other, at the mid (an internal cross, or a flatten). Every book has them as they"
    " were: nobody paid a spread or a fee, and no market had to be found. Together they neither gain nor lose by it."
)


def page_of(day: Collected, facts: dict[str, str], table: dict[str, dict[str, Any]]) -> bytes:
    """Return the page; `facts` are the first lines of its run table (seed, home, …), `table` is numbers.table's."""
    rows = list(table.values())
    data = msgspec.json.encode(_data(day, rows)).decode().replace("</", "<\\/")
    body = "\n".join(
        (
            _head(day, rows[-1]),
            _table(rows),
            _quality(rows),
            _leftovers(rows),
            _parts("symbol", parts.by_symbol(day.fills, day.session.markouts.moves)),
            _parts("hour in New York", parts.by_hour(day.fills, day.session.markouts.moves)),
            _gap(day),
            _chart("profit", "Profit: paper, and the honest interval around its expected value ($)"),
            _chart("drawdown", "Below the highest so far ($)"),
            _chart(
                "markouts", "Where the market was after a fill (basis points, good is up; 0 s is what was captured)"
            ),
            '<section id="prices"><h2>Prices and fills</h2></section>',
            _latency(day),
            _chart("requests", "Requests that orders and cancels cost, per minute"),
            _risks(day),
            _refusals(day),
            _broker_refusals(day),
            _crossed(day),
            _run(day, facts),
            _box(),
        )
    )
    return _TEMPLATE.format(
        title=f"{day.day} · what the paper P&amp;L is worth",
        style=_asset("uPlot.min.css") + _asset("report.css"),
        body=body,
        data=data,
        library=_asset("uPlot.iife.min.js"),
        script=_asset("report.js"),
    ).encode()


_TEMPLATE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; \
script-src 'unsafe-inline'; img-src data:">
<title>{title}</title><style>{style}</style></head>
<body><main>
{body}
</main>
<script type="application/json" id="data">{data}</script>
<script>{library}</script>
<script>{script}</script>
</body></html>
"""


def _asset(name: str) -> str:
    return (resources.files("recorder.report") / "assets" / name).read_text(encoding="utf-8")


def _data(day: Collected, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "profit": numbers.profit_curve(day, ALL),
        "drawdown": numbers.drawdown_curve(day, ALL),
        "markouts": numbers.markout_curves(rows),
        "prices": numbers.price_charts(day),
        "requests": numbers.request_curve(day),
    }


def money(dollars: float, unit: str = "") -> str:
    """Return dollars with a sign and a true minus, as in `−1,234.50`, or `−$1,234.50` with the unit."""
    sign = "−" if dollars < -0.005 else "+" if dollars > 0.005 else ""  # noqa: PLR2004 half a cent rounds to nothing
    return f"{sign}{unit}{abs(dollars):,.2f}"


def _number(value: float | None, digits: int = 2) -> str:
    return "–" if value is None else f"{round(value, digits) + 0.0:,.{digits}f}".replace("-", "−")


def _head(day: Collected, total: dict[str, Any]) -> str:
    kept = total["mid"] - total["paper"]
    mode = day.runs[-1]["mode"] if day.runs else "?"
    return f"""<header><p class="eyebrow">{escape(day.day)} · {escape(mode)}</p>
<h1>What the paper P&amp;L is worth</h1>
<div class="numbers"><div><span>paper says</span><b>{money(total["paper"], "$")}</b></div>
<div><span>honest, expected</span><b>{money(total["mid"], "$")}</b>
<small>between {money(total["low"], "$")} and {money(total["high"], "$")}</small></div>
<div><span>difference</span><b>{money(kept, "$")}</b></div></div>
<p class="says">{escape(total["says"])}</p></header>"""


def _table(rows: list[dict[str, Any]]) -> str:
    columns: Columns = {
        "strategy": lambda row: row["name"],
        "paper $": lambda row: money(row["paper"]),
        "honest $": lambda row: money(row["mid"]),
        "from … to": lambda row: f"{money(row['low'])} … {money(row['high'])}",
        "fees $": lambda row: _number(row["fees"]),
        "orders": lambda row: f"{row['orders']:,}",
        "fills": lambda row: f"{row['fills']:,}",
        "fill ratio": lambda row: _number(row["fill_ratio"]),
        "traded $": lambda row: _number(row["notional"], 0),
        "denied": lambda row: f"{row['denials']:,}",
        "what it says": lambda row: row["says"],
    }
    return _section("Strategies", columns, rows, kind="worded", note=FEES_NOTE)


FEES_NOTE = "Fees: of the fills that are expected honestly. Those of daily_summary.csv are of the paper fills."


def _quality(rows: list[dict[str, Any]]) -> str:
    """Return how good the fills were, of the strategies that had any."""
    columns: Columns = {
        "strategy": lambda row: row["name"],
        "captured": lambda row: _number(row["capture_bps"]),
        **{f"{s} s": partial(_markout, horizon_s=str(s)) for s in HORIZONS_S},
        "adverse": lambda row: _number(row["adverse_bps"]),
        "hit rate": lambda row: _number(row["hit_rate"]),
        "in queue s": lambda row: _number(row["rest_s"], 1),
        "held s": lambda row: _number(row["half_life_s"], 1),
        "turnover": lambda row: _number(row["turnover"], 3),
        "requests a fill": lambda row: _number(row["requests_per_fill"], 1),
        "requests a $": lambda row: _number(row["requests_per_usd"], 1),
    }
    filled = [row for row in rows if row["fills"]]
    return _section("How good the fills were (basis points)", columns, filled, note=QUALITY_NOTE) if filled else ""


QUALITY_NOTE = (
    "Captured: how far from the value we traded. After 1 to 60 s: what was left of it (the realised half-spread). "
    "Adverse: what the market took back in 30 s. Hit rate: the share for which 30 s later was good. In queue: median "
    "wait of a filled order. Held: after so long half of the shares were out again. Turnover: traded over equity. "
    "Requests a $: for each dollar of honest, expected profit; none where there is no profit."
)


def _markout(row: dict[str, Any], horizon_s: str) -> str:
    return _number(row["markouts"][horizon_s])


def _parts(cut: str, rows: list[dict[str, Any]]) -> str:
    """Return the fills of a day cut one way, where there were any."""
    columns: Columns = {
        cut: lambda row: row["name"],
        "fills": lambda row: f"{row['fills']:,}",
        "shares": lambda row: f"{row['shares']:,}",
        "traded $": lambda row: _number(row["traded"], 0),
        "captured bps": lambda row: _number(row["capture_bps"]),
        **{f"{s} s": partial(_markout, horizon_s=str(s)) for s in HORIZONS_S},
    }
    return _section(f"Fills by {cut}", columns, rows, note=PARTS_NOTE) if rows else ""


PARTS_NOTE = "After 1 to 60 s: where the value was then, in basis points of the fill's price; good is positive."


def _leftovers(rows: list[dict[str, Any]]) -> str:
    """Return what only the honest book holds, where it ever held anything."""
    columns: Columns = {
        "strategy": lambda row: row["name"],
        "shares left": lambda row: f"{row['leftover_shares']:,}",
        "holding made $": lambda row: money(row["leftover"]),
        "leaving costs $": lambda row: _number(row["leftover_exit"]),
        "unsure by ± $": lambda row: _number(row["leftover_risk"]),
    }
    held = [row for row in rows if row["leftover_risk"] or row["leftover_shares"]]
    return _section("Leftovers: what no order would have held", columns, held, note=LEFTOVER_NOTE) if held else ""


LEFTOVER_NOTE = (
    "Where paper and the market would have filled a different part of an order, the strategy sized its exit for paper; "
    "the honest book keeps the rest. What holding it made is luck, not the strategy's: it is in the honest profit, "
    "less the way out at the touch with fees, and the interval is at least as wide as its price is unsure."
)


def _section(title: str, columns: Columns, rows: list[dict[str, Any]], *, note: str = "", kind: str = "") -> str:
    top = "".join(f"<th>{escape(head)}</th>" for head in columns)
    lines = [
        f'<tr class="{"total" if row["name"] == ALL else ""}">'
        f"{''.join(f'<td>{escape(cell(row))}</td>' for cell in columns.values())}</tr>"
        for row in rows
    ]
    words = f'<p class="note">{escape(note)}</p>' if note else ""
    return (
        f'<section><h2>{escape(title)}</h2><div class="scroll"><table class="{kind}">'
        f"<thead><tr>{top}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>{words}</section>"
    )


REASON_WORDS = {
    "paper": "paper profit",
    "fee": "fees that paper does not charge",
    "queue": "others were in front in the queue",
    "size": "more shares than were shown",
    "latency": "another price by the time it arrived",
    "leftover": "leaving what no order would have held",
    "never_traded": "nothing traded at that price",
    "paper_never_filled": "the market would have filled it, paper did not",
    "stale_quote": "the quote was no price",
    "same": "the same on both",
    "honest": "honest profit, expected",
}


def _gap(day: Collected) -> str:
    bars = numbers.gap_bars(day, ALL)
    ends = [value for bar in bars for value in (bar["from"], bar["to"])]
    low, high = min(*ends, 0.0), max(*ends, 0.0)
    span = (high - low) or 1.0
    lines: list[str] = []
    for bar in bars:
        left, right = sorted((bar["from"], bar["to"]))
        kind = "whole" if bar["name"] in {"paper", "honest"} else "gain" if bar["to"] >= bar["from"] else "loss"
        change = bar["to"] if kind == "whole" else bar["to"] - bar["from"]
        orders = f" · {bar['orders']} order{'' if bar['orders'] == 1 else 's'}" if bar["orders"] else ""
        words = escape(REASON_WORDS.get(str(bar["name"]), str(bar["name"])))
        lines.append(
            f'<div class="bar"><span>{words}<small>{orders}</small></span>'
            f'<i><u class="{kind}" style="left:{(left - low) / span:.2%};width:{(right - left) / span:.2%}"></u></i>'
            f"<b>{money(change)}</b></div>"
        )
    return f'<section id="gap"><h2>From paper to honest ($)</h2>{"".join(lines)}</section>'


def _chart(name: str, title: str) -> str:
    return f'<section><h2>{escape(title)}</h2><div class="chart" id="chart-{name}"></div></section>'


def _latency(day: Collected) -> str:
    rows = numbers.latency_rows(day)
    lines = [
        f"<tr><td>{escape(row['name'])}</td><td>{row['count']:,}</td>"
        + "".join(f"<td>{_number(value, 1)}</td>" for value in row["ms"])
        + "</tr>"
        for row in rows
    ]
    return (
        '<section><h2>How long each hop took (ms)</h2><div class="scroll"><table><thead><tr><th>hop</th><th>n</th>'
        "<th>median</th><th>95 %</th><th>99 %</th><th>longest</th></tr></thead>"
        f"<tbody>{''.join(lines) or '<tr><td>no order</td></tr>'}</tbody></table></div></section>"
    )


def _clock(at_s: float) -> str:
    return dt.datetime.fromtimestamp(at_s, dt.UTC).strftime("%H:%M:%S")


def _risks(day: Collected) -> str:
    lines = [
        f"<tr><td>{_clock(at_s)}</td><td>{escape(kind)}</td><td>{escape(words)}</td></tr>"
        for at_s, kind, words in day.risks
    ]
    return (
        '<section><h2>What went wrong, and right again (UTC)</h2><div class="scroll"><table class="words"><tbody>'
        f"{''.join(lines) or '<tr><td>nothing</td></tr>'}</tbody></table></div></section>"
    )


def _refusals(day: Collected) -> str:
    lines = [
        f"<tr><td>{escape(strategy)}</td><td>{escape(reason)}</td><td>{count}</td></tr>"
        for (strategy, reason), count in sorted(day.refusals.items(), key=lambda item: -item[1])
    ]
    return (
        '<section><h2>Orders that our own limits refused</h2><div class="scroll"><table class="words"><tbody>'
        f"{''.join(lines) or '<tr><td>none</td></tr>'}</tbody></table></div></section>"
    )


def _broker_refusals(day: Collected) -> str:
    lines = [
        f"<tr><td>{escape(request)}</td><td>{status} / {code}</td><td>{count}</td></tr>"
        for (request, status, code), count in sorted(day.broker_refusals.items(), key=lambda item: (-item[1], item[0]))
    ]
    return (
        '<section><h2>Requests that the broker refused (status / code)</h2><div class="scroll"><table class="words">'
        f"<tbody>{''.join(lines) or '<tr><td>none</td></tr>'}</tbody></table></div></section>"
    )


def _crossed(day: Collected) -> str:
    """Return the shares that strategies had of each other; nothing when there were none."""
    if not day.crossed:
        return ""
    lines = [
        f"<tr><td>{escape(seller)} → {escape(buyer)}</td><td>{escape(symbol)}</td><td>{qty:,}</td></tr>"
        for (seller, buyer, symbol), qty in sorted(day.crossed.items())
    ]
    return (
        f"<section><h2>Shares past the market</h2><p>{CROSSED}</p>"
        f'<div class="scroll"><table><tbody>{"".join(lines)}</tbody></table></div></section>'
    )


def _run(day: Collected, facts: dict[str, str]) -> str:
    told = dict(facts)
    for number, run in enumerate(day.runs, 1):
        told[f"launch {number}"] = f"{run['launch']} ({run['mode']}): {run['strategies']} on {run['symbols']}"
    told["version / settings"] = ", ".join(sorted(day.builds)) or "–"
    told["events"] = f"{day.events:,}, {day.malformed} malformed"
    told["ticks"] = f"{day.ticks:,}, {day.missed_ticks} batches missed"
    restarts = {name: count for name, count in sorted(day.counts.restarts.items()) if count}
    told["restarts"] = ", ".join(f"{name} {count}" for name, count in restarts.items()) or "none"
    told["reconciliation breaks"] = str(day.breaks)
    told["market behind the feed"] = f"{day.scale.depth:g}× its depth, {day.scale.flow:g}× its volume"
    lines = [f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in told.items()]
    return f'<section><h2>Run</h2><div class="scroll"><table class="facts">{"".join(lines)}</table></div></section>'


def _box() -> str:
    points = "".join(f"<li>{escape(point)}</li>" for point in NOT_INCLUDED)
    return f'<section class="box"><h2>What this P&amp;L does not include</h2><ul>{points}</ul></section>'
