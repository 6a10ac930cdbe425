"""Order-flow imbalance explains the moves of two real books as Cont, Kukanov & Stoikov say (reference 1.4)."""

from __future__ import annotations

import csv
import gzip
from typing import TYPE_CHECKING

import numpy as np
import pytest

from hft.clock import NS_PER_S
from strategies.estimators.flow import flow

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TAPE = "nasdaq-2012-06-21-AAPL-AMZN.csv.gz"
BIN_NS, HALF_HOURS, BINS = 10 * NS_PER_S, 13, 180
SESSION_NS = HALF_HOURS * BINS * BIN_NS


def binned(file: Path, symbol: str) -> tuple[list[float], list[float], list[float]]:
    """Return mid moves (ticks), order flow and signed volume per ten seconds of the session."""
    total = HALF_HOURS * BINS
    flows, volumes, mids = [0.0] * total, [0.0] * total, [float("nan")] * total
    book, start_ns = None, 1_340_285_400 * NS_PER_S  # 09:30 in New York
    with gzip.open(file, "rt", newline="") as rows:
        for row in csv.DictReader(rows):
            place = (int(row["t_ns"]) - start_ns) // BIN_NS
            if row["symbol"] != symbol or not 0 <= place < total:
                continue
            if row["kind"] == "t":
                volumes[place] += int(row["aggressor"] or 0) * int(row["qty"])
                continue
            after = int(row["bid_px"]), int(row["bid_qty"]), int(row["ask_px"]), int(row["ask_qty"])
            if book is not None:
                flows[place] += flow(book, after)
            book = after
            mids[place] = (after[0] + after[2]) / 200
    last = mids[0]
    levels = [last := mid if mid == mid else last for mid in mids]  # noqa: PLR0124 what is not itself is not a number
    return [0.0, *np.diff(levels).tolist()], flows, volumes


def r_squared(y: list[float], x: list[float]) -> float:
    """Return the mean over the half hours of the R² of y on x."""
    parts = [slice(i * BINS, (i + 1) * BINS) for i in range(HALF_HOURS)]
    return float(np.mean([np.corrcoef(y[part], x[part])[0, 1] ** 2 for part in parts]))


@pytest.mark.parametrize(("symbol", "by_flow", "by_volume"), [("AMZN", 0.53, 0.36), ("AAPL", 0.51, 0.34)])
def test_ten_seconds_of_flow_explain_half_of_the_move_and_more_than_trades_do(
    data_file: Callable[[str], Path], symbol: str, by_flow: float, by_volume: float
) -> None:
    moves, flows, volumes = binned(data_file(TAPE), symbol)
    assert r_squared(moves, flows) == pytest.approx(by_flow, abs=0.02)
    assert r_squared(moves, volumes) == pytest.approx(by_volume, abs=0.02)
