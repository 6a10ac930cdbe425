"""The page: what it says is what the books say, it is one file without a network, and a browser draws all of it."""

from __future__ import annotations

import hashlib
import re
from html import unescape
from importlib import resources
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from hft import events, settings
from hft.clock import NS_PER_S
from hft.errors import NotRunning
from hft.home import Home
from hft.messages import Quote, Ticks
from hft.words import Side
from recorder.day import ALL
from recorder.fillmodels import Scale
from recorder.report import numbers
from recorder.report.collect import Collected
from recorder.report.fills import fill_of
from recorder.report.write import lines_of, write_report
from tests.recorder.market import Market
from tests.recorder.report.test_shares import alone, page_with
from tests.recorder.test_honest import random_market
from tests.recorder.test_offline import DAY, played_with, record

if TYPE_CHECKING:
    from pathlib import Path

UPLOT_SHA256 = "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f"
PAGE_BYTES_MAX = 1_000_000


def collected(place: Path, market: Market) -> Collected:
    home = Home(place).make()
    record(home, market)
    return alone(home, Scale())


@pytest.fixture
def day(tmp_path: Path) -> Collected:
    return collected(tmp_path, random_market(5))


def data_of(page: bytes) -> dict[str, Any]:
    found = re.search(rb'id="data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    data: dict[str, Any] = msgspec.json.decode(found.group(1))
    return data


def test_the_table_says_what_the_books_say(day: Collected) -> None:
    row, account = numbers.strategy_row(day, "mm"), day.session.honest.account("mm")
    assert row["paper"] == account.paper.pnl / 10_000
    assert (row["low"], row["mid"], row["high"]) == tuple(value / 10_000 for value in day.session.honest.interval("mm"))
    assert row["fills"] == day.counts.lines["mm"].count["fills"]


def test_the_bars_lead_from_paper_to_honest_without_a_step_missing(day: Collected) -> None:
    first, *_, last = bars = numbers.gap_bars(day, ALL)
    total = numbers.strategy_row(day, ALL)
    assert first["to"] == total["paper"]
    assert last["to"] == pytest.approx(total["mid"], abs=1e-9)
    assert all(one["to"] == two["from"] for one, two in pairwise(bars[:-1]))


def test_the_curves_end_where_the_table_stands(day: Collected) -> None:
    columns, total = numbers.profit_curve(day, ALL), numbers.strategy_row(day, ALL)
    assert [column[-1] for column in columns[1:]] == [total["paper"], total["low"], total["mid"], total["high"]]
    assert max(value for value in numbers.drawdown_curve(day, ALL)[1] if value is not None) <= 0


def test_the_page_is_one_file_that_asks_for_nothing(day: Collected) -> None:
    page = page_with(day, {"home": "x"})
    assert len(page) < PAGE_BYTES_MAX
    text = page.decode()
    assert not re.findall(r"""(?:src|href)\s*=|url\((?!data:)|@import|fetch\(|XMLHttpRequest""", text)
    assert "default-src 'none'" in text


def test_the_same_day_gives_the_same_bytes(tmp_path: Path) -> None:
    first = page_with(collected(tmp_path / "one", random_market(5)), {})
    assert first == page_with(collected(tmp_path / "two", random_market(5)), {})


def once_a_second(symbol: str, seconds: int) -> Ticks:
    return Ticks(
        epoch=1,
        seq=1,
        ticks=tuple(
            Quote(
                symbol=symbol, exch_ns=at_s * NS_PER_S, recv_ns=at_s * NS_PER_S, bid_px=5_000_000 + at_s, bid_qty=1,
                ask_px=5_000_100 + at_s, ask_qty=1,
            )
            for at_s in range(seconds)
        ),
    )  # fmt: skip


def test_a_page_of_the_busiest_day_stays_below_a_megabyte() -> None:
    busy, symbols = Collected(DAY, Scale()), [f"SYM{number}" for number in range(8)]
    for number, symbol in enumerate(symbols):
        assert list(busy.watched(iter([once_a_second(symbol, 23_400)])))
        for at_s in range(1_000 * (number + 1)):
            fill = events.OrderFilled(
                strategy="leadlag", client_order_id="a", order_id="a", symbol=symbol, side=Side.BUY, last_qty=10,
                last_px=5_000_000, cum_qty=10, leaves_qty=0, position=0, broker_position=0, realised=0, mid_px=0,
                source="stream", exch_ns=0,
            )  # fmt: skip
            busy.fills.append(fill_of(fill, at_s + 0.123456, 5_000_000, len(busy.fills)))
            busy.session.markouts.on_fill(fill, at_s)
    busy.session.markouts.end()
    page = page_with(busy, {})
    assert len(page) < PAGE_BYTES_MAX
    charts = data_of(page)["prices"]
    assert charts[-1]["symbol"] == "SYM0 (one fill in 2 is drawn)"
    assert charts[-1]["fills"][-1][0] > 900


def test_words_from_outside_cannot_become_markup(tmp_path: Path) -> None:
    market = random_market(5)
    evil = "</script><script>alert(1)</script><b>"
    market.tell(1, events.StrategyDisabled(strategy=evil, reason=evil))
    market.tell(0, events.FleetStarted(launch_id=evil, mode=evil, strategies=(evil,), symbols=(evil,)))
    page = page_with(collected(tmp_path, market), {evil: evil}).decode()
    assert "alert(1)</script>" not in page
    assert evil in unescape(page)


def test_shares_past_the_market_are_named_apart_and_only_where_there_were_any(tmp_path: Path, day: Collected) -> None:
    assert "Shares past the market" not in page_with(day, {}).decode()
    market = random_market(5)
    market.tell(3, events.SharesCrossed(symbol="SPY", seller="drift", buyer="mm", qty=1_200, px=1_000_000))
    page = page_with(collected(tmp_path / "crossed", market), {}).decode()
    assert "<td>drift → mm</td><td>SPY</td><td>1,200</td>" in page


def test_few_fills_are_called_too_few(tmp_path: Path) -> None:
    market = Market()
    market.quote(0, 999_900, 1_000_100)
    market.fill(1, "a", 1_000_000)
    market.mark(2, 1_000_000)
    assert numbers.strategy_row(collected(tmp_path, market), "mm")["says"] == "1 fill: too few to say"


def test_a_day_without_anything_is_still_a_page(tmp_path: Path) -> None:
    market = Market()
    market.tell(0, events.FleetStarted(launch_id="L", mode="sim", strategies=("mm",), symbols=("SPY",)))
    page = page_with(collected(tmp_path, market), {})
    assert data_of(page)["prices"] == []
    assert "0 fills: too few to say" in page.decode()


def test_the_terminal_gets_the_same_numbers(day: Collected) -> None:
    lines = lines_of(day, numbers.table(day))
    assert len(lines) <= 12
    assert f"{numbers.strategy_row(day, ALL)['paper']:,.2f}".lstrip("-") in lines[0]
    own = [line.split(":")[0].strip() for line in lines[-len(numbers.names(day)) :]]
    assert own == numbers.names(day) != []


def test_it_is_written_into_the_homes_reports(tmp_path: Path) -> None:
    home = Home(tmp_path).make()
    record(home, random_market(5))
    written = write_report(settings.load(home, environ={}))
    assert written.path == home.reports / f"{DAY}.html"
    assert written.path.read_bytes().startswith(b"<!doctype html>")


def test_an_old_page_tells_what_its_day_was_played_with_whatever_the_settings_say_now(tmp_path: Path) -> None:
    home, market = Home(tmp_path).make(), random_market(5)
    market.tell(0, played_with(Scale(depth=2.0, flow=3.0)))
    record(home, market)
    pages = []
    for told in ("[recorder]\ndepth_scale = 9.0\n", "[sim]\nseed = 99\n"):
        (tmp_path / "hft.toml").write_text(told)
        pages.append(write_report(settings.load(home, environ={})).path.read_text())
    assert pages[0] == pages[1]
    assert "2× its depth, 3× its volume" in pages[0]
    assert "c0ffee00" in pages[0]


def test_a_day_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    home = Home(tmp_path).make()
    record(home, random_market(5))
    with pytest.raises(NotRunning) as caught:
        write_report(settings.load(home, environ={}), "2020-01-01")
    assert DAY in caught.value.why


def test_the_chart_library_is_the_one_that_was_looked_at() -> None:
    library = resources.files("recorder.report") / "assets" / "uPlot.iife.min.js"
    assert hashlib.sha256(library.read_bytes()).hexdigest() == UPLOT_SHA256
