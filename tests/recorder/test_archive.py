"""Putting days away so that a crash at any step repeats and loses nothing."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from hft.home import Home
from recorder import archive

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def place(tmp_path: Path) -> Home:
    return Home(tmp_path).make()


def live(place: Home, data: bytes) -> Path:
    path = archive.live_file(place)
    path.write_bytes(data)
    return path


def never(reason: str) -> None:
    raise AssertionError(reason)


def test_a_torn_last_line_is_cut_and_nothing_else(place: Home) -> None:
    path = live(place, b'{"a":1}\n{"b":2}\n{"c":')
    assert archive.cut_torn_tail(path) == 5
    assert path.read_bytes() == b'{"a":1}\n{"b":2}\n'
    assert archive.cut_torn_tail(path) == 0


def test_a_file_that_is_one_torn_line_becomes_empty(place: Home) -> None:
    path = live(place, b'{"a":1')
    assert archive.cut_torn_tail(path) == 6
    assert path.read_bytes() == b""


def test_a_day_is_put_away_compressed_and_still_read(place: Home) -> None:
    live(place, b"one\ntwo\n")
    archive.put_away(place, "2026-11-20", b"{}")
    assert list(archive.lines_of_day(place, "2026-11-20")) == [b"one", b"two"]
    archive.pack_all(place, never)
    assert [path.name for path in place.logs.iterdir()] == ["events-2026-11-20.jsonl.gz"]
    assert list(archive.lines_of_day(place, "2026-11-20")) == [b"one", b"two"]
    assert archive.checkpoint_file(place).read_bytes() == b"{}"
    assert archive.days(place) == ["2026-11-20"]


@pytest.mark.parametrize("block_bytes", [1, 5, 64, 1_000_000])  # a word may lie across two blocks, a line over many
def test_only_the_lines_that_have_some_bytes(place: Home, monkeypatch: pytest.MonkeyPatch, block_bytes: int) -> None:
    monkeypatch.setattr(archive, "BLOCK_BYTES", block_bytes)
    path = live(place, b"a word\n\nnone\nanother word, and a word\nno\ntorn word")
    assert list(archive.lines_of(path, b"word")) == [b"a word", b"another word, and a word"]
    assert list(archive.lines_of(path)) == [b"a word", b"", b"none", b"another word, and a word", b"no"]
    archive.put_away(place, "2026-11-20", b"{}")
    assert list(archive.lines_of_day(place, "2026-11-20", b"other")) == [b"another word, and a word"]


def test_a_day_that_was_played_twice_has_both_parts_in_order(place: Home) -> None:
    for data in (b"one\n", b"two\n"):
        live(place, data)
        archive.put_away(place, "2012-06-21", b"{}")
    archive.pack_all(place, never)
    assert gzip.decompress((place.logs / "events-2012-06-21.jsonl.gz").read_bytes()) == b"one\ntwo\n"


def test_a_crash_before_the_plain_file_went_repeats_nothing(place: Home) -> None:
    live(place, b"one\ntwo\n")
    archive.put_away(place, "2026-11-20", b"{}")
    plain = place.logs / "events-2026-11-20.jsonl"
    kept = plain.read_bytes()
    archive.pack_all(place, never)
    plain.write_bytes(kept)  # as if the process had died between the two steps
    assert list(archive.lines_of_day(place, "2026-11-20")) == [b"one", b"two"]
    archive.pack_all(place, never)
    assert not plain.exists()
    assert list(archive.lines_of_day(place, "2026-11-20")) == [b"one", b"two"]


def test_a_day_that_cannot_be_compressed_is_told_and_kept(place: Home) -> None:
    plain = place.logs / "events-2026-11-20.jsonl"
    plain.write_bytes(b"one\n")
    (place.logs / "events-2026-11-20.jsonl.gz.new").mkdir()
    told: list[str] = []
    archive.pack_all(place, told.append)
    assert plain.read_bytes() == b"one\n"
    assert len(told) == 1
