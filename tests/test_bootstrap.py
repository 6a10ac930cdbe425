"""deploy/bootstrap.sh: which interpreter it takes, what it says when there is none, what it does with a .venv.

These interpreters are ten-line scripts that answer like one: `make test` on a bare clone uses a real one.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.tree import ROOT
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

TOOLS = ("sh", "cat", "chmod", "cksum", "cp", "dirname", "mkdir", "rm", "sed", "sleep")
STEP_S_MAX = 20

# A Python in ten lines: tells its version, makes environments, and its pip writes down what it was asked for.
# A file `no-network` in the project makes pip fail; a pipe `busy` makes it wait until somebody writes there.
# What pip is asked to put into a folder of its own is uv, three lines long: `no-uv` makes that fetching fail, and
# `broken-uv` the installing by it.
PYTHON = """#!/bin/sh
case "$*" in
    *version_info*) echo {version} ;;
    *ensurepip*) exit {without_venv} ;;
    *base_prefix*) echo "/usr {version}" ;;
    "-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
    "-m pip --version" | --version) echo {version} ;;
    "-m pip "*)
        [ ! -p busy ] || {{ cat busy; rm busy; }}
        [ ! -f no-network ] || {{ echo "cannot reach anything" >&2; exit 1; }}
        case "$*" in
            *--target*)
                [ ! -f no-uv ] || {{ echo "no uv for this machine" >&2; exit 1; }}
                mkdir -p .venv.building/uv/bin
                printf '%s\\n' '#!/bin/sh' '[ "$1" = --version ] || [ ! -f broken-uv ] || exit 2' \\
                    'echo "$*" >>asked-of-uv' >.venv.building/uv/bin/uv
                chmod +x .venv.building/uv/bin/uv ;;
            *) printf '%s\\n' "$*" >>asked-of-pip ;;
        esac ;;
    *) exit 9 ;;
esac
"""


class Machine:
    """A project folder and a PATH with nothing on it but a few tools and the interpreters that a test puts there."""

    def __init__(self, folder: Path) -> None:
        self.project, self.bin = folder / "project", folder / "bin"
        (self.project / "deploy").mkdir(parents=True)
        shutil.copyfile(ROOT / "deploy" / "bootstrap.sh", self.project / "deploy" / "bootstrap.sh")
        (self.project / "requirements.lock").write_text("")
        (self.project / "deploy" / "uv.lock").write_text("")
        (self.project / "pyproject.toml").write_text("")
        self.bin.mkdir()
        for tool in TOOLS:
            found = shutil.which(tool)
            assert found, f"{tool} is part of every POSIX system"
            (self.bin / tool).symlink_to(found)

    def put(self, name: str, script: str) -> Path:
        path = self.bin / name
        path.write_text(script)
        path.chmod(0o755)
        return path

    def put_python(self, name: str, version: str, *, has_venv: bool = True) -> Path:
        """Put an interpreter that tells `version` ("3 12"), and can make environments or not."""
        return self.put(name, PYTHON.format(version=version, without_venv=0 if has_venv else 1))

    def put_shim(self, name: str) -> Path:
        """Put what a version manager leaves on PATH for a version that is not switched on."""
        return self.put(name, f'#!/bin/sh\necho "{name}: command not found" >&2; exit 127\n')

    @contextmanager
    def started(self, *args: str, **env: str) -> Iterator[subprocess.Popen[str]]:
        """Give a run of the script that is under way; whatever is left of it at the end is killed."""
        with subprocess.Popen(
            ["sh", "deploy/bootstrap.sh", *args],
            cwd=self.project,
            env={"PATH": str(self.bin), **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                yield process
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)

    def run(self, *args: str, **env: str) -> tuple[int, str, str]:
        """Return exit code, output and errors of one run of the script."""
        with self.started(*args, **env) as process:
            out, err = process.communicate(timeout=STEP_S_MAX)
            return process.returncode, out, err

    def which(self, **env: str) -> str:
        """Return the name of the interpreter that would be used, or the sentence that says why there is none."""
        code, out, err = self.run("--which", **env)
        return Path(out.strip()).name if code == 0 and not err else err

    def asked_of(self, installer: str) -> list[str]:
        """Return what pip or uv was asked to install, without the questions after its version."""
        asked = self.project / f"asked-of-{installer}"
        return [line for line in asked.read_text().splitlines() if line != "--version"] if asked.exists() else []

    def without(self, *ways: str) -> None:
        for way in ways:
            (self.project / way).write_text("")


def refused(sentence: str) -> tuple[int, str, str]:
    return 1, "", f"{sentence}\n"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_prefers_a_newer_python_to_the_plain_one(machine: Machine) -> None:
    machine.put_python("python3", "3 11")
    machine.put_python("python3.12", "3 12")
    assert machine.which() == "python3.12"


def test_skips_a_shim_that_is_there_but_fails(machine: Machine) -> None:
    machine.put_shim("python3.12")
    machine.put_python("python3", "3 11")
    assert machine.which() == "python3"


def test_accepts_3_11_under_its_full_name_when_the_plain_python_is_too_old(machine: Machine) -> None:
    machine.put_python("python3", "3 9")
    machine.put_python("python3.11", "3 11")
    assert machine.which() == "python3.11"


def test_python_2_under_the_bare_name_is_no_candidate(machine: Machine) -> None:
    machine.put_python("python", "2 7")
    assert machine.which().startswith("No Python 3.11 or newer runs here")


def test_python_variable_overrides_what_is_found(machine: Machine) -> None:
    machine.put_python("python3.12", "3 12")
    machine.put_python("python3", "3 11")
    assert machine.which(PYTHON="python3") == "python3"


def test_an_override_that_does_not_run_is_refused_and_not_replaced(machine: Machine) -> None:
    machine.put_python("python3.12", "3 12")
    assert machine.run("--which", PYTHON="/nowhere/python3") == refused(
        "PYTHON=/nowhere/python3 is not a Python 3.11 or newer that runs here; "
        "name another, or leave PYTHON unset to have one looked for."
    )


def test_nothing_suitable_is_one_sentence_on_what_was_looked_for_and_what_to_install(machine: Machine) -> None:
    machine.put_python("python3", "3 10")
    assert machine.run() == refused(
        "No Python 3.11 or newer runs here (looked on PATH for python3.12, 3.13, 3.14, 3.11, python3, python): install "
        "Python 3.12 (Debian, Ubuntu: apt install python3 python3-venv) or name one with PYTHON=/path/to/python3."
    )
    assert not (machine.project / ".venv").exists()


def test_a_python_without_its_venv_module_is_passed_over_for_one_that_has_it(machine: Machine) -> None:
    machine.put_python("python3.12", "3 12", has_venv=False)
    machine.put_python("python3", "3 11")
    assert machine.which() == "python3"


def test_a_missing_venv_module_is_one_sentence_with_the_package_to_install(machine: Machine) -> None:
    machine.put_python("python3", "3 11", has_venv=False)
    assert machine.run() == refused(
        "python3 runs, but its venv and ensurepip modules are missing: install them "
        "(Debian, Ubuntu: apt install python3-venv) or name another interpreter with PYTHON=/path/to/python3."
    )


def test_with_uv_the_venv_module_is_not_needed(machine: Machine) -> None:
    machine.put("uv", "#!/bin/sh\nexit 0\n")
    machine.put_python("python3", "3 11", has_venv=False)
    assert machine.which() == "python3"


def test_a_uv_that_does_not_run_counts_as_none(machine: Machine) -> None:
    machine.put_shim("uv")
    machine.put_python("python3", "3 11", has_venv=False)
    assert "venv and ensurepip modules are missing" in machine.which()


def by_hash_and_then_the_project(asked: list[str]) -> bool:
    """Tell whether `asked` is: what the lock holds, checked by hash, and then the project itself with nothing else."""
    lock, project = asked
    return lock.endswith("--require-hashes -r requirements.lock") and project.endswith("--no-build-isolation -e .")


def test_a_uv_of_its_own_installs_and_is_gone_afterwards(machine: Machine) -> None:
    machine.put_python("python3", "3 11")
    assert machine.run()[0] == 0
    assert by_hash_and_then_the_project(machine.asked_of("uv"))
    assert machine.asked_of("pip") == []
    assert not (machine.project / ".venv.building").exists()


@pytest.mark.parametrize("trouble", ["no-uv", "broken-uv"])
def test_pip_takes_the_place_of_a_uv_that_does_not_come_through(machine: Machine, trouble: str) -> None:
    machine.put_python("python3", "3 11")
    machine.without(trouble)
    code, _, told = machine.run()
    assert code == 0
    assert told.endswith("Without uv (the reason is above): pip takes its place, and a minute longer.\n")
    assert by_hash_and_then_the_project(machine.asked_of("pip"))


def test_the_machines_own_uv_is_taken_before_any_is_fetched(machine: Machine) -> None:
    machine.put("uv", '#!/bin/sh\necho "$*" >>asked-of-uv\n[ "$1" != venv ] || cp -r made-by-uv .venv\n')
    (machine.project / "made-by-uv" / "bin").mkdir(parents=True)
    shutil.copy(machine.put_python("python3", "3 11"), machine.project / "made-by-uv" / "bin" / "python")
    assert machine.run()[0] == 0
    assert by_hash_and_then_the_project(machine.asked_of("uv")[1:])
    assert machine.asked_of("pip") == []


def test_a_second_run_only_looks(machine: Machine) -> None:
    machine.put_python("python3", "3 11")
    assert "Setting up .venv" in machine.run()[2]
    asked = machine.asked_of("uv")
    assert machine.run() == (0, "", "")
    assert machine.asked_of("uv") == asked


def test_a_changed_lock_brings_the_environment_up_to_date_in_place(machine: Machine) -> None:
    machine.put_python("python3", "3 11")
    machine.run()
    (machine.project / ".venv" / "kept").write_text("")
    (machine.project / "requirements.lock").write_text("# one line more\n")
    assert machine.run() == (0, "", "Bringing .venv up to date.\n")
    assert (machine.project / ".venv" / "kept").exists()
    assert machine.run() == (0, "", "")


def test_an_environment_that_somebody_else_made_is_kept_and_added_to(machine: Machine) -> None:
    (machine.project / ".venv" / "bin").mkdir(parents=True)
    machine.put_python("python3", "3 11").rename(machine.project / ".venv" / "bin" / "python")
    assert machine.run() == (0, "", "Bringing .venv up to date.\n")


def test_an_environment_whose_interpreter_is_gone_is_built_anew(machine: Machine) -> None:
    machine.put_python("python3", "3 11")
    machine.run()
    python = machine.project / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python3")
    assert "Setting up .venv" in machine.run()[2]
    assert machine.run() == (0, "", "")


def test_another_interpreter_asked_for_by_name_gets_a_new_environment(machine: Machine) -> None:
    machine.put_python("python3", "3 11")
    machine.run()
    machine.put_python("another", "3 13")
    assert "Setting up .venv" in machine.run(PYTHON="another")[2]
    assert machine.run(PYTHON="another") == (0, "", "")


def test_a_newer_python_that_turns_up_later_changes_nothing_unasked(machine: Machine) -> None:
    machine.put_python("python3", "3 11")
    machine.run()
    machine.put_python("python3.12", "3 12")
    assert machine.run() == (0, "", "")


def test_a_project_folder_that_was_moved_gets_a_new_environment(machine: Machine) -> None:
    machine.put_python("python3", "3 11")
    machine.run()
    machine.project = machine.project.rename(machine.project.with_name("moved"))
    assert "Setting up .venv" in machine.run()[2]


def test_a_failed_installation_says_why_and_the_next_run_mends_it(machine: Machine) -> None:
    machine.put_python("python3", "3 11")
    (machine.project / "no-network").write_text("")
    code, _, told = machine.run()
    assert code == 1
    assert told.endswith(
        "cannot reach anything\nThe packages could not be installed (the reason is above): "
        "put it right, often the network, and run the same command again.\n"
    )
    (machine.project / "no-network").unlink()
    assert machine.run()[0] == 0
    assert machine.run() == (0, "", "")


def test_a_set_up_that_was_killed_half_way_is_built_anew(machine: Machine) -> None:
    machine.put_python("python3", "3 11")
    os.mkfifo(machine.project / "busy")
    with machine.started() as killed:
        until(
            (machine.project / ".venv" / "bin" / "python").exists, within_s=STEP_S_MAX, what="an environment half made"
        )
        os.killpg(killed.pid, signal.SIGKILL)
    (machine.project / "busy").unlink()
    (machine.project / ".venv" / "half").write_text("")
    code, _, told = machine.run()
    assert (code, told.splitlines()[0]) == (0, "An earlier set-up was interrupted: building .venv anew.")
    assert not (machine.project / ".venv" / "half").exists()
    assert machine.run() == (0, "", "")


def test_two_set_ups_at_once_install_once(machine: Machine) -> None:
    machine.put_python("python3", "3 11")
    os.mkfifo(machine.project / "busy")
    with machine.started() as first:
        until((machine.project / ".venv" / "bin" / "python").exists, within_s=STEP_S_MAX, what="the first is busy")
        with machine.started() as second:
            (machine.project / "busy").write_text("go on\n")
            assert (first.wait(STEP_S_MAX), second.wait(STEP_S_MAX)) == (0, 0)
    assert len(machine.asked_of("uv")) == 2
