"""Waiting for a condition of another process, with a bound."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

LOOK_AGAIN_S = 0.02

T = TypeVar("T")


def until(condition: Callable[[], T], within_s: float) -> T:
    """Return the first true value of `condition`, or its last false one after `within_s` seconds."""
    end_s = time.monotonic() + within_s
    while not (value := condition()) and time.monotonic() < end_s:
        time.sleep(LOOK_AGAIN_S)
    return value
