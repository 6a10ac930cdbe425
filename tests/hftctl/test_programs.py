"""supervisord's configuration: what is written per launch, and that supervisord itself understands the whole."""

from __future__ import annotations

import os
import subprocess
import sys
from configparser import RawConfigParser
from typing import TYPE_CHECKING

from hft.home import Home
from hftctl import supervisor
from hftctl.programs import programs_conf
from tests.tree import ROOT

if TYPE_CHECKING:
    from pathlib import Path

PRIORITIES = {"venue": 5, "recorder": 10, "router": 20, "guardian": 25, "feed": 30, "mm": 40, "drift": 40}
READ_CONF = """
import sys
from supervisor.options import ServerOptions
options = ServerOptions()
options.realize(["-n", "-c", sys.argv[1]])
for group in options.process_group_configs:
    for program in group.process_configs:
        print(group.name, program.name, program.priority, program.startsecs, program.autorestart.__name__,
              sorted(program.exitcodes), program.stdout_logfile, program.directory, program.command, sep="|")
"""


def understood(home: Home, *, with_venue: bool) -> dict[str, list[str]]:
    """Return, per program, what supervisord makes of our files."""
    (home.run / "programs.conf").write_text(programs_conf(("mm", "drift"), with_venue=with_venue))
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", READ_CONF, str(supervisor.conf_path())],
        env=supervisor.environment(home),
        capture_output=True,
        text=True,
        check=True,
    )
    rows = [line.split("|") for line in run.stdout.splitlines()]
    return {row[1]: row for row in rows}


def test_supervisord_reads_priorities_groups_and_patience_as_meant(home: Path) -> None:
    programs = understood(Home(home).make(), with_venue=True)
    assert {name: int(row[2]) for name, row in programs.items()} == PRIORITIES
    assert [programs[name][0] for name in ("mm", "drift")] == ["strategies", "strategies"]
    assert {row[3] for row in programs.values()} == {"5"}
    assert {row[4] for row in programs.values()} == {"RestartWhenExitUnexpected"}
    assert {row[5] for row in programs.values()} == {"[77, 78]"}


def test_each_program_logs_to_a_bounded_file_in_the_home_and_runs_from_our_root(home: Path) -> None:
    programs = understood(Home(home).make(), with_venue=True)
    for name, row in programs.items():
        assert row[6] == str(home / "logs" / f"{name}.log")
        assert row[7] == str(ROOT)
        assert sys.executable in row[8]


def test_a_paper_fleet_has_no_exchange(home: Path) -> None:
    assert "venue" not in understood(Home(home).make(), with_venue=False)


def test_blanks_and_brackets_in_the_home_are_no_trouble(home: Path) -> None:
    odd = Home(home / "my fleet [x]").make()
    programs = understood(odd, with_venue=True)
    assert programs["mm"][6] == str(odd.logs / "mm.log")


def test_the_file_in_the_root_asks_for_nothing_that_needs_root_and_holds_no_secret() -> None:
    parser = RawConfigParser(inline_comment_prefixes=(" ;",))
    parser.read(ROOT / "supervisord.conf")
    assert all("user" not in parser[section] for section in parser.sections())
    assert parser["supervisord"]["umask"] == "077"
    assert parser["supervisord"]["nodaemon"] == "true"


def test_the_environment_of_the_fleet_names_home_code_and_interpreter(home: Path) -> None:
    given = supervisor.environment(Home(home))
    assert given["HFT_HOME"] == str(home)
    assert given["HFT_ROOT"] == str(ROOT)
    assert given["HFT_PYTHON"] == sys.executable
    assert given["PATH"] == os.environ["PATH"]
