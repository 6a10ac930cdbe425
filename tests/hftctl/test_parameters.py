"""The page of parameters: drawn from the families, and what stands on it can be put into hft.toml."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from hftctl.parameters import page
from strategies.sdk.families import load, names
from strategies.sdk.params import parse
from tests.tree import text_of

PAGE = text_of(Path("docs/parameters.md"))
TABLES = tomllib.loads("\n".join(re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)))["strategy"]


def test_the_page_in_the_docs_is_drawn_from_the_families() -> None:
    assert page() == PAGE, "write it anew: python -m hftctl.parameters > docs/parameters.md"


@pytest.mark.parametrize("name", names())
def test_what_stands_there_is_what_a_family_takes_by_itself(name: str) -> None:
    kind = load(name).params_type()
    assert {*TABLES[name], *TABLES["NAME"]} == {*kind.__struct_fields__}
    assert parse(kind, {**TABLES["NAME"], **TABLES[name]}, name=name) == kind()
