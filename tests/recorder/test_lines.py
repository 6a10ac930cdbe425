"""What may become a line of the record."""

from __future__ import annotations

import msgspec
import pytest

from hft.eventline import read
from hft.events import RecordMalformed
from recorder.lines import LINE_BYTES_MAX, Fitted, Unfit, fit, head_of
from tests.recorder.samples import MONDAY_NS, filled, raw_line


def fitted(*raws: bytes, seq: int = 7, wanted: frozenset[str] = frozenset()) -> Fitted:
    return fit(raws, producer="mm", epoch=1, first_seq=seq, wanted=wanted, now_ns=MONDAY_NS)


def test_good_lines_are_written_as_they_are() -> None:
    raws = [raw_line(7), raw_line(8)]
    assert fitted(*raws) == Fitted(raws, [], 0, 0)


def test_the_wanted_kinds_and_the_highest_mark_are_found() -> None:
    fills = [raw_line(7, event=filled(1, 1, mark=3)), raw_line(8, event=filled(1, 1, mark=12)), raw_line(9)]
    found = fitted(*fills, wanted=frozenset({"order.filled"}))
    assert (found.wanted, found.mark) == (fills[:2], 12)


def test_a_line_that_was_made_otherwise_is_read_in_full() -> None:
    raw = b'{"seq":7, "mark":5,"ts":"t","producer":"mm","epoch":1,"event":"order.filled"}'
    found = fitted(raw, wanted=frozenset({"order.filled"}))
    assert found == Fitted([raw], [raw], 5, 0)


GOOD = b'{"ts":"t","producer":"p","epoch":1,"seq":1,"event":"a.b"'


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"{}", b"[]", b"null", GOOD, GOOD + b',"x":}', GOOD + b'}{"a":1}', GOOD + b"}\n", GOOD + b',\n"x":1}',
        GOOD + b',\r"x":1}', b" " + GOOD + b"}", GOOD + b',"x":"\xff"}', GOOD + b',"x":NaN}',
        GOOD + b',"x":"' + b"y" * LINE_BYTES_MAX + b'"}',
    ],
)  # fmt: skip
def test_what_is_not_one_object_on_one_line_is_unfit(raw: bytes) -> None:
    with pytest.raises(Unfit):
        head_of(raw)


def test_words_of_any_language_are_fit() -> None:
    assert head_of(GOOD + ',"x":"größer als 5 € – \u2028"}'.encode()).event == "a.b"


def test_two_halves_do_not_make_two_lines() -> None:
    first, second = raw_line(7), raw_line(8)
    halves = (first + b"," + second[:-1] + b',"x":[{}', raw_line(9)[:-1] + b"}]}")
    found = fitted(*halves)
    assert found.malformed == 2
    assert [head_of(raw).event for raw in found.lines] == ["record.malformed"] * 2


@pytest.mark.parametrize(
    "raw",
    [
        b"\xff\x00", raw_line(8), raw_line(7, producer="feed"), raw_line(7, epoch=2), raw_line(7) + b"\n",
        raw_line(7)[:-1], raw_line(7).replace(b'"pid":7', b'"pid":07'), raw_line(7)[:-1] + b',"x":"\xff"}',
        raw_line(7).replace(b'"pid":7', b'"pid":7\n'), raw_line(7)[:-1] + b',"x":"' + b"y" * LINE_BYTES_MAX + b'"}',
    ],
)  # fmt: skip
def test_an_unfit_line_is_replaced_under_its_own_number(raw: bytes) -> None:
    found = fitted(raw)
    (written,) = found.lines
    stamp, event = read(written)
    assert (stamp.producer, stamp.epoch, stamp.seq) == ("mm", 1, 7)
    assert isinstance(event, RecordMalformed)
    assert (event.size_bytes, found.malformed) == (len(raw), 1)
    assert msgspec.json.decode(written)
