"""`python -m tests.replay.versions [PYTHON…]`: does a replay decide the same under other Pythons and processors?

Each interpreter named (else each Python 3.11 or newer that runs here, one a version) gets a throw-away environment from
requirements.lock, and plays the same things as this one, each under two orders of hashing, and as on a processor of
2008: glibc and numpy are told to leave the newer instructions alone, which changes the last bit of some logarithms and
exponentials (whether it did is said). Not a test: it installs packages. Exit code 0: one hash for each thing, to the
byte; another seed has another. A processor that is emulated takes the same script, an older one and one of another kind
(Debian's arm64 packages of Python unpacked in ARM, the aarch64 wheels of requirements.lock in SITE):
`qemu-x86_64 -cpu Nehalem .venv/bin/python -m tests.replay.versions --here`,
`PYTHONPATH=SITE:. qemu-aarch64 -L ARM ARM/usr/bin/python3.11 -m tests.replay.versions --here`.
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
SETTINGS = {
    "PYTHONHASHSEED=0": {"PYTHONHASHSEED": "0"},
    "PYTHONHASHSEED=1": {"PYTHONHASHSEED": "1"},
    "as on a processor of 2008": {
        "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX,-AVX2,-FMA,-FMA4,-AVX512F",
        "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR",
    },
}
LAST_BITS = """
import hashlib, math, random
draw = random.Random(1)
drawn = [draw.uniform(0.1, 3) for _ in range(20_000)]
print(hashlib.md5(repr([(math.exp(x), math.log(x)) for x in drawn]).encode()).hexdigest())
"""
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


def last_bits_differ(python: str) -> bool:
    """Tell whether the settings of the older processor change what the mathematics of this machine comes to."""
    return len({said([python, "-c", LAST_BITS], **settings) for settings in SETTINGS.values()}) > 1


def everywhere(pythons: list[str]) -> dict[str, str]:
    """Return what each interpreter says of the things played, under each of the settings; it is printed as it comes."""
    told = {}
    for python in pythons:
        for setting, variables in SETTINGS.items():
            name = f"Python {version_of(python)}, {setting}"
            told[name] = said([python, "-c", PLAYED], **variables)
            sys.stdout.write(f"{name}\n{told[name]}")
            sys.stdout.flush()
    return told


def main(arguments: list[str]) -> int:
    """Play everything everywhere; return 0 when all agree. With --here, play once, by this interpreter."""
    if arguments == ["--here"]:
        exec(PLAYED)  # noqa: S102 - the same text that the others are given
        return 0
    with tempfile.TemporaryDirectory() as folder:
        others = enumerate(arguments or found())
        pythons = [sys.executable, *(environment(python, Path(folder) / str(number)) for number, python in others)]
        told = everywhere(pythons)
    hashes = [line.split()[-1] for line in next(iter(told.values())).splitlines()]
    agree = len(set(told.values())) == 1 and len(set(hashes)) == len(hashes)
    bits = "differ" if last_bits_differ(sys.executable) else "are the same: an older processor was not really tried"
    sys.stdout.write(f"last bits of exp and log by processor {bits}\n")
    sys.stdout.write(f"{len(pythons)} Pythons: {'the same to the byte' if agree else 'THEY DIFFER'}\n")
    return 0 if agree and len(pythons) > 1 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
