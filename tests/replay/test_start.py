"""What a replay, and each worker of a sweep, loads before it plays."""

from __future__ import annotations

import subprocess
import sys

from tests.tree import ROOT

HEAVY = {"uvicorn", "starlette", "numpy", "requests", "alpaca"}


def test_a_replay_starts_without_a_web_server_or_a_broker() -> None:
    script = f"import sys, replay.play; print(sorted({HEAVY} & set(sys.modules)))"
    told = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
