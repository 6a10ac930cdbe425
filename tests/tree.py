"""What belongs to the project: the files that git tracks or would track, and where the root is."""

from __future__ import annotations

import subprocess
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


@cache
def files(suffix: str = "") -> tuple[Path, ...]:
    """Return the project's files whose names end in `suffix`, relative to the root, sorted; no build products."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    names = sorted(set(listing.stdout.split("\0")) - {""})
    return tuple(Path(name) for name in names if name.endswith(suffix) and (ROOT / name).is_file())


@cache
def text_of(file: Path) -> str:
    """Return the text of a project file."""
    return (ROOT / file).read_text(encoding="utf-8")


@cache
def pyproject() -> dict[str, Any]:
    """Return pyproject.toml."""
    return tomllib.loads(text_of(Path("pyproject.toml")))


def packages() -> tuple[str, ...]:
    """Return the names of the top-level folders that can be imported, without tests and bench."""
    found = {file.parts[0] for file in files("__init__.py") if len(file.parts) == 2}
    return tuple(sorted(found - {"tests", "bench"}))
