"""What an order's record says of its way: when its tick came, when it was decided, when it was opened."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Any

import pytest

from hft import events
from hft.clock import NS_PER_MS
from hft.control import Flatten
from hft.words import Side, Tif
from router.core import History
from router.journal import SUFFIX, frame, header, read_segment
from router.orders import Purpose
from router.records import OrderOpened
from router.telling import events_of
from tests.router.world import World

if TYPE_CHECKING:
    from pathlib import Path

PX = 4_499_000
OPENED = OrderOpened(
    at_ns=7, client_order_id="h1-mm-1.1-1", ledger="mm", symbol="SPY", side=Side.BUY, qty=1, px=4_500_000, tif=Tif.DAY,
    purpose=Purpose.INTENT, number=1, epoch=2, seq=3, bid_px=4, ask_px=5, replaces="x",
)  # fmt: skip
# The same record, as it was written before it had these times.
BEFORE = (
    b"\xdc\x00\x10\xabOrderOpened\x07\xabh1-mm-1.1-1\xa2mm\xa3SPY\x01\x01\xce\x00D\xaa \xa3day\xa6intent\x01\x02\x03"
    b"\x04\x05\xa1x"
)


@pytest.fixture
def world() -> World:
    return World().ready()


def way(world: World) -> tuple[int, int, int]:
    """Return what the last order's event says of its way."""
    sent = world.told(events.OrderSent)[-1]
    return sent.tick_ns, sent.decided_ns, sent.intent_ns


def times(world: World) -> dict[str, Any]:
    """Return the times of an intent that is handed to the router now."""
    return {"tick_ns": world.now_ns - 3 * NS_PER_MS, "decided_ns": world.now_ns - 2 * NS_PER_MS}


def test_a_new_order_and_a_moved_one_tell_their_way(world: World) -> None:
    said = times(world)
    world.turn(world.order("mm", Side.BUY, 10, PX, **said))
    assert way(world) == (*said.values(), world.now_ns)
    world.pump()
    old = world.told(events.OrderSent)[-1].client_order_id
    world.run(600)
    said = times(world)
    world.turn(world.replacement(old, 10, PX - 100, **said))
    assert world.told(events.OrderSent)[-1].replaces == old
    assert way(world) == (*said.values(), world.now_ns)


def test_an_order_that_is_cut_to_what_the_account_holds_tells_its_own_way(world: World) -> None:
    world.broker.fill(world.place("drift", Side.BUY, 6), 6)
    world.pump()
    said = times(world)
    world.turn(world.order("mm", Side.SELL, 10, **said))
    assert world.told(events.OrderSent)[-1].qty == 6
    assert way(world)[:2] == tuple(said.values())


def test_an_order_of_nobodys_decision_says_that_it_is_not_known(world: World) -> None:
    world.broker.fill(world.place("mm", Side.BUY, 10), 10)
    world.pump()
    world.turn(Flatten(peer="test"))
    world.pump()
    assert world.told(events.OrderSent)[-1].side is Side.SELL, "the flatten's own order"
    assert way(world)[:2] == (0, 0)


def test_a_journal_from_before_is_read_as_one_that_does_not_know(home: Path) -> None:
    path = home / f"{1:010d}{SUFFIX}"
    path.write_bytes(header(1) + struct.pack("<II", len(BEFORE), zlib.crc32(BEFORE)) + BEFORE)
    ((_, record),) = read_segment(path, last=True)
    assert record == OPENED
    history = History()
    history.add(record)
    (sent,) = events_of(record, history.book, None)
    assert isinstance(sent, events.OrderSent)
    assert (sent.intent_ns, sent.tick_ns, sent.decided_ns) == (7, 0, 0)


def test_the_way_comes_back_from_the_journal(home: Path, world: World) -> None:
    said = times(world)
    (opened, *_) = world.core.handle(world.order("mm", Side.BUY, 10, **said), world.now_ns)
    path = home / f"{1:010d}{SUFFIX}"
    path.write_bytes(header(1) + frame(opened))
    assert [record for _, record in read_segment(path, last=True)] == [opened]
    assert (opened.tick_ns, opened.decided_ns) == tuple(said.values())
