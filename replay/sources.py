"""Where the ticks of a replay come from: a CSV tape, a day that the recorder kept, or the seeded generator.

Rule: read as it is played; a day never lies in memory as objects.
"""

from __future__ import annotations

import heapq
import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from hft.errors import ConfigError
from recorder import offline
from recorder.fillmodels import WHOLE
from replay.headlines import headlines_of
from venue import market, rows, sessions
from venue.sessions import opening_ns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hft.schema import Settings
    from recorder.fillmodels import Scale
    from recorder.tapereader import Array
    from replay.taped import TapedDay
    from venue.rows import Row, Source

GENERATED = "generated"
GENERATED_DAY = "2024-06-03"  # a plain Monday; which one does not matter, that it is always the same does
CHUNK_ROWS = 20_000
DAY = re.compile(r"\d{4}-\d\d-\d\d\Z")
Batch = list["Row"]


class Opened(NamedTuple):
    """A market that can be played. `is_received`: its times are those at which the feed had the ticks already."""

    name: str
    source: Source
    start_ns: int
    symbols: tuple[str, ...]
    is_received: bool = False
    has_news: bool = False  # headlines were heard on that day
    end_ns: int = 0  # of its last row, 0 where only playing it tells
    passes: int = 1  # so many times it was played in its home; this is the last one
    scale: Scale | None = None  # how much larger it is than what it shows; None: settings or mode say


def open_source(name: str, settings: Settings, data: Path, symbols: tuple[str, ...] = ()) -> Opened:
    """Return the market called `name`: a file, a day in the home's data folder, or `generated`.

    `symbols` empty means: what the settings name, as far as the market has it, else all that it has. Raises ConfigError
    for a name that is none of the three.
    """
    if name == GENERATED:
        return _generated(settings, symbols or settings.fleet.symbols)
    if DAY.match(name):
        return _recorded(name, data / name, settings, symbols)
    if Path(name).is_file():
        return _tape(Path(name), settings, symbols)
    known = sorted(path.name for path in data.glob("????-??-??")) if data.is_dir() else []
    raise ConfigError(
        f"There is nothing to replay called {name!r}.",
        f"Recorded days here: {', '.join(known) or 'none'}.",
        f"Name one of them, a tape file (CSV or CSV.gz), or the word {GENERATED}.",
    )


def _generated(settings: Settings, symbols: tuple[str, ...]) -> Opened:
    sim = settings.sim
    day = sessions.day_of(date.fromisoformat(GENERATED_DAY))
    assert day is not None
    start_ns = opening_ns(day.open_ns, sim.open_at)
    source = market.generator(
        seed=sim.seed, symbols=symbols, scenario=sim.scenario, start_ns=start_ns, start_px={}, always=False
    )
    return Opened(GENERATED, source, start_ns, symbols, scale=offline.GENERATED)


def _tape(path: Path, settings: Settings, symbols: tuple[str, ...]) -> Opened:
    found = market.tape([path])
    chosen = _chosen(path.name, found.symbols, settings, symbols)
    return Opened(path.name, found, found.first_ns, chosen, scale=WHOLE)


def _chosen(name: str, has: tuple[str, ...], settings: Settings, asked: tuple[str, ...]) -> tuple[str, ...]:
    missing = [symbol for symbol in asked if symbol not in has]
    if missing or not has:
        raise ConfigError(f"{name} does not trade {', '.join(missing) or 'anything'}.", f"It has: {', '.join(has)}.")
    return asked or tuple(symbol for symbol in settings.fleet.symbols if symbol in has) or has


def _recorded(name: str, folder: Path, settings: Settings, symbols: tuple[str, ...]) -> Opened:
    if not folder.is_dir():
        raise ConfigError(
            f"{name} was not recorded here.", f"There is no {folder}.", "hftctl data list shows the days that were."
        )
    from replay.taped import ticks_of  # noqa: PLC0415 numpy is needed for recorded days only

    taped = ticks_of(folder)
    headlines = headlines_of(folder.parent, name, taped.epochs)
    day = RecordedDay(taped, headlines)
    return Opened(
        name,
        day,
        day.next_ns() or 0,
        _chosen(name, day.symbols, settings, symbols),
        is_received=True,
        has_news=bool(headlines),
        end_ns=day.end_ns,
        passes=taped.passes,
    )


class RecordedDay:
    """A day of the recorder's tape, and its headlines, as a market: each quote was seen, and makes the fills."""

    def __init__(self, taped: TapedDay, headlines: list[rows.News]) -> None:
        self._names, (quotes, trades, statuses) = taped.names, taped.files
        self.end_ns = max((int(each["recv_ns"][-1]) for each in (quotes, trades) if len(each)), default=0)
        made = [self._quotes(quotes), self._prints(trades), self._statuses(statuses), self._headlines(headlines)]
        self._rows = heapq.merge(*made, key=lambda entry: entry[0])
        self._ahead: tuple[tuple[int, int], Batch] | None = next(self._rows, None)

    @property
    def symbols(self) -> tuple[str, ...]:
        """What it trades."""
        return tuple(self._names.values())

    def next_ns(self) -> int | None:
        """Return when the next row is due."""
        return self._ahead[0][0] if self._ahead else None

    def until(self, now_ns: int) -> Iterator[Row]:
        """Yield the rows up to now."""
        while self._ahead is not None and self._ahead[0][0] <= now_ns:
            yield from self._ahead[1]
            self._ahead = next(self._rows, None)

    def _headlines(self, found: list[rows.News]) -> Iterator[tuple[tuple[int, int], Batch]]:
        for news in found:
            yield (news.t_ns, 0), [news]

    def _quotes(self, records: Array) -> Iterator[tuple[tuple[int, int], Batch]]:
        for recv_ns, _, _, _, symbol, index, bid_qty, bid_px, ask_px, ask_qty in _rows(records):
            top = recv_ns, self._names[symbol], bid_px, bid_qty, ask_px, ask_qty
            yield (recv_ns, index), [rows.Nbbo(*top), rows.Quote(*top)]

    def _prints(self, records: Array) -> Iterator[tuple[tuple[int, int], Batch]]:
        for recv_ns, _, _, _, symbol, index, qty, px, _ in _rows(records):
            yield (recv_ns, index), [rows.Print(recv_ns, self._names[symbol], px, qty, published=True)]

    def _statuses(self, records: Array) -> Iterator[tuple[tuple[int, int], Batch]]:
        for recv_ns, _, _, _, symbol, index, halted, code, reason in _rows(records):
            words = code.decode(), "", reason.decode(), ""
            yield (recv_ns, index), [rows.Status(recv_ns, self._names[symbol], *words, halted=bool(halted))]


def _rows(records: Array) -> Iterator[tuple[Any, ...]]:
    for start in range(0, len(records), CHUNK_ROWS):
        yield from records[start : start + CHUNK_ROWS].tolist()
