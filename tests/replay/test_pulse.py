"""Heartbeats at rest: a reader hears the last one that has arrived, at its time, and none that is still on its way."""

from __future__ import annotations

from replay.pulse import Heard, Pulse


def test_only_the_last_that_has_arrived_is_heard_once_and_the_sender_settles_first() -> None:
    settled: list[int] = []
    pulse = Pulse(settled.append)
    for at_ns in (10, 20, 30):
        pulse.put(Heard(at_ns, f"of {at_ns}"))
    assert pulse.last(9) is None
    assert pulse.last(25) == Heard(20, "of 20")
    assert pulse.last(29) is None
    assert pulse.last(30) == Heard(30, "of 30")
    assert settled == [9, 25, 29, 30]
