"""Links keep the order of what was sent; readers announce what is missing."""

from __future__ import annotations

from typing import Any

from hft.messages import Gap, Quote, Ticks
from hft.ports import by_epoch
from replay.latency import Spread
from replay.link import Link, Reader
from replay.scheduler import Scheduler

QUOTE = Quote(symbol="SPY", exch_ns=1, recv_ns=1, bid_px=1, bid_qty=1, ask_px=2, ask_qty=1)


def batch(seq: int, *, epoch: int = 1, snapshot: bool = False) -> Ticks:
    return Ticks(epoch=epoch, seq=seq, ticks=(QUOTE,), snapshot=snapshot)


def heard(*messages: Ticks) -> list[Any]:
    found: list[Any] = []
    reader = Reader("ticks", by_epoch, found.append)
    for message in messages:
        reader.hear("SPY", message)
    return found


def gap(missed: int) -> Gap:
    return Gap(stream="ticks", topic="SPY", missed=missed)


def test_messages_arrive_late_and_in_the_order_in_which_they_were_sent() -> None:
    diary, found = Scheduler(0), list[tuple[int, int]]()
    link = Link(diary, Spread(10, 500, "x"), lambda number: found.append((diary.now_ns, number)))
    for number in range(100):
        link.send(number)
    diary.run(10_000_000)
    assert [number for _, number in found] == list(range(100))
    assert found[0][0] >= 10_000


def test_a_hole_is_announced_before_what_follows_it() -> None:
    assert heard(batch(1), batch(4)) == [batch(1), gap(2), batch(4)]


def test_a_new_producer_is_a_hole_of_unknown_size() -> None:
    assert heard(batch(1), batch(1, epoch=2)) == [batch(1), gap(0), batch(1, epoch=2)]


def test_a_last_value_that_was_heard_already_is_left_out() -> None:
    assert heard(batch(1), batch(1, snapshot=True), batch(2)) == [batch(1), batch(2)]


def test_a_late_joiner_takes_the_last_value_and_counts_from_there() -> None:
    assert heard(batch(5, snapshot=True), batch(6)) == [batch(5, snapshot=True), batch(6)]
