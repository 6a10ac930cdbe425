"""The last words of a process that does not start: what it died of, not that it tries again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hftctl.readiness import tail

if TYPE_CHECKING:
    from pathlib import Path


def test_the_error_is_last_however_often_it_was_tried(tmp_path: Path) -> None:
    log = tmp_path / "fade.log"
    begun = '{"process":"fade","event":"process.started","epoch":%d}\n'
    tries = [begun % epoch + "Traceback:\n  in on_quote\nAttributeError: average\n" for epoch in range(9)]
    log.write_text("".join([*tries, begun % 9]))
    assert tail(log) == "Traceback:\n      in on_quote\n    AttributeError: average"


def test_who_never_spoke_has_no_last_words(tmp_path: Path) -> None:
    assert tail(tmp_path / "none.log") == ""
