"""The ticks of a recorded day as they are played: of symbols that have a name, of the last time the day was played.

A tape that the exchange plays begins anew at each start (docs/adr/0020), so a home may have one day several times in
its files: then time goes back in them. Each time was a day of its own, and no market ever had both at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from hft.messages import Quote, Status, Trade
from recorder import tapereader

if TYPE_CHECKING:
    from pathlib import Path

    from recorder.tapereader import Array


class TapedDay(NamedTuple):
    """Names of symbols by number; quotes, trades and statuses of the last time, and how many times there were.

    `epochs`: those of the feed in that time; None where there was one time only.
    """

    names: dict[int, str]
    files: tuple[Array, ...]
    passes: int
    epochs: frozenset[int] | None


def ticks_of(folder: Path) -> TapedDay:
    """Return what is played of a day in the tick tape."""
    # A power cut may have taken a part of the table: what nobody can name is left out.
    names = {number: name for number, name in enumerate(tapereader.symbols(folder)) if name}
    return _last_time(names, tuple(tapereader.array_of(folder, kind, names) for kind in (Quote, Trade, Status)))


def _last_time(names: dict[int, str], found: tuple[Array, ...]) -> TapedDay:
    """Return of each file what was written after time went back last, as far as it is of the feed's same epochs.

    A file of few records may have none of the last time, or not show where it began.
    """
    anew = [np.flatnonzero(np.diff(each["recv_ns"]) < 0) + 1 for each in found]
    passes = 1 + max(map(len, anew))
    if passes == 1:
        return TapedDay(names, found, 1, None)
    tails = [each[at[-1] :] if len(at) else each for each, at in zip(found, anew, strict=True)]
    surest = next(tail for tail, at in zip(tails, anew, strict=True) if len(at) == passes - 1)
    epochs = np.unique(surest["epoch"])
    kept = tuple(tail[np.isin(tail["epoch"], epochs)] for tail in tails)
    return TapedDay(names, kept, passes, frozenset(epochs.tolist()))
