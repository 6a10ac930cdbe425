"""What several tests of the router share."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from tests.router.hand import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def desk(home: Path) -> Iterator[Desk]:
    """Give a real router at the embedded exchange, with one hand that trades; it is taken down afterwards."""
    with contextlib.closing(Desk(home)) as found:
        yield found
