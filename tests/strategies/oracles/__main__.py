"""`python -m tests.strategies.oracles`: ask the installed libraries everything, and write recorded.json anew."""

from __future__ import annotations

import sys

import msgspec

from tests.strategies.oracles.cases import CASES
from tests.strategies.oracles.recorded import FILE, Recorded, versions


def main() -> None:
    """Write what the libraries answer, with their versions."""
    answers = {name: case.theirs() for name, case in CASES.items()}
    FILE.write_bytes(msgspec.json.format(msgspec.json.encode(Recorded(versions(), answers)), indent=1) + b"\n")
    sys.stdout.write(f"{FILE}: {len(answers)} cases\n")


if __name__ == "__main__":
    main()
