"""The example of docs/replay.md runs as it stands there, and its parameters exist."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

from strategies.mm import Params
from tests.tree import ROOT

if TYPE_CHECKING:
    from pathlib import Path

TEXT = (ROOT / "docs" / "replay.md").read_text(encoding="utf-8")


def test_the_notebook_runs(tmp_path: Path) -> None:
    found = re.search(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert found is not None
    short = found.group(1).replace("for_s=600", "for_s=60")
    assert short != found.group(1)
    done = subprocess.run([sys.executable, "-c", short], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "dollars against the mid" in done.stdout


def test_the_parameters_of_the_examples_are_those_of_mm() -> None:
    named = set(re.findall(r"(?:--set |mm\.)([a-z_]+)=", TEXT)) | set(
        re.findall(r"^([a-z_]+) = \[[0-9]", TEXT, re.MULTILINE)
    )
    assert named
    assert named <= set(Params.__struct_fields__)
