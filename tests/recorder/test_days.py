"""The time of a line as ns, and the trading day it belongs to."""

from __future__ import annotations

import datetime as dt
import random

import pytest

from recorder.days import ns_of, second_of


def test_a_lines_time_is_read_to_the_nanosecond() -> None:
    chance = random.Random(1)
    for _ in range(2_000):
        second, nano = chance.randrange(4 * 10**9), chance.randrange(10**9)
        whole = dt.datetime.fromtimestamp(second, dt.UTC).strftime("%Y-%m-%dT%H:%M:%S")
        assert ns_of(f"{whole}.{nano:09d}Z") == second * 10**9 + nano
        assert ns_of(f"{whole}Z") == second * 10**9


MINUTES = ("", "2026-11-23T14:30x00", "2026-13-23T14:30:00", "2026-11-23T24:30:00", "2026-11-23T14:30")
SECONDS = ("0", "60", "0x", "-1", " 1", "00+", "000")


@pytest.mark.parametrize("text", [*MINUTES, *(f"2026-11-23T14:30:{second}" for second in SECONDS)])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no time|month|hour"):
        second_of(text)
