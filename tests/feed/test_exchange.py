"""The feed on the real embedded exchange, and what that can do to a data stream: ticks always come again."""

from __future__ import annotations

import datetime as dt
import json
import time
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from hft import codec, endpoints
from hft.home import Home
from hft.messages import Beat, News, Ticks
from tests.feed.test_main import first, process_in, reader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from hft.codec import Wire

pytestmark = [pytest.mark.e2e, pytest.mark.soak, pytest.mark.timeout(180)]
FRIDAY_MORNING = dt.datetime(2026, 11, 20, 14, 45, tzinfo=dt.UTC)


def open_market(home: Home) -> None:
    """Let the fleet's day be a trading day, as hftctl start does."""
    home.launch_file.write_text(
        json.dumps(
            {
                "launch_id": "test",
                "anchor_utc_ns": int(FRIDAY_MORNING.timestamp()) * 1_000_000_000,
                "anchor_mono_ns": time.monotonic_ns(),
            }
        )
    )
    home.toml_file.write_text("[feed]\nmute_after_ms = 2000\n")


class Exchange:
    """The exchange's faults, and the feed's ticks and heartbeats."""

    def __init__(self, home: Home, ticks: Callable[[], Wire | None], beats: Callable[[], Wire | None]) -> None:
        self._home, self._ticks, self._beats = home, ticks, beats

    def fault(self, kind: str, **more: Any) -> None:  # noqa: ANN401 each fault has its own words
        admin = json.loads(self._home.venue_file.read_text())["admin"]
        body = json.dumps({"kind": kind, "stream": "data"} | more).encode()
        request = urllib.request.Request(  # noqa: S310 the exchange's own address on this machine
            f"{admin}/fault", data=body, headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=5) as reply:  # noqa: S310 on this machine, as above
            reply.read()

    def tick(self) -> Ticks:
        found = first(self._ticks, lambda message: isinstance(message, Ticks) and not message.snapshot, "a fresh tick")
        assert isinstance(found, Ticks)
        return found

    def read(self, wanted: Callable[[Wire], bool], what: str, within_s: float) -> Wire:
        return first(self._ticks, wanted, what, within_s)

    def beat(self, wanted: Callable[[Beat], bool], what: str) -> Beat:
        found = first(self._beats, lambda message: isinstance(message, Beat) and wanted(message), what)
        assert isinstance(found, Beat)
        return found


@pytest.fixture
def exchange(home: Path) -> Iterator[Exchange]:
    place = Home(home).make()
    open_market(place)
    with (
        process_in(place, "venue"),
        process_in(place, "feed"),
        reader(place, endpoints.TICKS) as ticks,
        reader(place, endpoints.health("feed")) as beats,
    ):
        made = Exchange(place, ticks, beats)
        made.tick()
        yield made


def test_one_bad_message_in_a_frame_costs_nothing_else(exchange: Exchange) -> None:
    for kind, counter in (("bad-message", "malformed"), ("text-frame", "malformed"), ("unknown-type", "unknown")):
        before = exchange.beat(lambda _: True, "a heartbeat").counters
        exchange.fault(kind)
        after = exchange.beat(more_than(before, counter), kind)
        assert after.counters["reconnects"] == before["reconnects"]
        exchange.tick()


def more_than(before: dict[str, int], counter: str) -> Callable[[Beat], bool]:
    return lambda beat: beat.counters[counter] > before[counter]


@pytest.mark.parametrize("kind", ["socket-close", "socket-abort", "socket-mute", "slow-client"])
def test_a_connection_that_ends_or_falls_silent_is_made_anew(exchange: Exchange, kind: str) -> None:
    exchange.fault(kind)
    beat = exchange.beat(lambda beat: beat.counters["reconnects"] >= 1, kind)
    assert beat.counters["ticks"] > 0
    exchange.tick()


def test_a_door_that_is_shut_in_every_way_opens_in_the_end(exchange: Exchange) -> None:
    exchange.fault("upgrade-refused", code=429)
    exchange.fault("auth-error", code=406)
    exchange.fault("subscribe-error", code=405)
    exchange.fault("socket-close")
    exchange.beat(lambda beat: beat.state == "degraded", "the trouble told")
    exchange.beat(lambda beat: beat.state == "ready" and beat.counters["reconnects"] >= 1, "a new connection")
    exchange.tick()


def test_every_tick_that_a_reader_gets_is_whole(exchange: Exchange) -> None:
    last: dict[str, int] = {}
    for _ in range(40):
        batch = exchange.tick()
        symbol = batch.ticks[0].symbol
        assert {tick.symbol for tick in batch.ticks} == {symbol}
        assert last.get(symbol) in {None, batch.seq - 1}
        last[symbol] = batch.seq
        assert codec.decode(codec.encode(batch)) == batch


@pytest.fixture
def newsroom(home: Path) -> Iterator[Exchange]:
    """An exchange with headlines, and a feed that asks for them."""
    place = Home(home).make()
    open_market(place)
    place.toml_file.write_text("[feed]\nnews = true\n[sim]\nscenario = 'news'\n")
    with (
        process_in(place, "venue"),
        process_in(place, "feed"),
        reader(place, endpoints.TICKS) as ticks,
        reader(place, endpoints.health("feed")) as beats,
    ):
        yield Exchange(place, ticks, beats)


def test_headlines_come_and_trouble_with_them_leaves_the_ticks_alone(newsroom: Exchange) -> None:
    newsroom.beat(lambda beat: beat.note.endswith("headlines") and beat.counters["ticks"] > 0, "both sockets")
    newsroom.fault("upgrade-refused", stream="news", code=429)
    newsroom.fault("auth-error", stream="news", code=409)
    newsroom.fault("socket-close", stream="news")
    troubled = newsroom.beat(lambda beat: "no headlines" in beat.note, "the trouble told")
    assert troubled.state == "ready"
    newsroom.tick()
    well = newsroom.beat(lambda beat: beat.note.endswith("headlines"), "headlines again")
    assert well.counters["reconnects"] == 0
    news = newsroom.read(lambda message: isinstance(message, News), "a headline", within_s=90)
    assert isinstance(news, News)
    assert set(news.symbols) <= {"SPY", "QQQ"}
    assert 0 <= news.recv_ns - news.created_ns < 5_000_000_000


def test_keys_that_are_refused_for_headlines_end_the_headlines_only(newsroom: Exchange) -> None:
    newsroom.beat(lambda beat: beat.note.endswith("headlines"), "both sockets")
    for _ in range(3):
        newsroom.fault("auth-error", stream="news", code=402)
    newsroom.fault("socket-close", stream="news")
    refused = newsroom.beat(lambda beat: "refusal 3 of 3" in beat.note, "the last refusal")
    assert refused.state == "ready"
    for _ in range(5):
        newsroom.tick()
