"""`python -m tests.replay.versions [PYTHON…]`: does a replay decide the same under other Pythons, to the byte?

Each interpreter named (else each Python 3.11 or newer that runs here, one a version) gets a throw-away environment from
requirements.lock, and plays the same things as this one, each under two orders of hashing. Not a test: it installs
packages. Exit code 0: one hash for each thing; another seed has another.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.tree import ROOT

MINORS = range(11, 16)
HASH_SEEDS = ("0", "1")
PLAYED = """
import sys, tempfile
from pathlib import Path
from replay.play import play
from strategies.sdk.families import names
from tests.replay.plans import generated, plan
from tests.simulation.storms import storm
for seed in (7, 8):
    print("replay", seed, play(plan(seed=seed, strategies=names()), generated(seed), for_s=90).hash)
for seed in (3, 4):
    with tempfile.TemporaryDirectory() as folder:
        chaos = storm(seed, Path(folder))
        chaos.run()
        print("storm ", seed, chaos.fleet.decisions.hash)
"""


def said(command: list[str], **settings: str) -> str:
    """Return what a command prints; raise CalledProcessError when it fails."""
    env = {**os.environ, **settings}
    return subprocess.run(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True, check=True).stdout


def version_of(python: str) -> str:
    """Return the version of an interpreter, nothing when it does not run (a version manager's shim may not)."""
    asked = [python, "-c", "import sys; print('%d.%d.%d' % sys.version_info[:3])"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def found() -> list[str]:
    """Return the other Pythons of this machine: those on the path, and those that pyenv keeps."""
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    here = sys.version_info[1]
    chosen = []
    for minor in MINORS:
        names = [f"python3.{minor}", *map(str, sorted(kept.glob(f"3.{minor}.*/bin/python")))]
        working = [name for name in names if (path := shutil.which(name)) and version_of(path)]
        chosen += working[:1] if minor != here else []
    return chosen


def environment(python: str, folder: Path) -> str:
    """Return the interpreter of a new environment with the packages of requirements.lock."""
    said([python, "-m", "venv", str(folder)])
    made = str(folder / "bin" / "python")
    pip = [made, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-input"]
    said([*pip, "--require-hashes", "-r", str(ROOT / "requirements.lock")])
    return made


def main(arguments: list[str]) -> int:
    """Play everything everywhere; return 0 when all agree."""
    told: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        pythons = [sys.executable]
        for number, python in enumerate(arguments or found()):
            pythons.append(environment(python, Path(folder) / str(number)))
        for python in pythons:
            for hash_seed in HASH_SEEDS:
                name = f"Python {version_of(python)}, PYTHONHASHSEED={hash_seed}"
                told[name] = said([python, "-c", PLAYED], PYTHONHASHSEED=hash_seed)
                sys.stdout.write(f"{name}\n{told[name]}")
    hashes = [line.split()[-1] for line in next(iter(told.values())).splitlines()]
    agree = len(set(told.values())) == 1 and len(set(hashes)) == len(hashes)
    sys.stdout.write(f"{len(pythons)} Pythons: {'the same to the byte' if agree else 'THEY DIFFER'}\n")
    return 0 if agree and len(pythons) > 1 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
