"""What a whole fleet weighs: PSS of every process, supervisord included, beside the goals of DESIGN §10.

    python -m bench.bench_memory              starts a fleet on the embedded exchange in a throw-away home, then ends it
    python -m bench.bench_memory --home DIR   weighs the fleet that runs in DIR and leaves it alone

PSS shares what processes have in common among them, so that the sum is what the machine really has to hold.
The yardstick, 681 MiB, is the same stack with every library imported in every process (measured once).
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from hft.home import Home
from hft.process import holder
from hft.schema import PROCESS_NAMES
from strategies.sdk.families import names

FLEET_PSS_MIB_MAX = 260
EVERYTHING_EVERYWHERE_MIB = 681
STRATEGY_RSS_MIB_MAX, STRATEGY_RSS_MIB_MAX_WITH_NUMPY = 22, 32
KIB_PER_MIB = 1024


class Weight(NamedTuple):
    """One process: resident and proportional size in MiB, and whether numpy is loaded."""

    name: str
    rss_mib: float
    pss_mib: float
    has_numpy: bool


def weigh(name: str, pid: int) -> Weight:
    """Return what the process weighs, from the kernel's own books."""
    proc = Path(f"/proc/{pid}")
    rollup = proc.joinpath("smaps_rollup").read_text()
    return Weight(
        name,
        _kib(rollup, "Rss:") / KIB_PER_MIB,
        _kib(rollup, "Pss:") / KIB_PER_MIB,
        "numpy" in proc.joinpath("maps").read_text(),
    )


def _kib(text: str, key: str) -> int:
    return int(text.partition(f"{key}")[2].split()[0])


def fleet(home: Home) -> dict[str, int]:
    """Return the pids of all processes of the home that run, the supervisor (their parent) included."""
    pids = {name: pid for name in (*PROCESS_NAMES, *names()) if (pid := holder(home, name))}
    parents = {_parent(pid) for pid in pids.values()}
    if len(parents) == 1 and (parent := parents.pop()) > 1:
        pids["supervisord"] = parent
    return pids


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def table(weights: list[Weight], families: set[str]) -> None:
    """Print the table."""
    print(f"{'process':<14}{'RSS MiB':>9}{'PSS MiB':>9}{'goal':>14}")
    for weight in weights:
        most = STRATEGY_RSS_MIB_MAX_WITH_NUMPY if weight.has_numpy else STRATEGY_RSS_MIB_MAX
        goal = f"RSS ≤ {most}" if weight.name in families else ""
        print(f"{weight.name:<14}{weight.rss_mib:>9.1f}{weight.pss_mib:>9.1f}{goal:>14}")
    total = sum(weight.pss_mib for weight in weights)
    count = sum(weight.name in families for weight in weights)
    print(f"{'whole fleet':<14}{'':>9}{total:>9.1f}{f'≤ {FLEET_PSS_MIB_MAX}':>14}   ({count} strategies)")
    print(f"everything imported everywhere: {EVERYTHING_EVERYWHERE_MIB} MiB, {EVERYTHING_EVERYWHERE_MIB / total:.1f}×")


def hftctl(home: Path, *arguments: str) -> None:
    """Run one command of the fleet in this home; raise CalledProcessError when it fails."""
    command = [sys.executable, "-m", "hftctl", "--home", str(home), *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)


def main() -> None:
    """Weigh the fleet of a home, or one of its own."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--home", type=Path)
    asked = parser.parse_args().home
    folder = asked or Path(tempfile.mkdtemp(prefix="hft-"))
    home, families = Home(folder), set(names())
    try:
        if not asked:
            hftctl(folder, "start", *sorted(families), "--sim")
        table([weigh(name, pid) for name, pid in fleet(home).items()], families)
    finally:
        if not asked:
            hftctl(folder, "stop")
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
