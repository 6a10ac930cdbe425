"""A modest strategy's waits beside a hostile one: a real router on the embedded exchange, real sockets.

Each row: how long 20 orders and 20 cancels a second wait for their journalled answers beside a flood, and beside a core
that is only burned; the two take turns of a second. Goal: p50 and p99 beside the flood at most twice as long.

    python -m bench.bench_fairness [SECONDS [KIND …]]      seconds of each flood, 8 if not given
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
from pathlib import Path

from tests.router.fairness import Modest
from tests.router.flooder import KINDS
from tests.router.rig import Rig

SECONDS = 8.0
GOAL = 2.0
UNHALTED = "refused"  # its halts are lifted at once, so that it can be measured before one


def main() -> None:
    """Print the table."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    with (
        tempfile.TemporaryDirectory(prefix="hft-") as name,
        contextlib.closing(Rig(Path(name), requests_per_min=100_000)) as rig,
    ):
        rig.start("recorder", "recorder")
        rig.start_router()
        rig.ready()
        with contextlib.closing(Modest(rig)) as modest:
            print(f"{'alone':22} {modest.alone(seconds)}   goal beside a flood: p50 and p99 ≤ {GOAL}× a burned core's")
            for kind in sys.argv[2:] or KINDS:
                for resuming in (True, False) if kind == UNHALTED else (False,):
                    found = modest.beside(kind, seconds, resuming=resuming)
                    print(f"{kind + (', not halted' if resuming else ''):22} {found.line()}", flush=True)
                    print(f"{'':22} {found.flood_line()}", flush=True)


if __name__ == "__main__":
    main()
