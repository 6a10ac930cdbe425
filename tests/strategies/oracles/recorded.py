"""recorded.json: what the libraries answered, and which versions of them."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec

FILE = Path(__file__).with_name("recorded.json")
LIBRARIES = ("statsmodels", "scipy", "river", "numpy")


class Recorded(msgspec.Struct, frozen=True):
    """Versions by library, answers by case."""

    versions: dict[str, str]
    answers: dict[str, list[float]]


def recorded() -> Recorded:
    """Return what is on file."""
    return msgspec.json.decode(FILE.read_bytes(), type=Recorded)


def versions() -> dict[str, str]:
    """Return the versions installed here; raise PackageNotFoundError where one is missing."""
    return {name: version(name) for name in LIBRARIES}


def missing() -> list[str]:
    """Return the libraries that are not installed here."""
    found = []
    for name in LIBRARIES:
        try:
            version(name)
        except PackageNotFoundError:
            found.append(name)
    return found
