"""The pages say what the code does: no message, layer or room is missing in them."""

from __future__ import annotations

import re
import typing

import pytest

from hft import codec, endpoints
from tests.tree import ROOT

WIRE = (ROOT / "docs" / "wire.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("message", [message.__name__ for message in typing.get_args(codec.Wire)])
def test_every_message_is_explained_on_the_wire_page(message: str) -> None:
    assert re.search(rf"`{message}`", WIRE), f"docs/wire.md does not mention {message}"


def test_the_wire_page_names_no_message_that_is_gone() -> None:
    known = {message.__name__ for message in typing.get_args(codec.Wire)} | {"NAME"}
    named = set(re.findall(r"`([A-Z][a-z]+[A-Za-z]*)`", WIRE))
    assert named <= known, f"docs/wire.md explains {sorted(named - known)}, which no process sends"


@pytest.mark.parametrize(
    "stream", [item.name for item in vars(endpoints).values() if isinstance(item, endpoints.Endpoint)]
)
def test_every_socket_is_on_the_wire_page(stream: str) -> None:
    assert f"| `{stream}` |" in WIRE


def test_every_room_is_in_the_architecture() -> None:
    rooms = sorted(path.parent.name for path in ROOT.glob("*/__init__.py") if path.parent.name != "tests")
    assert rooms
    missing = [room for room in rooms if f"`{room}/`" not in ARCHITECTURE]
    assert not missing, f"ARCHITECTURE.md does not mention {missing}"
