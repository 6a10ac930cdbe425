"""Time as it is given, and lines that keep secrets."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import time
from typing import TYPE_CHECKING

import structlog

from hft import log
from hft.clock import NS_PER_S, FakeClock, MarketClock, WallClock, rfc3339

if TYPE_CHECKING:
    import pytest

SECRET = "sup3rs3cr3tvalue"


def test_market_time_starts_at_its_anchor_and_runs_at_its_rate() -> None:
    mono = time.monotonic_ns()
    plain, fast = MarketClock(10 * NS_PER_S, mono), MarketClock(10 * NS_PER_S, mono - NS_PER_S, 10.0)
    assert 10 * NS_PER_S <= plain.now_ns() < 12 * NS_PER_S
    assert 20 * NS_PER_S <= fast.now_ns() < 40 * NS_PER_S
    assert plain.mono_ns() >= mono


def test_two_processes_with_one_launch_read_the_same_time() -> None:
    mono = time.monotonic_ns()
    first, second = MarketClock(5, mono), MarketClock(5, mono)
    before = first.now_ns()
    assert before <= second.now_ns() <= first.now_ns()


def test_a_fake_clock_moves_only_when_moved() -> None:
    clock = FakeClock(5)
    assert clock.now_ns() == clock.mono_ns() == 5
    assert clock.advance_ms(1) == clock.now_ns() == 1_000_005


def test_wall_time_is_utc() -> None:
    assert abs(WallClock().now_ns() - int(time.time()) * NS_PER_S) < 2 * NS_PER_S  # noqa: TID251 the oracle


def test_times_are_written_with_nine_digits() -> None:
    assert rfc3339(1_340_285_400_004_241_176) == "2012-06-21T13:30:00.004241176Z"


def test_secrets_leave_masked_whatever_carries_them() -> None:
    log.redact(SECRET, None, "short")
    out = io.StringIO()
    logger = log.setup("router", stream=out)
    logger.info("keys.read", api_key="PK12345678", note=f"it is {SECRET}")
    logging.getLogger("websockets").warning("sent %s", SECRET)
    light = io.StringIO()
    log.light("mm", stream=light).warning("keys.read", token="anything", note=SECRET)
    structlog.reset_defaults()
    for text in (out.getvalue(), light.getvalue()):
        assert SECRET not in text
        assert log.MASKED in text
    first = json.loads(out.getvalue().splitlines()[0])
    assert (first["event"], first["process"], first["api_key"]) == ("keys.read", "router", log.MASKED)
    assert json.loads(light.getvalue())["level"] == "warning"


def test_a_log_whose_reader_has_died_stops_nobody() -> None:
    read_fd, write_fd = os.pipe()
    os.close(read_fd)
    with contextlib.suppress(BrokenPipeError), os.fdopen(write_fd, "w", buffering=1) as gone:
        log.light("mm", stream=gone).info("process.stopping")
        log.setup("router", stream=gone).info("process.stopping")
        logging.getLogger("websockets").warning("closed")
    structlog.reset_defaults()


def test_a_log_whose_reader_has_stopped_reading_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUPERVISOR_ENABLED", "1")
    read_fd, write_fd = os.pipe()
    with contextlib.suppress(OSError), os.fdopen(read_fd), os.fdopen(write_fd, "w", buffering=1) as full:
        logger = log.light("mm", stream=full)
        for _ in range(2_000):  # 64 KiB fill a pipe; these are some 200
            logger.info("order.filled", text="x" * 40)
