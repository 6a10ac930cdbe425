"""Making the page of a day: read the files, gather, write reports/DAY.html; and the ten lines for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hft.errors import NotRunning
from recorder.atomic import replace
from recorder.day import ALL
from recorder.fillmodels import Scale
from recorder.offline import days, last_day, played_of, scale_of
from recorder.report import numbers
from recorder.report.page import REASON_WORDS, money, page_of
from recorder.report.shares import reader_of

if TYPE_CHECKING:
    from pathlib import Path

    from hft.events import DayPlayed
    from hft.settings import Loaded
    from recorder.report.collect import Collected


class Written(NamedTuple):
    """Where the page is, what a terminal shows of it, and the day behind both."""

    path: Path
    lines: list[str]
    found: Collected
    table: dict[str, numbers.Json]  # the row of each strategy, and of ALL


def write_report(loaded: Loaded, day: str = "", out: Path | None = None) -> Written:
    """Write the page of `day` (the last one by default) and return it; raise NotRunning when nothing was recorded."""
    home = loaded.home
    known = days(home)
    chosen = day or last_day(home)
    if chosen not in known:
        raise NotRunning(
            f"Nothing was recorded {'on ' + day if day else 'in this home'}.",
            f"{home.logs} has {', '.join(known) or 'no day'}.",
            "hftctl demo makes a day in a minute.",
        )
    with reader_of(home, chosen) as read:
        played = played_of(home, chosen)
        found = read(Scale(played.depth_scale, played.flow_scale) if played else scale_of(loaded.settings))
        table = numbers.table(found)
        page = page_of(found, {"home": home.root.name, **_facts(played)}, table)
    path = out or home.reports / f"{chosen}.html"
    replace(path, page)
    return Written(path, lines_of(found, table), found, table)


def _facts(played: DayPlayed | None) -> dict[str, str]:
    if played is None:
        return {"played with": "the day does not say: today's settings are taken"}
    pace = "" if played.rate == 1 else f", {played.rate:g} times as fast as the clock"
    seed = f", seed {played.seed}" if played.market.startswith("generated") else ""
    return {"market": f"{played.market}{seed}{pace}", "settings at the end": played.config_hash}


def lines_of(found: Collected, table: dict[str, numbers.Json]) -> list[str]:
    """Return the summary for a terminal."""
    total = table[ALL]
    lines = [
        f"{found.day}: paper {money(total['paper'])}, honest {money(total['mid'])}",
        f"  honest lies between {money(total['low'])} and {money(total['high'])}; fees {total['fees']:.2f}",
        f"{total['fills']} fills of {total['orders']} orders; {total['says']}",
    ]
    lines += [
        f"  {REASON_WORDS.get(bar['name'], bar['name'])}: {money(bar['to'] - bar['from'])}"
        for bar in numbers.gap_bars(found, ALL)[1:-1]
        if abs(bar["to"] - bar["from"]) >= 0.005  # noqa: PLR2004 half a cent rounds to nothing
    ]
    if abs(total["leftover"]) >= 0.005:  # noqa: PLR2004 half a cent rounds to nothing
        unsure = f"{total['leftover_risk']:.2f}"
        lines.append(f"  of the honest, {money(total['leftover'])} ± {unsure} by shares that no order would have held")
    lines += [
        f"  {name}: paper {money(row['paper'])}, honest {money(row['mid'])}, {row['says']}"
        for name, row in table.items()
        if name != ALL
    ]
    return lines
