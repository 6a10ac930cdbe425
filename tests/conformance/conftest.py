"""One real exchange for the whole run, in a process of its own on loopback; a fresh account for each test."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import msgspec
import pytest
import requests

from tests.tree import ROOT
from venue.serve import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SYMBOLS = ("SPY", "AAPL", "KO")
STOP_S = 2.0


def serve(*, first: str = "", **options: object) -> tuple[subprocess.Popen[bytes], Place]:
    """Start an exchange process that does `first` before it serves; return it and where it listens."""
    code = f"{first}\nfrom venue.serve import run; run(as_json=True, **{options!r})"
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE)
    assert process.stdout is not None
    return process, msgspec.json.decode(process.stdout.readline(), type=Place)


@pytest.fixture(scope="session")
def exchange() -> Iterator[Place]:
    process, place = serve(seed=7, symbols=SYMBOLS, open_at="10:00")
    yield place
    process.terminate()
    assert process.wait(STOP_S) == 0
    assert process.stdout is not None
    process.stdout.close()


@pytest.fixture
def account(exchange: Place) -> Callable[[], Place]:
    """Give a function that opens a fresh account and returns its keys with the addresses."""

    def open_account() -> Place:
        found = requests.post(f"{exchange.admin}/accounts", timeout=5).json()
        return msgspec.structs.replace(exchange, key=found["key"], secret=found["secret"])

    return open_account
