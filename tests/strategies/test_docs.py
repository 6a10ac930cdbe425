"""The page about the families names each of them, and the family on it runs as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

from strategies.sdk.core import StrategyCore
from strategies.sdk.families import load, names
from strategies.sdk.fit import made
from tests.strategies.arena import LIMITS, Arena
from tests.strategies.test_every_family import SYMBOLS, walk
from tests.tree import text_of

PAGE = text_of(Path("docs/strategies.md"))


def test_every_family_has_its_section() -> None:
    assert set(names()) <= set(re.findall(r"^## (\w+):", PAGE, re.MULTILINE))


def test_the_family_in_forty_lines_runs_and_has_forty_lines(tmp_path: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len([line for line in code.splitlines() if line.strip()]) <= 40
    (tmp_path / "fade.py").write_text(code)
    strategy = made(
        load("fade", str(tmp_path)),
        name="fade",
        epoch=1,
        symbols=SYMBOLS,
        given={"tau_s": 5.0, "entry_z": 1.0, "observe_min": 0.0},
        limits=LIMITS,
    )
    arena = Arena(StrategyCore(strategy)).play(walk(seconds=60))
    assert arena.fills
    assert {"SPY quotes", "SPY fall"} <= {gate.name for gate in arena.core.standing().gates}
