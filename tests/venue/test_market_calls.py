"""Clock, calendar, sessions, assets."""

from __future__ import annotations

from datetime import date

import pytest

from tests.venue.desk import Desk, at
from venue import sessions
from venue.sessions import Phase


@pytest.mark.row("3.2/GET /clock")
def test_the_clock_tells_new_york_time_and_the_next_edges() -> None:
    found = Desk().get("/clock")
    assert found == {
        "timestamp": "2026-11-23T09:45:00.000000000-05:00",
        "is_open": True,
        "next_open": "2026-11-24T09:30:00-05:00",
        "next_close": "2026-11-23T16:00:00-05:00",
    }


def test_a_venue_that_never_closes_is_open_on_sunday() -> None:
    sunday = at("2026-11-22T12:00:00Z")
    assert Desk(now_ns=sunday).get("/clock")["is_open"] is False
    assert Desk(now_ns=sunday, hours="always").get("/clock")["is_open"] is True


@pytest.mark.row("3.2/GET /calendar")
def test_the_calendar_knows_holidays_and_early_closes() -> None:
    days = Desk().get("/calendar?start=2026-11-25&end=2026-11-27")
    assert [(day["date"], day["open"], day["close"]) for day in days] == [
        ("2026-11-25", "09:30", "16:00"),
        ("2026-11-27", "09:30", "13:00"),
    ]
    assert days[1] == {
        "date": "2026-11-27",
        "open": "09:30",
        "close": "13:00",
        "session_open": "0400",
        "session_close": "1700",
        "settlement_date": "2026-11-30",
    }
    assert Desk().refused("GET", "/calendar?start=tomorrow")[0] == 422


@pytest.mark.parametrize(
    "day",
    [
        date(2026, 12, 25),
        date(2027, 1, 1),
        date(2027, 1, 18),
        date(2012, 10, 29),
        date(2018, 3, 30),
        date(2026, 6, 19),
        date(2026, 7, 3),
        date(2024, 5, 27),
    ],
)
def test_the_exchanges_stay_closed(day: date) -> None:
    assert sessions.day_of(day) is None


@pytest.mark.parametrize("day", [date(2021, 12, 31), date(2012, 6, 21), date(2021, 6, 18), date(2026, 12, 24)])
def test_the_exchanges_open(day: date) -> None:
    assert sessions.day_of(day) is not None


@pytest.mark.parametrize(
    ("text", "phase"),
    [
        ("2026-11-23T08:59:59Z", Phase.CLOSED),
        ("2026-11-23T09:00:00Z", Phase.PRE),
        ("2026-11-23T14:30:00Z", Phase.CORE),
        ("2026-11-23T21:00:00Z", Phase.POST),
        ("2026-11-24T01:00:00Z", Phase.CLOSED),
        ("2026-11-27T18:00:00Z", Phase.POST),
        ("2012-06-21T13:30:00Z", Phase.CORE),
        ("2026-11-22T16:00:00Z", Phase.CLOSED),
    ],
)
def test_the_phase_follows_the_session(text: str, phase: Phase) -> None:
    assert sessions.phase_at(at(text)) is phase


def test_a_day_before_the_open_still_ends_at_its_own_close() -> None:
    assert sessions.session_close_ns(at("2026-11-23T12:00:00Z")) == at("2026-11-23T21:00:00Z")
    assert sessions.session_close_ns(at("2026-11-25T21:00:00Z")) == at("2026-11-27T18:00:00Z")
    assert sessions.next_open_ns(at("2026-11-21T12:00:00Z")) == at("2026-11-23T14:30:00Z")


def test_edges_follow_one_another_over_a_weekend() -> None:
    edge, seen = at("2026-11-20T12:00:00Z"), []
    for _ in range(4):
        edge = sessions.next_edge_ns(edge)
        seen.append(edge)
    assert seen == [at(f"2026-11-{text}:00Z") for text in ("20T14:30", "20T21:00", "21T01:00", "23T09:00")]


@pytest.mark.row("3.2/GET /assets", "3.2/GET /assets/{symbol}", "3.5/404 asset")
def test_assets_are_those_of_the_market_and_of_the_positions() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    desk.order("buy", 1)
    desk.events()
    desk.market.symbols = ("BBB",)
    assert desk.get("/assets/AAA")["tradable"] is True
    assert [row["symbol"] for row in desk.get("/assets")] == ["AAA"]
    assert desk.get("/assets?exchange=NYSE") == []
    assert desk.refused("GET", "/assets/ZZZZ") == (404, 40410000, "asset not found for ZZZZ")


def test_an_asset_says_both_how_easily_it_is_borrowed_and_its_status() -> None:
    found = Desk().get("/assets/AAA")
    assert (found["easy_to_borrow"], found["borrow_status"], found["class"]) == (True, "easy_to_borrow", "us_equity")
