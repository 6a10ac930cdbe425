"""Keeping the one connection: the waits, the refusals, the watchdog, over scripted streams."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

import pytest

from feed.connection import HEADLINES, MARKET, Connection, Line
from feed.core import Closed, Frame, Reconnect
from feed.lines import NewsClosed, NewsFrame
from hft.clock import FakeClock
from hft.errors import ConfigError, CredentialsRefused, Unavailable
from hft.keys import Broker, Keys
from tests.feed.server import pack, quote

if TYPE_CHECKING:
    from collections.abc import Callable

    from hft.messages import Message

REFUSED = CredentialsRefused("The keys were refused.", "auth failed")
GONE = Unavailable("It broke off.", "1006")
Step = list[bytes | str] | Exception | None


class ScriptedStream:
    """The edge, played: `open` and then each `read` takes the next step; None waits until it is cancelled."""

    def __init__(self, steps: list[Step]) -> None:
        self._steps = steps
        self.shut_count = 0

    async def _next(self) -> list[bytes | str]:
        step = self._steps.pop(0)
        if step is None:
            await asyncio.Event().wait()
        if isinstance(step, Exception):
            raise step
        return step or []

    async def open(self) -> None:
        await self._next()

    async def read(self) -> list[bytes | str]:
        return await self._next()

    async def shut(self) -> None:
        self.shut_count += 1


def broker_at(url: str) -> Broker:
    return Broker(rest="", data=url, updates="", news="", keys=Keys(key_id="k", secret="s"))


class Run:
    """One connection over scripted streams; `tell` ends the run when `enough` says so."""

    def __init__(self, *scripts: list[Step], url: str = "ws://127.0.0.1:1/v2/iex", line: Line = MARKET) -> None:
        self.streams = [ScriptedStream(script) for script in scripts]
        self.told: list[Message] = []
        self.brokers: list[Broker | Exception] = []
        self._left = iter(self.streams)
        self._url = url
        self._enough: Callable[[list[Message]], bool] = lambda _: False
        self._done = asyncio.Event()
        self.connection = Connection(
            broker=self._broker,
            stream=lambda _: next(self._left, ScriptedStream([None])),
            tell=self._tell,
            clock=FakeClock(7),
            chance=random.Random(1),
            pause=lambda _: asyncio.sleep(0),
            line=line,
        )

    def _broker(self) -> Broker:
        found = self.brokers.pop(0) if self.brokers else broker_at(self._url)
        if isinstance(found, Exception):
            raise found
        return found

    def _tell(self, messages: list[Message]) -> None:
        self.told.extend(messages)
        if self._enough(self.told):
            self._done.set()

    def until(self, enough: Callable[[list[Message]], bool]) -> list[Message]:
        async def live() -> None:
            keeping = asyncio.create_task(self.connection.keep())
            await asyncio.wait_for(self._done.wait(), 10)
            keeping.cancel()
            with pytest.raises(asyncio.CancelledError):
                await keeping

        self._enough = enough
        asyncio.run(live())
        return self.told


def closed(told: list[Message]) -> list[Closed]:
    return [message for message in told if isinstance(message, Closed)]


def test_what_is_read_becomes_one_frame_with_our_own_stamp() -> None:
    run = Run([[], [pack(quote("SPY", 1, 2)), pack(quote("SPY", 1, 3))], None])
    (message,) = run.until(lambda told: len(told) == 1)
    assert isinstance(message, Frame)
    assert (len(message.parts), message.recv_ns) == (2, 7)


def test_the_line_of_headlines_has_words_of_its_own() -> None:
    run = Run([[], [pack({"T": "success", "msg": "x"})], GONE], [None], line=HEADLINES)
    first, second = run.until(lambda told: len(told) == 2)
    assert type(first) is NewsFrame
    assert type(second) is NewsClosed


def test_after_a_break_it_comes_back_and_says_why() -> None:
    run = Run([[], GONE], [[], [pack(quote("SPY", 1, 2))], None])
    first, second = run.until(lambda told: len(told) == 2)
    assert isinstance(first, Closed)
    assert first.reason == "It broke off. 1006"
    assert 250 <= first.retry_ms <= 500
    assert isinstance(second, Frame)
    assert run.streams[0].shut_count == 1


def test_the_waits_grow_without_market_data_and_stay_bounded() -> None:
    here, there = Run().connection, Run().connection
    near = [here._wait_s("gone", local=True) for _ in range(12)]
    far = [there._wait_s("gone", local=False) for _ in range(12)]
    for waits, longest in ((near, [0.5, 1, 2, 2]), (far, [0.5, 1, 2, 4, 8, 16, 30, 30])):
        assert all(most / 2 <= wait <= most for wait, most in zip(waits, longest, strict=False))
        assert waits[-1] <= longest[-1]


def test_a_taken_slot_is_held_off_for_seconds_on_the_real_host() -> None:
    run = Run([Unavailable("No.", "connection limit exceeded")], url="wss://stream.data.alpaca.markets/v2/iex")
    (message,) = closed(run.until(lambda told: len(told) == 1))
    assert 2_500 <= message.retry_ms <= 5_000
    assert "connection limit exceeded" in message.reason


def test_while_the_exchange_is_not_up_it_looks_again_soon() -> None:
    run = Run([[], [pack(quote("SPY", 1, 2))], None])
    run.brokers = [Unavailable("The embedded exchange is not up yet.")]
    first, second = run.until(lambda told: len(told) == 2)
    assert first == Closed(reason="The embedded exchange is not up yet.", retry_ms=100)
    assert isinstance(second, Frame)


def test_settings_that_are_spoilt_for_a_moment_are_waited_out() -> None:
    run = Run([[], GONE], [[], [pack(quote("SPY", 1, 2))], None], url="wss://stream.data.alpaca.markets/v2/iex")
    spoilt = ConfigError("hft.toml is not valid TOML.", "Expected ']' (at line 2).", "Mend that line and try again.")
    run.brokers = [broker_at("wss://stream.data.alpaca.markets/v2/iex"), *[spoilt] * 4]
    told = run.until(lambda told: any(isinstance(message, Frame) for message in told))
    waits = closed(told)[1:]
    assert {wait.reason for wait in waits} == {"hft.toml is not valid TOML. Expected ']' (at line 2)."}
    assert [wait.retry_ms <= most for wait, most in zip(waits, (1_000, 2_000, 2_000, 2_000), strict=True)] == [True] * 4
    assert isinstance(told[-1], Frame)


def test_the_third_refusal_in_a_row_ends_it() -> None:
    run = Run([REFUSED], [REFUSED], [REFUSED])
    with pytest.raises(CredentialsRefused):
        asyncio.run(run.connection.keep())
    last = closed(run.told)[-1]
    assert (last.retry_ms, "refusal 3 of 3" in last.reason) == (0, True)


def test_a_refusal_that_passes_is_forgotten() -> None:
    run = Run([REFUSED], [REFUSED], [[], GONE], [REFUSED], [[], [pack(quote("SPY", 1, 2))], None])
    run.until(lambda told: any(isinstance(message, Frame) for message in told))
    assert len(closed(run.told)) == 4


def test_the_watchdog_drops_the_connection_and_a_new_one_is_made() -> None:
    run = Run([[], [pack(quote("SPY", 1, 2))], None], [[], [pack(quote("SPY", 1, 2))], None])

    def mute_after_the_first(told: list[Message]) -> bool:
        if len(told) == 1:
            run.connection.send(Reconnect(reason="mute"))
        return len(told) == 3

    frame, ended, again = run.until(mute_after_the_first)
    assert isinstance(frame, Frame)
    assert isinstance(ended, Closed)
    assert ended.reason == "mute"
    assert isinstance(again, Frame)


def test_stopping_while_it_reads_still_closes_the_connection() -> None:
    run = Run([[], [pack(quote("SPY", 1, 2))], None])
    run.until(lambda told: len(told) == 1)
    assert run.streams[0].shut_count == 1
