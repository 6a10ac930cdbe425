"""Who measures which table: each function returns our numbers under the names of the table's rows."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from tests.conftest import DATA_FOLDER_NAME
from tests.strategies.published import lead, learning, maker, market, reversion, tapes
from tests.tree import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

FREE: dict[str, Callable[[], dict[str, float]]] = {
    "2.3 mean reversion": reversion.processes,
    "2.3 Engle-Granger, 390 samples": reversion.engle_granger,
    "2.4 Kalman's trap": reversion.trap,
    "3.2 one call": maker.one_call,
    "3.2 Avellaneda-Stoikov": maker.tables,
    "3.2 the trap, 1 - exp(-λ dt)": maker.trap,
    "3.3 Guéant-Lehalle-Fernandez-Tapia": maker.stationary,
    "4.2 lead of a made-up pair": lead.made_up,
    "4.2 thin ticks": lead.thin,
    "6.3 FTRL": learning.table,
}
FROM_RECORDINGS: dict[str, Callable[[Callable[[str], Path]], dict[str, float]]] = {
    "1.2 volatility, cents per √s": tapes.volatility,
    "1.3 fair value, bps": tapes.fair_value,
    "1.4 order flow at 10 s": tapes.order_flow,
    "3.4 fill intensity": tapes.intensity,
    "4.2 a fund and its parts": lead.fund,
    "6.3 direction of the mid": market.baseline,
}


class NotAtHand(LookupError):
    """A recording that this machine does not have."""


def recording(name: str) -> Path:
    """Return a recorded file; raise NotAtHand where it is not at hand."""
    folder = Path(os.environ.get(DATA_FOLDER_NAME) or ROOT.parent / "shared" / "data")
    if not (folder / name).is_file():
        raise NotAtHand(f"no {name} in {folder}: set {DATA_FOLDER_NAME} to the folder with the recordings")
    return folder / name


@cache
def measured(table: str) -> dict[str, float]:
    """Return our numbers of a table; raise NotAtHand where its recording is missing."""
    return FREE[table]() if table in FREE else FROM_RECORDINGS[table](recording)
