"""Virtual time: in order, never back, never without end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replay import scheduler
from replay.scheduler import Scheduler


def test_things_happen_in_time_order_and_those_of_one_instant_as_they_were_asked_for() -> None:
    diary, happened = Scheduler(100), list[str]()
    diary.at(300, happened.append, "late")
    diary.at(200, happened.append, "first")
    diary.after(100, happened.append, "second")
    assert diary.run(250)
    assert (happened, diary.now_ns) == (["first", "second"], 250)
    assert not diary.run(1_000)
    assert happened == ["first", "second", "late"]


def test_what_is_due_in_the_past_happens_now() -> None:
    diary, times = Scheduler(100), list[int]()
    diary.at(5, lambda _: times.append(diary.now_ns))
    diary.run(100)
    assert times == [100]


@given(st.lists(st.integers(0, 1_000)))
def test_time_never_goes_back(times: list[int]) -> None:
    diary, seen = Scheduler(0), list[int]()
    for t_ns in times:
        diary.at(t_ns, lambda _: seen.append(diary.now_ns))
    diary.run(1_000)
    assert seen == sorted(times)


def test_a_run_that_does_not_end_is_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "EVENTS_MAX", 100)
    diary = Scheduler(0)

    def again(_: None) -> None:
        diary.after(0, again)

    again(None)
    with pytest.raises(AssertionError, match="does not end"):
        diary.run(1)


def test_a_wake_takes_the_place_that_it_would_have_had_if_asked_for_at_its_time() -> None:
    happened: list[str] = []
    scheduler = Scheduler(0)
    scheduler.rouse(500, 400, 1, lambda _: happened.append("second program, asked at 400"))
    scheduler.rouse(500, 400, 0, lambda _: happened.append("first program, asked at 400"))
    scheduler.rouse(500, 0, 2, lambda _: happened.append("third program, asked at 0"))
    scheduler.at(300, lambda _: scheduler.at(500, happened.append, "message, asked at 300"))
    scheduler.run(500)
    assert happened == [
        "third program, asked at 0",
        "message, asked at 300",
        "first program, asked at 400",
        "second program, asked at 400",
    ]
