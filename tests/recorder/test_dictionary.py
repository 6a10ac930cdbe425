"""The data dictionary says what is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from recorder import dictionary
from recorder.alerts import tag_of
from tests.tree import ROOT

if TYPE_CHECKING:
    from hft import events

PAGE = ROOT / "docs" / "events.md"


def test_the_page_is_what_the_types_say_now() -> None:
    assert PAGE.read_text(encoding="utf-8") == dictionary.page(), (
        "write it again: python -m recorder.dictionary > docs/events.md"
    )


@pytest.mark.parametrize("kind", dictionary.kinds())
def test_every_event_and_every_field_is_explained(kind: type[events.Event]) -> None:
    part = dictionary.section(kind)
    assert f"`{tag_of(kind)}`" in part
    assert all(f"| `{field.encode_name}` |" in part for field in msgspec.structs.fields(kind) if field.name != "mark")


def test_types_are_told_in_words() -> None:
    assert dictionary.type_of(dict[str, tuple[int, int]]) == "object: text → [integer, integer]"
    assert dictionary.type_of(tuple[str, ...]) == "list of text"
