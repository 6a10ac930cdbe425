"""What start wants to know of a recording."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from hft.errors import ConfigError
from hftctl.tape import read_tape

if TYPE_CHECKING:
    from pathlib import Path

HEADER = "t_ns,symbol,kind,venue,bid_px,bid_qty,ask_px,ask_qty,px,qty,aggressor\n"
ROWS = HEADER + "100,AAPL,q,Q,1,1,2,1,,,\n200,AMZN,t,Q,,,,,5,1,0\n300,MSFT,t,Q,,,,,5,1,0\n"


def test_it_begins_at_its_first_row_and_has_its_symbols(tmp_path: Path) -> None:
    file = tmp_path / "day.csv"
    file.write_text(ROWS)
    facts = read_tape(file, ())
    assert facts.first_ns == 100
    assert facts.symbols == ("AAPL", "AMZN", "MSFT")


def test_it_is_read_only_until_all_wanted_symbols_were_seen(tmp_path: Path) -> None:
    file = tmp_path / "day.csv.gz"
    file.write_bytes(gzip.compress(ROWS.encode()))
    assert read_tape(file, ("AMZN",)).symbols == ("AAPL", "AMZN")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        pytest.param("gone.csv", None, "There is no tape", id="not there"),
        pytest.param("a.csv", b"a,b,c\n1,2,3\n", "is not a tape", id="another table"),
        pytest.param("a.csv", b"", "is not a tape", id="empty"),
        pytest.param("a.csv", HEADER.encode(), "is not a tape", id="no rows"),
        pytest.param("a.csv.gz", b"plainly not gzip", "is not a tape", id="no gzip"),
        pytest.param("a.csv.gz", gzip.compress(ROWS.encode())[:40], "is not a tape", id="cut short"),
        pytest.param("a.csv", b"\xff\xfe\x00", "is not a tape", id="no text"),
    ],
)
def test_what_is_no_tape_is_refused_with_the_reason(
    tmp_path: Path, name: str, content: bytes | None, words: str
) -> None:
    file = tmp_path / name
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError, match=words) as caught:
        read_tape(file, ())
    assert caught.value.why
    assert caught.value.next_step


def test_a_folder_is_no_tape(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is not a tape"):
        read_tape(tmp_path, ())
