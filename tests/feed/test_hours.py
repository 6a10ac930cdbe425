"""The regular session in New York time."""

from __future__ import annotations

import datetime as dt

import pytest

from feed.hours import in_session


@pytest.mark.parametrize(
    ("utc", "expected"),
    [
        ("2026-11-23T14:29:59", False),  # Monday in winter: New York is UTC-5
        ("2026-11-23T14:30:00", True),
        ("2026-11-23T20:59:59", True),
        ("2026-11-23T21:00:00", False),
        ("2012-06-21T13:30:00", True),  # Thursday in summer: UTC-4
        ("2012-06-21T13:29:00", False),
        ("2026-11-22T15:00:00", False),  # Sunday
    ],
)
def test_the_session_is_half_past_nine_to_four_in_new_york(utc: str, *, expected: bool) -> None:
    moment = dt.datetime.fromisoformat(utc).replace(tzinfo=dt.UTC)
    assert in_session(int(moment.timestamp()) * 1_000_000_000) is expected
