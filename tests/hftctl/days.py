"""A home with one recorded day, made by the recorder's own writers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hft.home import Home
from tests.recorder.test_honest import random_market
from tests.recorder.test_offline import DAY, record

if TYPE_CHECKING:
    from pathlib import Path

    from tests.recorder.market import Market

__all__ = ["DAY", "recorded"]


def recorded(folder: Path, seed: int = 5) -> tuple[Home, Market]:
    """Return a home in `folder` with the day, and the market that was recorded."""
    home, market = Home(folder).make(), random_market(seed)
    record(home, market)
    return home, market
