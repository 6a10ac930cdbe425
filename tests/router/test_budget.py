"""The request budget: never more than the limit in any minute, cancels always find room."""

from __future__ import annotations

from hft.clock import NS_PER_MS, NS_PER_S
from router import broker
from router.broker import Priority, RateNoted
from router.budget import BURST_NEW_MAX, Budget
from tests.router.world import config


def request(ticket: int, priority: Priority) -> broker.GetClock:
    return broker.GetClock(ticket=ticket, priority=priority)


def fill(budget: Budget, count: int, priority: Priority, now_ns: int) -> list[broker.AnyRequest]:
    for ticket in range(count):
        budget.ask(request(ticket, priority))
    return budget.due(now_ns)


def test_the_most_urgent_goes_first() -> None:
    budget = Budget(config())
    for ticket, priority in enumerate((Priority.POLL, Priority.NEW, Priority.CANCEL, Priority.PANIC)):
        budget.ask(request(ticket, priority))
    assert [item.priority for item in budget.due(1)] == [
        Priority.PANIC,
        Priority.CANCEL,
        Priority.NEW,
        Priority.POLL,
    ]


def test_no_minute_sees_more_than_the_limit() -> None:
    budget = Budget(config())
    sent_ns: list[int] = []
    for second in range(180):
        now_ns = second * NS_PER_S
        sent_ns += [now_ns] * len(fill(budget, 10, Priority.CANCEL, now_ns))
    for start_ns in sent_ns:
        assert sum(1 for at_ns in sent_ns if start_ns <= at_ns < start_ns + 60 * NS_PER_S) <= 200


def test_new_orders_and_polls_leave_the_reserve_to_cancels() -> None:
    budget = Budget(config())
    assert len(fill(budget, 300, Priority.NEW, 1)) == 160
    assert len(fill(budget, 300, Priority.POLL, 1)) == 0, "polls stand behind new orders that wait"
    assert len(fill(budget, 300, Priority.CANCEL, 1)) == 40


def test_room_comes_back_as_the_minute_slides() -> None:
    budget = Budget(config())
    fill(budget, 200, Priority.CANCEL, 1)
    budget.ask(request(1, Priority.CANCEL))
    assert budget.due(60 * NS_PER_S) == []
    assert len(budget.due(60 * NS_PER_S + 1)) == 1


def test_the_venue_is_believed_when_it_leaves_us_less() -> None:
    budget = Budget(config())
    budget.note(RateNoted(limit=200, remaining=42, resets_ms=10_000), 1)
    assert not budget.has_room(Priority.NEW, 1) or budget.has_room(Priority.CANCEL, 1)
    assert len(fill(budget, 100, Priority.NEW, 1)) == 2
    assert len(fill(budget, 100, Priority.CANCEL, 1)) == 40
    assert len(budget.due(1 + 10_000 * NS_PER_MS)) > 0, "after the reset our own count decides again"


def test_after_a_429_nothing_leaves_until_the_window_is_new() -> None:
    budget = Budget(config())
    budget.close(5_000, 1)
    assert fill(budget, 1, Priority.PANIC, 1) == []
    assert len(budget.due(1 + 5_000 * NS_PER_MS)) == 1


def test_new_orders_are_paced_after_a_burst() -> None:
    budget = Budget(config())
    at_once = sum(budget.has_room(Priority.NEW, NS_PER_S) for _ in range(100))
    assert at_once == BURST_NEW_MAX
    in_a_minute = sum(budget.has_room(Priority.NEW, NS_PER_S * second) for second in range(2, 62) for _ in range(10))
    assert 155 <= in_a_minute <= 165


def test_a_played_day_that_runs_faster_has_longer_minutes() -> None:
    budget = Budget(config(rate=10.0))
    fill(budget, 200, Priority.CANCEL, 1)
    budget.ask(request(1, Priority.CANCEL))
    assert budget.due(300 * NS_PER_S) == []


def test_too_many_polls_are_dropped_and_counted_never_cancels() -> None:
    budget = Budget(config())
    budget.close(60_000, 1)
    fill(budget, 600, Priority.POLL, 1)
    assert budget.dropped_polls == 100
    fill(budget, 600, Priority.CANCEL, 1)
    assert budget.dropped_polls == 100


def test_above_the_plenty_each_strategy_has_its_share() -> None:
    budget = Budget(config())
    now_ns, taken = NS_PER_S, {"greedy": 0, "modest": 0}
    for second in range(1, 50):
        now_ns = second * NS_PER_S
        for whose in ("greedy", "greedy", "greedy", "greedy", "modest"):
            if budget.has_room(Priority.NEW, now_ns, whose):
                taken[whose] += 1
                for priority in (Priority.NEW, Priority.CANCEL):  # each order is cancelled again
                    budget.ask(request(1, priority))
                budget.due(now_ns)
    assert taken["greedy"] + taken["modest"] <= 90
    assert taken["modest"] >= 20, "the greedy one cannot take it all"
