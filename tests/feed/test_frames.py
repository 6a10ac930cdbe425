"""Alpaca's frames: what is read, what is counted, and that one bad message costs only itself."""

from __future__ import annotations

import msgpack  # type: ignore[import-untyped]  # the packer that alpaca-py uses ships no types
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.msgpack import Ext

from feed.frames import BarPart, ErrorPart, QuotePart, StatusPart, SubscriptionPart, TradePart, decode, ns_of
from tests.feed.server import pack, quote, stamp, trade


def test_a_frame_of_quotes_and_trades_keeps_its_order_and_its_nanoseconds() -> None:
    ns = 1_700_000_000_123_456_789
    decoded = decode(pack(quote("SPY", 500.01, 500.02, ns=ns), trade("QQQ", 400.0, 7, ns=ns)))
    first, second = decoded.parts
    assert isinstance(first, QuotePart)
    assert isinstance(second, TradePart)
    assert (first.S, first.bp, first.as_, ns_of(first.t)) == ("SPY", 500.01, 100, ns)
    assert (second.p, second.s, second.c) == (400.0, 7, ("@", "I"))
    assert (decoded.malformed, decoded.unknown) == (0, 0)


def test_prices_that_came_as_whole_numbers_are_read_too() -> None:
    (part,) = decode(pack({**quote("SPY", 1.0, 2.0), "bp": 0, "ap": 500, "bs": 1.0})).parts
    assert isinstance(part, QuotePart)
    assert (part.bp, part.ap, part.bs) == (0.0, 500.0, 1.0)


def test_one_bad_message_costs_itself_and_no_other() -> None:
    bad = {"T": "q", "S": "SPY", "bp": "five hundred", "ap": 1.0, "t": stamp(1)}
    decoded = decode(pack(quote("A", 1, 2), bad, trade("B", 3, 4)))
    assert [part.S for part in decoded.parts if isinstance(part, QuotePart | TradePart)] == ["A", "B"]
    assert (decoded.malformed, decoded.unknown) == (1, 0)


def test_a_message_of_an_unknown_kind_is_counted_apart() -> None:
    decoded = decode(pack({"T": "z9", "S": "SPY"}, quote("A", 1, 2), {"no": "kind"}, {"T": 5}))
    assert len(decoded.parts) == 1
    assert (decoded.malformed, decoded.unknown) == (2, 1)


@pytest.mark.parametrize("frame", [b"", b"\xc1", b"\x93\x01", "text", msgpack.packb({"T": "q"}), b"\xff" * 100])
def test_what_is_no_frame_at_all_counts_once(frame: bytes | str) -> None:
    assert decode(frame) == ([], 1, 0)


def test_control_bars_and_statuses_are_read() -> None:
    bar = {"T": "b", "S": "SPY", "o": 1, "h": 2, "l": 0.5, "c": 1.5, "v": 10, "n": 3, "vw": 1.2, "t": stamp(60)}
    status = {"T": "s", "S": "SPY", "sc": "H", "sm": "Halted", "rc": "T12", "rm": "news", "z": "C", "t": stamp(1)}
    error = {"T": "error", "code": 405, "msg": "symbol limit exceeded"}
    decoded = decode(pack(bar, status, error, {"T": "subscription", "quotes": ["SPY"]}))
    assert [type(part) for part in decoded.parts] == [BarPart, StatusPart, ErrorPart, SubscriptionPart]


@given(st.integers(min_value=0, max_value=(1 << 34) - 1), st.integers(min_value=0, max_value=999_999_999))
def test_every_timestamp_form_keeps_every_digit(second: int, nano: int) -> None:
    packed = msgpack.Timestamp(second, nano).to_bytes()
    assert ns_of(Ext(-1, packed)) == second * 1_000_000_000 + nano


def test_the_twelve_byte_form_reaches_beyond_2514() -> None:
    assert ns_of(Ext(-1, msgpack.Timestamp(1 << 35, 5).to_bytes())) == (1 << 35) * 1_000_000_000 + 5


@pytest.mark.parametrize("ext", [Ext(5, b"\0" * 8), Ext(-1, b"\0" * 7)])
def test_another_ext_is_no_timestamp(ext: Ext) -> None:
    with pytest.raises(ValueError, match="not a timestamp"):
        ns_of(ext)
