"""`python -m tests.simulation COUNT [FIRST]`: storms for a night. Prints each seed that fails with its last events."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

from tests.simulation.storms import storm

DEFAULT_COUNT = 1_000


def main(arguments: list[str]) -> int:
    """Return how many seeds failed, at most 100."""
    count = int(arguments[0]) if arguments else DEFAULT_COUNT
    first = int(arguments[1]) if len(arguments) > 1 else 0
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout
    failed = 0
    for seed in range(first, first + count):
        with tempfile.TemporaryDirectory() as folder:
            try:
                storm(seed, Path(folder)).run()
            except AssertionError:
                failed += 1
                sys.stderr.write(f"seed {seed}, commit {commit.strip()}\n")
                traceback.print_exc()
    sys.stderr.write(f"{count} storms from seed {first}: {failed} failed\n")
    return min(failed, 100)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
