"""`python -m venue` in a home of its own: where it listens, what it remembers, how it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
import requests

from hft.home import Home
from hft.settings import VenueFile
from tests.tree import ROOT
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.e2e

ALREADY_RUNNING = 75


class Venue:
    """The exchange of a home, started and stopped by hand."""

    def __init__(self, home: Path) -> None:
        self.home = Home(home)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> VenueFile:
        environment = {**os.environ, "HFT_HOME": str(self.home.root), "HFT_SYMBOLS": "SPY,KO"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "venue"], cwd=ROOT, env=environment, stderr=subprocess.DEVNULL
        )
        pid = self.process.pid
        return until(lambda: self.listening(pid), within_s=10, what="the exchange says where it listens")  # type: ignore[return-value]  # not None

    def listening(self, pid: int) -> VenueFile | None:
        if not self.home.venue_file.exists():
            return None
        found = msgspec.json.decode(self.home.venue_file.read_bytes(), type=VenueFile)
        return found if found.pid == pid else None

    def end(self, number: int) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(2)
        self.process = None
        return code


@pytest.fixture
def venue(home: Path) -> Iterator[Venue]:
    found = Venue(home)
    (home / "hft.toml").write_text("[sim]\ncash_usd = 50000.0\n", encoding="utf-8")
    yield found
    if found.process is not None:
        found.end(signal.SIGKILL)


def ask(place: VenueFile, path: str, body: dict[str, Any] | None = None) -> Any:  # noqa: ANN401 any JSON
    headers = {"APCA-API-KEY-ID": place.key, "APCA-API-SECRET-KEY": place.secret}
    send: Callable[..., requests.Response] = requests.post if body else requests.get
    return send(f"{place.rest}/v2/{path}", json=body, headers=headers, timeout=5).json()


def test_it_says_where_it_listens_in_a_private_file_and_leaves_at_sigterm(venue: Venue) -> None:
    place = venue.start()
    assert place.rest.startswith("http://127.0.0.1:")
    assert venue.home.venue_file.stat().st_mode & 0o077 == 0
    assert ask(place, "account")["cash"] == "50000"
    assert venue.end(signal.SIGTERM) == 0


def test_killed_it_comes_back_with_the_same_keys_port_and_truth(venue: Venue) -> None:
    place = venue.start()
    body = {"symbol": "KO", "side": "buy", "qty": 1, "type": "limit", "limit_price": 1, "time_in_force": "gtc"}
    order = ask(place, "orders", body)
    venue.end(signal.SIGKILL)
    again = venue.start()
    assert (again.rest, again.key, again.secret) == (place.rest, place.key, place.secret)
    assert [row["id"] for row in ask(again, "orders")] == [order["id"]]


def test_a_second_one_in_the_same_home_is_refused(venue: Venue) -> None:
    venue.start()
    environment = {**os.environ, "HFT_HOME": str(venue.home.root)}
    second = subprocess.run(
        [sys.executable, "-m", "venue"], cwd=ROOT, env=environment, capture_output=True, timeout=10, check=False
    )
    assert second.returncode == ALREADY_RUNNING
