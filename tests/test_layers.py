"""The import contracts of pyproject.toml: the tree keeps them, and each fails by name when it is broken on purpose."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tree import ROOT, files, packages

LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(LINT_IMPORTS), "--no-logo", "--no-cache"], cwd=root, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("layers")
    for file in (Path("pyproject.toml"), *(file for file in files(".py") if file.parts[0] in packages())):
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / file, root / file)
    return root


def test_the_tree_keeps_every_contract() -> None:
    run = lint_imports(ROOT)
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize(
    ("contract", "planted", "import_line"),
    [
        pytest.param("programs never import each other", "router/planted.py", "import feed", id="a sibling"),
        pytest.param("Imports point down", "risk/planted.py", "import router", id="upwards"),
        pytest.param("Inside hft", "hft/words.py", "import hft.actor", id="the contract imports the shell"),
        pytest.param("not listed as layers", "hft/planted.py", "import msgspec", id="a spine module without a place"),
        pytest.param("No ring of imports", "risk/planted.py", "import risk.planted2", id="a ring"),
        pytest.param("speaks Alpaca's protocol only", "venue/planted.py", "import hft.messages", id="the exchange"),
        pytest.param(
            "alpaca-py is imported by", "recorder/planted.py", "import alpaca.data", id="the broker's library"
        ),
        pytest.param(
            "Strategies and risk know no socket", "strategies/planted.py", "import zmq", id="a family with a socket"
        ),
        pytest.param("Strategies and risk know no socket", "risk/planted.py", "import time", id="a limit with a clock"),
    ],
)
def test_a_rule_that_is_broken_on_purpose_is_named(copied: Path, contract: str, planted: str, import_line: str) -> None:
    file, twin = copied / planted, copied / "risk" / "planted2.py"
    before = file.read_text() if file.exists() else None
    file.write_text(f"{before or ''}\n{import_line}\n")
    twin.write_text("import risk.planted\n" if "planted2" in import_line else "")
    run = lint_imports(copied)
    twin.unlink()
    file.unlink() if before is None else file.write_text(before)
    assert run.returncode != 0
    assert any(contract in line and ("BROKEN" in line or "not listed" in line) for line in unwrapped(run.stdout)), (
        run.stdout
    )


def unwrapped(report: str) -> list[str]:
    """Return the report's paragraphs as lines: it is wrapped at 80 columns, names included."""
    return [" ".join(paragraph.split()).replace("elseBROKEN", "else BROKEN") for paragraph in report.split("\n\n")]
