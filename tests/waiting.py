"""The one place where a test waits for another process: for a condition, never for a length of time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

LOOK_AGAIN_S = 0.02

T = TypeVar("T")


def until(condition: Callable[[], T], *, within_s: float, what: str) -> T:
    """Return the first true value of `condition`; raise AssertionError with `what` when none came within `within_s`."""
    end_s = time.monotonic() + within_s
    while not (value := condition()):
        if time.monotonic() > end_s:
            raise AssertionError(f"not within {within_s} s: {what}; last seen: {value!r}")
        time.sleep(LOOK_AGAIN_S)
    return value
