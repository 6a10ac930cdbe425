"""The log of a process tells what a person looks for; orders, ticks and polls stay in the record."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from hft import events, log
from hft.noted import LEVELS, note
from hft.words import TradingState

if TYPE_CHECKING:
    from hft.events import Event

REDUCING = events.StateNoted(state=TradingState.REDUCING, reason="the feed is down")


def said(event: Event) -> list[dict[str, Any]]:
    stream = io.StringIO()
    note(event, log.light("router", stream=stream))
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("event", "level", "fields"),
    [
        (REDUCING, "warning", {"state": "REDUCING", "reason": "the feed is down"}),
        (events.StateNoted(state=TradingState.ACTIVE, reason=""), "info", {"state": "ACTIVE"}),
        (events.FeedDisconnected(reason="silent for 15 s", mark=7), "warning", {"reason": "silent for 15 s"}),
        (
            events.FlattenDone(scope="all", ok=False, left=("SPY",)),
            "error",
            {"scope": "all", "ok": False, "left": ["SPY"]},
        ),
        (
            events.HaltSet(strategy="", state=TradingState.HALTED, reason="tea"),
            "error",
            {"state": "HALTED", "reason": "tea"},
        ),
    ],
)
def test_the_log_says_it(event: Event, level: str, fields: dict[str, Any]) -> None:
    (line,) = said(event)
    del line["ts"]
    assert line == {"process": "router", "event": event.__struct_config__.tag, "level": level, **fields}


def test_what_comes_with_every_order_or_poll_is_not_said() -> None:
    assert said(events.ReconcileDone(orders=0, positions=0)) == []
    assert said(events.CancelRequested(strategy="mm", client_order_id="c", reason="the strategy asked")) == []
    assert not {
        kind for kind in LEVELS if str(kind.__struct_config__.tag).startswith(("order.", "request", "account."))
    }
