"""What a replay leaves out because it changes nothing: the run without any short way is the same run, to the byte."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feed import frames
from feed.core import FeedCore, Frame, Ready
from hft.schema import Settings
from recorder.core import RecorderCore
from replay import latency, plain, play, venue
from replay.block import Block
from replay.fleet import Fleet, Plan
from replay.overrides import changed, with_fleet
from replay.router import RouterNode
from replay.sources import GENERATED, open_source
from replay.strategy import StrategyNode
from router.core import RouterCore
from strategies.sdk.core import StrategyCore
from venue.encode import MSGPACK, Message, array
from venue.rows import Print, Quote, Row

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hft.messages import Ticks

SYMBOLS = ("SPY", "QQQ")
SECONDS = {"halt": 125}  # one symbol stands still from the first minute to the second
NOW_NS = 1_340_285_400_004_241_176


def played(home: Path, ways: str, loss_usd: float, scenario: str = "calm") -> tuple[str, dict[str, bytes]]:
    """Return the hash of all decisions, and every file of the home."""
    settings = with_fleet(Settings(), strategies=("mm", "drift", "leadlag"), symbols=SYMBOLS, seed=3)
    settings = changed(settings, {"limits.strategy_daily_loss_usd_max": loss_usd, "sim.scenario": scenario})
    opened = open_source(GENERATED, settings, home)
    plan = Plan(settings=settings, ways=latency.WAYS[ways], seed=3)
    result = play.play(plan, opened, for_s=SECONDS.get(scenario, 25), out=home)
    assert result.decisions > 20
    files = {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file()}
    return result.hash, files


def no_idle_wakes(_: object, __: int, ___: int) -> int:
    return 0


def test_quotes_go_in_blocks_where_time_passes_on_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    passed: list[Ticks] = []
    hear = StrategyNode.hear

    def heard(node: StrategyNode, batch: Ticks) -> None:
        passed.append(batch)
        hear(node, batch)

    monkeypatch.setattr(StrategyNode, "hear", heard)
    played(tmp_path / "one", "internet", 250.0)
    assert len(passed) > 100
    passed.clear()
    played(tmp_path / "two", "none", 250.0)
    assert not passed


@pytest.mark.parametrize(
    ("ways", "loss_usd", "scenario", "told"),
    [
        ("internet", 250.0, "calm", b"order.filled"),
        ("loopback", 1.0, "calm", b"daily loss"),
        ("none", 1.0, "calm", b"daily loss"),
        ("internet", 250.0, "halt", b"symbol.halted"),
    ],
)
def test_the_run_without_short_ways_is_the_same_run(
    ways: str, loss_usd: float, scenario: str, *, told: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = played(tmp_path / "quick", ways, loss_usd, scenario)
    assert told in quick[1]["logs/events.jsonl"]
    for core in (RouterCore, StrategyCore, FeedCore, RecorderCore):
        monkeypatch.setattr(core, "idle_wakes", no_idle_wakes)
    monkeypatch.setattr(RouterNode, "hear", RouterNode.take)
    monkeypatch.setattr(venue, "plain", lambda *_: None)
    monkeypatch.setattr(Block, "run", lambda _: False)
    monkeypatch.setattr(Fleet, "rests", False)
    assert played(tmp_path / "whole", ways, loss_usd, scenario) == quick


def by_bytes(rows: Sequence[Row]) -> object:
    raw = array([Message(row).encoded(MSGPACK) for row in rows], MSGPACK)
    parts, malformed, unknown = frames.decode(raw)
    return Frame(parts=tuple(parts), recv_ns=NOW_NS, malformed=malformed, unknown=unknown)


SIZES, PRICES, TIMES = st.integers(0, 10**9), st.integers(0, 10**12), st.integers(0, 2**62 - 1)
NAMES = st.sampled_from([*SYMBOLS, "IWM"])
ROWS = st.builds(Quote, TIMES, NAMES, PRICES, SIZES, PRICES, SIZES) | st.builds(
    Print, TIMES, NAMES, PRICES, SIZES, st.just(value=True)
)


@given(st.lists(ROWS, min_size=1, max_size=4))
def test_plain_rows_are_read_as_their_bytes_would_be(rows: list[Row]) -> None:
    found = plain.plain(rows, {Quote: frozenset(SYMBOLS), Print: frozenset(SYMBOLS)})
    short, long = (FeedCore(epoch=1, symbols=SYMBOLS, mute_after_ms=1_000) for _ in range(2))
    wanted = [row for row in rows if not isinstance(row, Quote | Print) or row.symbol in SYMBOLS]
    if found:
        ready = Ready(ticks=plain.read(found, NOW_NS))
        assert list(short.handle(ready, NOW_NS)) == list(long.handle(by_bytes(wanted), NOW_NS))  # type: ignore[arg-type]  # it is a Frame
        assert short.report(NOW_NS) == long.report(NOW_NS)
    elif found is not None:
        assert not wanted


@pytest.mark.parametrize(
    "row",
    [
        Quote(NOW_NS, "SPY", -1, 1, 1, 1),
        Quote(NOW_NS, "SPY", 1, 1, 10**12, 1),
        Quote(NOW_NS, "SPY", 1, 10**9 + 1, 1, 1),
        Print(NOW_NS, "SPY", 0, 1, published=True),
        Print(-NOW_NS, "SPY", 1, 1, published=True),
    ],
)
def test_rows_that_the_feed_might_refuse_are_not_plain(row: Row) -> None:
    assert plain.plain([row], {Quote: frozenset(SYMBOLS), Print: frozenset(SYMBOLS)}) is None
