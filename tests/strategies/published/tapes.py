"""Tables 1.2, 1.3, 1.4 and 3.4: the estimators on recorded days."""

from __future__ import annotations

import csv
import gzip
import math
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from hft.clock import NS_PER_S
from strategies.estimators.fair_value import BPS, NOISE_FLOOR, SPREAD_NOISE, FairValue
from strategies.estimators.flow import flow
from strategies.estimators.intensity import FillIntensity
from strategies.estimators.volatility import Volatility

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Find = Callable[[str], Path]

NASDAQ, SYMBOLS = "nasdaq-2012-06-21-AAPL-AMZN.csv.gz", ("AAPL", "AMZN")
OPEN_NS = 1_340_285_400 * NS_PER_S  # 09:30 in New York on that day
BIN_NS, HALF_HOURS, BINS = 10 * NS_PER_S, 13, 180
TOTAL = HALF_HOURS * BINS
TAQ, SKIPPED_S = "taq-2018-01-02-XXX-iex-nbbo.csv.gz", 300  # the reference leaves out the first five minutes
LAST_LINE = "last line of an instant"  # the reading that table 1.3 does not mean
CENT = 100  # in 1e-4 dollar
Book = tuple[int, int, int, int]
Array = np.ndarray[Any, np.dtype[np.float64]]


class Row(NamedTuple):
    """A book or a print of the Nasdaq day."""

    time_ns: int
    book: Book | None
    px: int
    signed_qty: int


@cache
def nasdaq(file: Path) -> dict[str, list[Row]]:
    """Return each symbol's rows, in their order."""
    found: dict[str, list[Row]] = {symbol: [] for symbol in SYMBOLS}
    with gzip.open(file, "rt", newline="") as lines:
        rows = csv.reader(lines)
        next(rows)
        for time, symbol, kind, _, bid_px, bid_qty, ask_px, ask_qty, px, qty, side in rows:
            book = (int(bid_px), int(bid_qty), int(ask_px), int(ask_qty)) if kind == "q" else None
            found[symbol].append(Row(int(time), book, int(px or 0), int(side or 0) * int(qty or 0)))
    return found


def volatility(find: Find) -> dict[str, float]:
    """Return the volatility of the mid in cents per √s, sampled every second and every minute."""
    found: dict[str, float] = {}
    for symbol, rows in nasdaq(find(NASDAQ)).items():
        books = [(row.time_ns, (row.book[0] + row.book[2]) / 2) for row in rows if row.book]
        cents = float(np.mean([mid for _, mid in books])) / CENT
        meters, at = {grid_s: Volatility(grid_s=grid_s, tau_s=1e12, prior_bps=0.0) for grid_s in (1, 60)}, 0
        for second in range(1, TOTAL * 10):
            now_ns = OPEN_NS + second * NS_PER_S
            while at + 1 < len(books) and books[at + 1][0] < now_ns:
                at += 1
            for meter in meters.values():
                meter.add(BPS * math.log(books[at][1]), now_ns)
        found |= {f"{symbol} {grid_s} s": meter.bps / BPS * cents for grid_s, meter in meters.items()}
    return found


def order_flow(find: Find) -> dict[str, float]:
    """Return, from 13 half-hours of ten-second bins, mean R², λ of β = c / depth^λ and the median of β × depth."""
    found = {}
    for symbol, rows in nasdaq(find(NASDAQ)).items():
        moves, flows, volumes = binned(rows)
        parts = [slice(i * BINS, (i + 1) * BINS) for i in range(HALF_HOURS)]
        for name, x in (("flow", flows), ("trades", volumes)):
            found[f"{symbol} R² of {name}"] = float(np.mean([np.corrcoef(moves[p], x[p])[0, 1] ** 2 for p in parts]))
        beta, depth = slopes(moves, flows), depths(rows)
        found[f"{symbol} λ"] = exponent(beta, depth)
        found[f"{symbol} β × depth"] = float(np.median(beta * depth))
    return found


def slopes(moves: list[float], flows: list[float]) -> Array:
    """Return each half-hour's β: ticks a share of flow."""
    parts = [slice(i * BINS, (i + 1) * BINS) for i in range(HALF_HOURS)]
    return np.array([np.polyfit(flows[p], moves[p], 1)[0] for p in parts])


def exponent(beta: Array, depth: Array) -> float:
    """Return λ of β = c / depth^λ."""
    return -float(np.polyfit(np.log(depth), np.log(beta), 1)[0])


def place_of(time_ns: int) -> int:
    return (time_ns - OPEN_NS) // BIN_NS


def binned(rows: list[Row]) -> tuple[list[float], list[float], list[float]]:
    """Return mid moves (ticks), order flow and signed volume per ten seconds of the session."""
    flows, volumes, mids = [0.0] * TOTAL, [0.0] * TOTAL, [math.nan] * TOTAL
    before: Book | None = None
    for row in rows:
        place = place_of(row.time_ns)
        if not 0 <= place < TOTAL:
            continue
        volumes[place] += row.signed_qty
        if row.book:
            flows[place] += flow(before, row.book) if before else 0
            before, mids[place] = row.book, (row.book[0] + row.book[2]) / 2 / CENT
    last = mids[0]
    levels = [last := last if math.isnan(mid) else mid for mid in mids]
    return [0.0, *np.diff(levels).tolist()], flows, volumes


def depths(rows: list[Row], *, of_messages: bool = True) -> Array:
    """Return each half-hour's mean of (bid size + ask size) / 2, over the venue's messages or the changes of the book.

    A print against a hidden order, whose aggressor is not told, is a message of its own that leaves the book as it is.
    """
    halves: list[list[float]] = [[] for _ in range(HALF_HOURS)]
    book: Book | None = None
    for row in rows:
        book, counts = row.book or book, row.book or (of_messages and not row.signed_qty)
        if book and counts and 0 <= place_of(row.time_ns) < TOTAL:
            halves[place_of(row.time_ns) // BINS].append((book[1] + book[3]) / 2)
    return np.array([np.mean(half) for half in halves])


def meters(find: Find, *, signed_only: bool = False) -> dict[str, FillIntensity]:
    """Return each symbol's meter after the day: a print's depth is its distance from the mid before its instant.

    `signed_only` leaves out the prints whose aggressor is not known: those against hidden orders.
    """
    found = {}
    for symbol, rows in nasdaq(find(NASDAQ)).items():
        meter, mid, before, quoted_ns = FillIntensity(tau_s=1e9), 0.0, 0.0, 0
        for row in rows:
            if row.book:
                before, quoted_ns = (mid, row.time_ns) if row.time_ns != quoted_ns else (before, quoted_ns)
                mid = (row.book[0] + row.book[2]) / 2
            elif mid and (row.signed_qty or not signed_only):
                fair = before if row.time_ns == quoted_ns and before else mid
                meter.add(abs(row.px - fair) / CENT, row.time_ns)
        found[symbol] = meter
    return found


def intensity(find: Find) -> dict[str, float]:
    """Return A and k of both."""
    found = {}
    for symbol, meter in meters(find).items():
        fit = meter.fit()
        assert fit is not None
        found[f"{symbol} A"], found[f"{symbol} k"] = fit
    return found


class Unclipped(FairValue):
    """The filter as it would be without the book's bounds."""

    def on_quote(self, bid_px: int, ask_px: int, time_ns: int) -> bool:
        """Take a quote that passes the gate; a wide one says nothing."""
        low, high = BPS * math.log(bid_px), BPS * math.log(ask_px)
        trusted = high - low <= self._gate_bps
        return self._hear((low + high) / 2, (SPREAD_NOISE * (high - low)) ** 2 + NOISE_FLOOR, time_ns, trusted=trusted)


class Watch:
    """The four estimators of table 1.3 side by side, looked at once a second."""

    def __init__(self) -> None:
        self.filters = {"filter": FairValue(), "filter without clipping": Unclipped()}
        self.prints = (0, 0, 0)  # of the last instant: when, Σ price × quantity, Σ quantity
        self.last = {"raw IEX mid": 0.0, "last IEX trade": 0.0, LAST_LINE: 0.0}
        self.errors: dict[str, list[float]] = {name: [] for name in (*self.last, *self.filters)}
        self.own: list[float] = []  # what the filter says of its error

    def look(self, mid: float, now_ns: int) -> None:
        """Note how far each is from the national mid, bps."""
        truth = BPS * math.log(mid)
        for name, px in self.last.items():
            self.errors[name].append(abs(BPS * math.log(px) - truth))
        for name, found in self.filters.items():
            self.errors[name].append(abs(found.log_bps - truth))
        self.own.append(self.filters["filter"].error_bps(now_ns))

    def hear(self, row: dict[str, str], now_ns: int) -> None:
        """Take what IEX says."""
        if row["kind"] == "t":
            px, qty = int(row["px"]), int(row["qty"])
            instant, value, volume = self.prints if self.prints[0] == now_ns else (now_ns, 0, 0)
            self.prints = instant, value + px * qty, volume + qty
            self.last["last IEX trade"], self.last[LAST_LINE] = self.prints[1] / self.prints[2], float(px)
            for found in self.filters.values():
                found.on_trade(px, now_ns)
        elif 0 < (bid := int(row["bid_px"])) < (ask := int(row["ask_px"])):
            self.last["raw IEX mid"] = (bid + ask) / 2
            for found in self.filters.values():
                found.on_quote(bid, ask, now_ns)


def watched(file: Path) -> Watch:
    """Return the estimators after the day."""
    watch, mid, look_ns, first_ns = Watch(), 0.0, 0, 0
    with gzip.open(file, "rt", newline="") as rows:
        for row in csv.DictReader(rows):
            now_ns = int(row["t_ns"])
            first_ns, look_ns = first_ns or now_ns, look_ns or now_ns + NS_PER_S
            while look_ns <= now_ns:
                if mid and look_ns > first_ns + SKIPPED_S * NS_PER_S:
                    watch.look(mid, look_ns)
                look_ns += NS_PER_S
            if row["kind"] == "n":
                bid, ask = int(row["bid_px"]), int(row["ask_px"])
                mid = (bid + ask) / 2 if 0 < bid < ask else 0.0
            elif row["venue"] == "V":
                watch.hear(row, now_ns)
    return watch


def quantiles(watch: Watch, *names: str) -> dict[str, float]:
    """Return each estimator's median, p75 and p95 of the error, bps."""
    shares = {"median": 0.5, "p75": 0.75, "p95": 0.95}
    return {
        f"{name}, {what}": float(np.quantile(watch.errors[name], share))
        for name in names
        for what, share in shares.items()
    }


def fair_value(find: Find) -> dict[str, float]:
    """Return the quantiles of each estimator's error, and whether the filter knows its own."""
    watch = watched(find(TAQ))
    found = quantiles(watch, *(name for name in watch.errors if name != LAST_LINE))
    off, own = np.array(watch.errors["filter"]), np.array(watch.own)
    found["filter, mean of (error/S)²"] = float(np.mean((off / own) ** 2))
    found["filter, p95 where S < 1 bps"] = float(np.quantile(off[own < 1], 0.95))
    return found
