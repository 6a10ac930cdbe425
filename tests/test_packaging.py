"""What is shipped and what is pinned: the wheel holds every program, the lock every package."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from configparser import ConfigParser
from importlib.util import find_spec
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.tree import ROOT, files, packages, pyproject, text_of

LOCKS = ("requirements.lock", "requirements-oracles.lock", "deploy/uv.lock")
TARGETS = (
    "install",
    "demo",
    "test",
    "check",
    "e2e",
    "versions",
    "oracles",
    "bench",
    "format",
    "lint",
    "style",
    "types",
    "layers",
    "lock",
    "help",
)
PINNED = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>[\w.!+]+)", re.MULTILINE)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return zipfile.ZipFile(built)


def test_the_wheel_holds_every_module_of_every_package(wheel: zipfile.ZipFile) -> None:
    modules = {str(file) for file in files(".py") if file.parts[0] in packages()}
    assert modules <= set(wheel.namelist())


def test_the_wheel_leaves_tests_benchmarks_and_deployment_out(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(packages())


def test_the_wheel_carries_the_supervisor_configuration(wheel: zipfile.ZipFile) -> None:
    assert wheel.read("hftctl/supervisord.conf").decode() == text_of(Path("supervisord.conf"))


def test_the_wheel_installs_the_command(wheel: zipfile.ZipFile) -> None:
    (name,) = (name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    scripts = ConfigParser()
    scripts.read_string(wheel.read(name).decode())
    assert dict(scripts["console_scripts"]) == {"hftctl": "hftctl.__main__:main"}


def test_the_lock_pins_what_pyproject_asks_for() -> None:
    project = pyproject()["project"]
    extras = project["optional-dependencies"]
    pins: dict[str, list[str]] = {}
    for pin in PINNED.finditer(text_of(Path("requirements.lock"))):
        pins.setdefault(pin["name"].lower(), []).append(pin["version"])
    for line in (*project["dependencies"], *extras["uvloop"], *extras["dev"]):
        wanted = Requirement(line)
        versions = pins.get(wanted.name.lower(), [])
        assert versions, f"{wanted.name} is not in requirements.lock: run make lock"
        assert all(version in wanted.specifier for version in versions), f"{line} is not met: run make lock"


def test_the_lock_of_the_oracles_has_them_and_nothing_twice() -> None:
    pins, first = (
        {pin["name"].lower() for pin in PINNED.finditer(text_of(Path(lock)))}
        for lock in ("requirements-oracles.lock", "requirements.lock")
    )
    oracles = pyproject()["project"]["optional-dependencies"]["oracles"]
    assert {Requirement(line).name for line in oracles} <= pins, "run make lock"
    assert not pins & first


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_in_a_lock_is_checked_by_hash(lock: str) -> None:
    entries = re.split(r"\n(?=[\w])", text_of(Path(lock)))
    assert any(PINNED.match(entry) for entry in entries)
    bare = [entry.splitlines()[0] for entry in entries if PINNED.match(entry) and "--hash=sha256:" not in entry]
    assert not bare


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_place_to_fetch_from(lock: str) -> None:
    assert "://" not in text_of(Path(lock))


@pytest.mark.parametrize("target", TARGETS)
def test_make_knows_the_target(target: str) -> None:
    run = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_ci_runs_make_test() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert script.read_text().splitlines()[-1] == "exec make test"


@pytest.mark.parametrize("package", packages())
def test_a_generic_name_means_our_folder_and_nobody_elses(package: str) -> None:
    """Other distributions ship modules called router or risk: here each name leads to this root."""
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin == str(ROOT / package / "__init__.py")
