"""A modest strategy's waits beside a hostile one: a real router on the embedded exchange, real sockets, one run.

Each row: the time from an order to its journalled answer, and its ratio to the same run's row `burns a core` (a
neighbour that takes as much of the machine as a flooder does and sends nothing). Goal: p50 and p99 at most twice that.

    python -m bench.bench_fairness [SECONDS]      of each row; 12 if not given
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
from pathlib import Path

from tests.router.fairness import Modest, Phase
from tests.router.rig import Rig

SECONDS = 12.0
GOAL = 2.0
ROWS: tuple[tuple[str, str, bool], ...] = (
    ("alone", "", False),
    ("burns a core", "burn", False),
    ("refused, not halted", "refused", True),
    ("refused, halted", "refused", False),
    ("unregistered", "unregistered", False),
    ("malformed", "malformed", False),
    ("replayed", "replayed", False),
    ("old epoch", "old_epoch", False),
    ("registering", "registering", False),
    ("cancelling", "cancelling", False),
    ("burns a core again", "burn", False),
)


def rows(seconds: float) -> list[Phase]:
    """Return what was measured, printing each row as it comes."""
    found: list[Phase] = []
    with tempfile.TemporaryDirectory(prefix="hft-") as name:
        rig = Rig(Path(name), requests_per_min=100_000)
        with contextlib.closing(rig):
            rig.start("recorder", "recorder")
            rig.start_router()
            rig.ready()
            with contextlib.closing(Modest(rig)) as modest:
                modest.until_priced()
                for row, flood, resuming in ROWS:
                    found.append(modest.measure(row, seconds, flood, resuming=resuming))
                    print(found[-1].line(), flush=True)
    return found


def main() -> None:
    """Print the table, and the ratios."""
    found = rows(float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS)
    base = found[1]
    for phase in found[2:]:
        p50, p99 = (phase.at(share) / base.at(share) for share in (0.5, 0.99))
        print(f"{phase.name:22} beside a burned core: p50 {p50:5.2f}×  p99 {p99:5.2f}×   goal ≤ {GOAL}×")


if __name__ == "__main__":
    main()
