"""The whole fleet under seeded faults: every promise of DESIGN §6 holds, and routers that break one are found.

A seed that fails prints its last fifty events and its number; put it into regressions.txt, with what it found.
`python -m tests.simulation 10000` runs as many as a night has room for.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from tests.simulation.mutants import MUTANTS
from tests.simulation.storms import ROUTER, storm
from tests.tree import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from hft.schema import Conflict

QUICK_SEEDS, CHUNK = 50, 10
ALL_SEEDS = max(QUICK_SEEDS, int(os.environ.get("STORMS", "0")))  # `make e2e` asks for 1,000
MUTANT_SEEDS_MAX = 100
LISTED = (ROOT / "tests" / "simulation" / "regressions.txt").read_text(encoding="utf-8").splitlines()
FAILED_ONCE = [line.split() for line in LISTED if not line.startswith("#")]


def weather(seeds: Iterable[int], folder: Path, *, stalls: bool = True) -> None:
    for seed in seeds:
        home = folder / str(seed)
        home.mkdir()
        storm(seed, home, stalls=stalls).run()


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(first, marks=[pytest.mark.e2e, pytest.mark.timeout(300)] if first >= QUICK_SEEDS else [])
        for first in range(0, ALL_SEEDS, CHUNK)
    ],
)
def test_every_promise_holds_in_a_storm(first: int, tmp_path: Path) -> None:
    weather(range(first, first + CHUNK), tmp_path)


@pytest.mark.parametrize(("seed", "stalls"), [(int(seed), word == "stalled") for seed, word, *_ in FAILED_ONCE])
def test_a_seed_that_once_failed_stays_mended(seed: int, tmp_path: Path, *, stalls: bool) -> None:
    weather((seed,), tmp_path, stalls=stalls)  # the first were found before disks stalled


@pytest.mark.parametrize("conflict", ["cancel-older", "internal-cross"])
def test_every_promise_holds_whoever_yields_to_whom(conflict: Conflict, tmp_path: Path) -> None:
    storm(3, tmp_path, router=replace(ROUTER, conflict=conflict)).run()


@pytest.mark.e2e
@pytest.mark.soak
@pytest.mark.timeout(600)  # a hundred storms
def test_every_promise_holds_while_strategies_trade_with_each_other(tmp_path: Path) -> None:
    crosses = 0
    for seed in range(100):
        home = tmp_path / str(seed)
        home.mkdir()
        storm(seed, home, router=replace(ROUTER, conflict="internal-cross")).run()
        crosses += sum(path.read_bytes().count(b"Crossed") for path in home.rglob("*") if path.is_file())
    assert crosses > 50


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_known_bad_router_is_found(mutant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    MUTANTS[mutant](monkeypatch)
    with pytest.raises(AssertionError):
        weather(range(MUTANT_SEEDS_MAX), tmp_path)


def test_a_storm_is_the_same_each_time(tmp_path: Path) -> None:
    hashes = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        chaos = storm(7, tmp_path / name)
        chaos.run()
        hashes.append((chaos.fleet.decisions.hash, chaos.fleet.scheduler.events))
    assert hashes[0] == hashes[1]


AGAIN = """
import sys, tempfile
from pathlib import Path
from tests.simulation.storms import storm
for seed in range(4):
    with tempfile.TemporaryDirectory() as folder:
        chaos = storm(seed, Path(folder))
        chaos.run()
        print(seed, chaos.fleet.decisions.hash)
"""


@pytest.mark.e2e
@pytest.mark.soak
def test_a_storm_does_not_depend_on_how_python_orders_its_sets() -> None:
    said = [
        subprocess.run(
            [sys.executable, "-c", AGAIN],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    ]
    assert said[0] == said[1]
    assert len(said[0].splitlines()) == 4


def test_storms_trade_crash_and_lose_things(tmp_path: Path) -> None:
    """A storm in which nothing happens proves nothing."""
    kinds: set[str] = set()
    routers = fills = 0
    for seed in range(6):
        (tmp_path / str(seed)).mkdir()
        chaos = storm(seed, tmp_path / str(seed))
        chaos.fleet.witness.trace = chaos.fleet.witness.trace.__class__(maxlen=None)
        chaos.run()
        kinds |= {line.split("fault ")[1].split()[0] for line in chaos.fleet.witness.trace if " fault " in line}
        routers += chaos.fleet.router.epoch - 1
        fills += sum(line.count(b'"order.filled"') for line in chaos.fleet.kept)
    assert routers >= 3
    assert fills >= 200
    assert len(kinds) >= 12
