"""A day read by two readers gives the very page that one reader gives."""

from __future__ import annotations

import multiprocessing
import os
import random
from typing import TYPE_CHECKING

import pytest

from hft import events
from hft.home import Home
from hft.words import Refusal, Side, TradingState
from recorder import archive
from recorder.fillmodels import Scale
from recorder.report import numbers, shares
from recorder.report.page import page_of
from recorder.report.shares import Share, owner_of, read, seconds_of
from tests.recorder.samples import raw_line
from tests.recorder.test_honest import PX, random_market
from tests.recorder.test_offline import DAY, record

if TYPE_CHECKING:
    from pathlib import Path

    from recorder.report.collect import Collected

SCALE = Scale(depth=2.0, flow=3.0)


def busy_home(place: Path, seed: int) -> Home:
    """Return a home with a day of four strategies, and of everything that belongs to none."""
    chance, home, market = random.Random(seed), Home(place).make(), random_market(seed)
    for number, name in enumerate(("pairs", "etf", "ml")):
        market.told_by_others += random_market(seed + number + 1, name).events()
    market.tell(0.5, events.DayOpened(day=DAY, positions={"etf": {"SPY": (50, PX)}, "old": {"SPY": (-5, PX)}}))
    for _ in range(30):
        at_s, name = chance.uniform(1, 199), chance.choice(("mm", "pairs", "etf", "ml", ""))
        market.tell(at_s, events.HaltSet(strategy=name, state=TradingState.HALTED, reason='"strategy":"ml"'))
        market.tell(at_s, events.TicksMissed(reader="recorder", missed=2, total=2))
        market.tell(at_s, events.RequestsCounted(requests={"mm": 3, "etf": 4}))
        refused = events.OrderRefused(
            strategy=name, symbol="SPY", side=Side.BUY, qty=1, px=PX, reason=Refusal.HALTED, text="", count=3
        )
        market.tell(at_s, refused)
    record(home, market)
    return home


def page_with(found: Collected, facts: dict[str, str]) -> bytes:
    return page_of(found, facts, numbers.table(found))


def together(home: Home, seconds: frozenset[bytes]) -> bytes:
    found = read(home, DAY, SCALE, Share(seconds))
    found.absorb(read(home, DAY, SCALE, Share(seconds, is_first=False)), {name.decode() for name in seconds})
    found.close()
    return page_with(found, {})


def alone(home: Home, scale: Scale = SCALE) -> Collected:
    """Return the day as one reader finds it."""
    with shares.reader_of(home, DAY) as read_day:
        return read_day(scale)


def page_of_one(home: Home) -> bytes:
    return page_with(alone(home), {})


@pytest.mark.parametrize("seed", range(3))
def test_two_readers_make_the_page_of_one(tmp_path: Path, seed: int) -> None:
    home = busy_home(tmp_path, seed)
    whole = page_of_one(home)
    for seconds in ({b"mm"}, {b"etf", b"ml"}, {b"pairs", b"nobody"}):
        assert together(home, frozenset(seconds)) == whole


@pytest.mark.parametrize("seconds", [{b"mm"}, {b"etf"}])
def test_a_day_ends_with_the_last_that_either_reader_saw(tmp_path: Path, seconds: set[bytes]) -> None:
    home, market, other = Home(tmp_path).make(), random_market(1), random_market(2, "etf")
    other.fill(203, "late", PX)
    market.told_by_others += other.events()
    record(home, market)
    assert together(home, frozenset(seconds)) == page_of_one(home)


def test_a_large_day_is_read_by_two_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = busy_home(tmp_path, 1)
    whole = page_of_one(home)
    monkeypatch.setattr(shares, "SPLIT_BYTES", 0)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    with shares.reader_of(home, DAY) as read_day:
        found = read_day(SCALE)
    assert multiprocessing.active_children() == []
    assert page_with(found, {}) == whole


def test_the_readers_get_about_as_many_lines_each(tmp_path: Path) -> None:
    home = busy_home(tmp_path, 2)
    lines = list(archive.lines_of(archive.live_file(home)))
    seconds = seconds_of(home, DAY)
    taken = sum(owner_of(raw) in seconds for raw in lines)
    owned = sum(owner_of(raw) != b"" for raw in lines)
    assert 0.3 * owned < taken < 0.7 * owned


def test_one_strategy_is_not_split(tmp_path: Path) -> None:
    home = Home(tmp_path).make()
    record(home, random_market(1))
    assert seconds_of(home, DAY) == frozenset()


def test_words_inside_a_text_own_nothing() -> None:
    event = events.StrategyDisabled(strategy="mm", reason='"strategy":"etf"')
    assert owner_of(raw_line(1, producer="router", event=event, ts_ns=1)) == b"mm"
    told = events.AlertSent(kind="x", ok=True, text='"strategy":"etf"')
    assert owner_of(raw_line(1, producer="router", event=told, ts_ns=1)) == b""


def test_a_second_reader_that_is_killed_leaves_the_day_to_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = busy_home(tmp_path, 0)
    whole = page_of_one(home)
    monkeypatch.setattr(shares, "SPLIT_BYTES", 0)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    with shares.reader_of(home, DAY) as read_day:
        (second,) = multiprocessing.active_children()
        second.kill()
        assert page_with(read_day(SCALE), {}) == whole
