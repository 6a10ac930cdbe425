"""What may become a line of the record."""

from __future__ import annotations

import msgspec
import pytest

from hft.eventline import read
from hft.events import RecordMalformed
from recorder.lines import LINE_BYTES_MAX, Unfit, fit, head_of
from tests.recorder.samples import MONDAY_NS, raw_line


def test_a_good_line_is_written_as_it_is() -> None:
    raw = raw_line(7)
    written, head = fit(raw, producer="mm", epoch=1, seq=7, now_ns=MONDAY_NS)
    assert written is raw
    assert (head.producer, head.epoch, head.seq, head.event, head.mark) == ("mm", 1, 7, "process.started", 0)


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


@pytest.mark.parametrize("raw", [b"\xff\x00", raw_line(8), raw_line(7, producer="feed"), raw_line(7, epoch=2)])
def test_an_unfit_line_is_replaced_under_its_own_number(raw: bytes) -> None:
    written, head = fit(raw, producer="mm", epoch=1, seq=7, now_ns=MONDAY_NS)
    stamp, event = read(written)
    assert (stamp.producer, stamp.epoch, stamp.seq) == ("mm", 1, 7)
    assert isinstance(event, RecordMalformed)
    assert event.size_bytes == len(raw)
    assert head.event == "record.malformed"
    assert msgspec.json.decode(written)
