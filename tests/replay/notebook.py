"""`python -m tests.replay.notebook` runs docs/replay.ipynb from end to end, and writes what came out into it.

No Jupyter is needed for that: its cells only print.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import tempfile
from typing import Any

from tests.tree import ROOT

NOTEBOOK = ROOT / "docs" / "replay.ipynb"


def notebook() -> dict[str, Any]:
    """Return the notebook as it is on disk."""
    found: dict[str, Any] = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    return found


def cells(tree: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the cells with code."""
    return [cell for cell in tree["cells"] if cell["cell_type"] == "code"]


def kept(cell: dict[str, Any]) -> str:
    """Return what the notebook says that a cell printed."""
    return "".join(line for output in cell["outputs"] for line in output["text"])


def printed(tree: dict[str, Any]) -> list[str]:
    """Run every cell here, in one namespace, and return what each prints; raise whatever a cell raises."""
    names: dict[str, Any] = {"__name__": "notebook"}
    said = []
    for number, cell in enumerate(cells(tree), 1):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile("".join(cell["source"]), f"cell {number}", "exec"), names)  # noqa: S102 our own notebook
        said.append(out.getvalue())
    return said


def main() -> int:
    """Run it in a fresh folder, and write the outputs into it."""
    tree = notebook()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        os.environ["HFT_HOME"] = folder
        said = printed(tree)
    for number, (cell, text) in enumerate(zip(cells(tree), said, strict=True), 1):
        lines = text.splitlines(keepends=True)
        cell["execution_count"] = number
        cell["outputs"] = [{"name": "stdout", "output_type": "stream", "text": lines}] if lines else []
    NOTEBOOK.write_text(json.dumps(tree, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
