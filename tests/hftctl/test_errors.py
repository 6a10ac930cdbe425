"""Every mistake a person can make gets its exit code and three parts: what failed, why, what to do next."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import msgspec
import pytest

from hft.home import Home
from hft.process import claim
from hft.settings import Launch
from hftctl import supervisor
from hftctl.__main__ import run

if TYPE_CHECKING:
    from pathlib import Path

Said = tuple[int, str]


@pytest.fixture
def ctl(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> CtlRunner:
    monkeypatch.chdir(home)
    return CtlRunner(home, capsys)


class CtlRunner:
    """Runs hftctl in this process, on one home; gives exit code and what was said."""

    def __init__(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.home, self._capsys = home, capsys

    def __call__(self, *arguments: str) -> Said:
        code = run(["--home", str(self.home), *arguments])
        said = self._capsys.readouterr()
        return code, said.err + said.out

    def write(self, name: str, text: str) -> None:
        (self.home / name).write_text(text)


KEYS = "APCA_API_KEY_ID=PKTESTTEST\nAPCA_API_SECRET_KEY=secretsecret\n"


@pytest.mark.parametrize(
    ("files", "arguments", "code", "words"),
    [
        pytest.param(
            {"hft.toml": "[flet]\nmode='sim'\n"},
            ["start"],
            78,
            ("flet is not a setting", "fleet"),
            id="a misspelt table",
        ),
        pytest.param(
            {"hft.toml": "[limits]\norder_qty_maxx=5\n"},
            ["start"],
            78,
            ("limits.order_qty_maxx is not a setting", "Did you mean limits.order_qty_max?"),
            id="a misspelt setting",
        ),
        pytest.param(
            {"hft.toml": "[limits]\norder_qty_max='many'\n"},
            ["start"],
            78,
            ("limits.order_qty_max has a wrong value", "hft.toml"),
            id="a wrong type",
        ),
        pytest.param({"hft.toml": "[fleet\n"}, ["start"], 78, ("is not valid TOML",), id="no TOML"),
        pytest.param({}, ["start", "mmm"], 78, ("no strategy", "Did you mean mm?"), id="an unknown strategy"),
        pytest.param(
            {}, ["start", "--symbols", "NOSYMBOL"], 78, ("NOSYMBOL", "symbol"), id="a symbol that cannot be one"
        ),
        pytest.param(
            {}, ["start", "--symbols", "spy"], 78, ("fleet.symbols has a wrong value",), id="a lower-case symbol"
        ),
        pytest.param({}, ["start", "--tape", "gone.csv"], 78, ("There is no tape",), id="a tape that is not there"),
        pytest.param({"t.csv": "a,b\n"}, ["start", "--tape", "t.csv"], 78, ("is not a tape",), id="no tape at all"),
        pytest.param(
            {}, ["start", "--paper"], 78, ("No Alpaca paper keys found", "hftctl demo"), id="paper without keys"
        ),
        pytest.param(
            {".env": "APCA_API_KEY_ID=PKTESTTEST\n"},
            ["start", "--paper"],
            78,
            ("half a key pair", "APCA_API_SECRET_KEY"),
            id="half a key",
        ),
        pytest.param(
            {".env": KEYS + "ALPACA_API_KEY=PKOTHEROTHER\n"},
            ["start", "--paper"],
            78,
            ("are both set, and differ",),
            id="two different keys",
        ),
        pytest.param(
            {".env": "APCA_KEY_ID=x\n"},
            ["start"],
            78,
            ("which nothing reads", "APCA_API_KEY_ID"),
            id="a misspelt key name",
        ),
        pytest.param(
            {".env": KEYS + "APCA_API_BASE_URL=https://api.alpaca.markets\n"},
            ["start", "--paper"],
            78,
            ("is not Alpaca's paper host", "never talks to a live account"),
            id="the live host",
        ),
        pytest.param(
            {".env": KEYS, "hft.toml": "[feed]\ndata_url='wss://example.com/v2/iex'\n"},
            ["start", "--paper"],
            78,
            ("is not an Alpaca data stream",),
            id="a foreign data stream",
        ),
        pytest.param(
            {".env": KEYS + "APCA_API_BASE_URL=http://127.0.0.1:1\n"},
            ["start", "--paper"],
            69,
            ("cannot be reached", "\n  Connection refused\n"),
            id="a broker that is not there",
        ),
        pytest.param(
            {"hft.toml": "[strategy.mmm]\norder_usd = 5\n"},
            ["config", "check"],
            78,
            ("[strategy.mmm] belongs to no strategy", "Did you mean [strategy.mm]?"),
            id="a table of nobody",
        ),
        pytest.param(
            {".env": "DISCORD_WEBHOOK_URL=https://disord.com/api/webhooks/1/x\n"},
            ["start"],
            78,
            ("DISCORD_WEBHOOK_URL is not a Discord webhook",),
            id="a webhook that is none",
        ),
        pytest.param({}, ["start", "--seed", "x"], 2, ("Invalid value",), id="a flag that is no number"),
        pytest.param({}, ["strat"], 2, ("No such command",), id="an unknown command"),
        pytest.param({}, ["stauts"], 2, ("No such command", "Did you mean 'status'?"), id="a mistyped command"),
        pytest.param({}, ["flatten"], 2, ("Add --yes",), id="flatten where nobody can be asked"),
        pytest.param({}, ["flatten", "--yes"], 3, ("Nothing is running here",), id="flatten with nothing there"),
        pytest.param({}, ["status"], 3, ("No fleet is running", "hftctl start"), id="status when down"),
        pytest.param({}, ["status", "--quiet"], 3, (), id="status for a script"),
        pytest.param({}, ["stop"], 0, ("already stopped",), id="stop when stopped"),
        pytest.param({}, ["stop", "nobody"], 78, ("is not part of this fleet",), id="stop of a stranger"),
        pytest.param({}, ["stop", "mm"], 3, ("No fleet is running",), id="stop of one with nothing there"),
        pytest.param({}, ["restart", "feed"], 3, ("No fleet is running",), id="restart with nothing there"),
        pytest.param({}, ["restart", "fed"], 78, ("is not part of this fleet",), id="restart of a stranger"),
        pytest.param({}, ["halt"], 3, ("No router is running",), id="halt with nothing there"),
        pytest.param({}, ["resume"], 3, ("No router is running",), id="resume with nothing there"),
        pytest.param({}, ["orders"], 3, ("No fleet is running",), id="orders with nothing there"),
        pytest.param({}, ["strategy", "why", "mm"], 3, ("mm is not running",), id="why of one that is down"),
        pytest.param({}, ["strategy", "why", "mmm"], 78, ("no strategy",), id="why of a stranger"),
        pytest.param({}, ["trades"], 3, ("Nothing was recorded", "hftctl demo"), id="trades of nobody"),
        pytest.param({}, ["report"], 3, ("Nothing was recorded",), id="a report of nothing"),
        pytest.param({}, ["data", "verify"], 3, ("Nothing was recorded",), id="verify with nothing there"),
        pytest.param({}, ["data", "prune", "--keep", "30"], 2, ("Write it like 30d",), id="prune without a unit"),
        pytest.param({}, ["alerts", "test"], 78, ("DISCORD_WEBHOOK_URL is not set",), id="alerts without a webhook"),
        pytest.param({}, ["sim", "fault"], 2, ("--list shows",), id="a fault without a name"),
        pytest.param({}, ["sim", "fault", "rest-500"], 3, ("No embedded exchange",), id="a fault with nothing there"),
        pytest.param({}, ["strategy", "pause", "m"], 78, ("Did you mean mm?",), id="pause of a stranger"),
        pytest.param({}, ["strategy", "disable", "mm"], 3, ("No router is running",), id="disable with nothing there"),
        pytest.param({}, ["strategy", "enable", "mm"], 3, ("No router is running",), id="enable with nothing there"),
        pytest.param({}, ["halt", "--strategy", "m"], 78, ("Did you mean mm?",), id="halt of a stranger"),
        pytest.param({}, ["top"], 2, ("needs a terminal",), id="top into a pipe"),
        pytest.param({}, ["logs", "mm"], 2, ("There is no log of mm",), id="a log that nobody wrote"),
    ],
)
def test_a_mistake_is_told(
    ctl: CtlRunner, files: dict[str, str], arguments: list[str], code: int, words: tuple[str, ...]
) -> None:
    for name, text in files.items():
        ctl.write(name, text)
    found, said = ctl(*arguments)
    assert (found, [word for word in words if word not in said]) == (code, []), said
    assert "Traceback" not in said
    assert supervisor.pid_of(Home(ctl.home)) == 0


def test_a_refused_start_leaves_no_launch_behind(ctl: CtlRunner) -> None:
    assert ctl("start", "mmm")[0] == 78
    assert not Home(ctl.home).launch_file.exists()


def test_a_process_of_another_fleet_in_the_home_refuses_the_start(ctl: CtlRunner) -> None:
    fleet = Home(ctl.home).make()
    held = claim(fleet, "router")
    code, said = ctl("start")
    os.close(held.lock_fd)
    assert code == 75
    assert f"router (pid {os.getpid()})" in said
    assert "hftctl stop" in said


def test_a_second_start_at_the_same_moment_is_refused(ctl: CtlRunner) -> None:
    held = claim(Home(ctl.home).make(), "hftctl-start")
    code, said = ctl("start")
    os.close(held.lock_fd)
    assert code == 75
    assert "already running" in said


def test_status_of_a_fleet_whose_supervisord_is_stuck_does_not_hang(
    ctl: CtlRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "CALL_S_MAX", 0.05)
    with socket.socket(socket.AF_UNIX) as stuck:
        stuck.bind(str(supervisor.socket_path(Home(ctl.home).make())))
        stuck.listen(4)
        code, said = ctl("status")
    assert code == 4
    assert "are down" in said


def test_a_home_that_is_not_private_is_refused(ctl: CtlRunner) -> None:
    (ctl.home / "elsewhere").mkdir()
    (ctl.home / "run").symlink_to(ctl.home / "elsewhere")
    code, said = ctl("start")
    assert code == 78
    assert "is not a private folder" in said


def test_a_home_that_cannot_be_made_is_refused_with_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--home", "/dev/null/fleet", "start"]) == 78
    said = capsys.readouterr().err
    assert "/dev/null" in said
    assert "Not a directory" in said


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        (["stop"], 0, "already stopped"),
        (["halt"], 3, "No router is running"),
        (["resume"], 3, "No router is running"),
        (["flatten", "--yes"], 78, "is not valid TOML"),
    ],
)
def test_spoilt_settings_stop_only_what_must_ask_the_broker(
    ctl: CtlRunner, command: list[str], code: int, words: str
) -> None:
    ctl.write("hft.toml", "[fleet\n")
    found, said = ctl(*command)
    assert (found, words in said) == (code, True), said


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        ("hft.toml", "[fleet\n", "hft.toml is not valid TOML: no process would start again; hftctl config check"),
        (".env", "APCA_API_KEY_ID=PKABCDEFGHIJKLMNOPQR\n", "Only half a key pair"),
    ],
)
def test_a_fleet_that_runs_is_shown_past_spoilt_settings(ctl: CtlRunner, file: str, text: str, words: str) -> None:
    held = claim(Home(ctl.home).make(), "recorder")
    ctl.write(file, text)
    code, said = ctl("status")
    os.close(held.lock_fd)
    assert (code, words in " ".join(said.split())) == (4, True), said
    assert ctl("status")[0] == 78


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        (["stop", "mine"], 3, "There is no supervisord"),
        (["halt", "--strategy", "mine"], 3, "No router is running"),
        (["strategy", "disable", "mine"], 3, "No router is running"),
        (["strategy", "pause", "mine"], 3, "No router is running"),
        (["strategy", "disable", "mime"], 78, "mime is not part of this fleet"),
        (["positions"], 69, "The router does not answer"),
    ],
)
def test_one_strategy_of_a_fleet_that_runs_is_held_past_spoilt_settings(
    ctl: CtlRunner, command: list[str], code: int, words: str
) -> None:
    fleet = Home(ctl.home).make()
    launch = Launch(launch_id="L1", overrides={"fleet.strategies": ["mine"]})
    fleet.launch_file.write_bytes(msgspec.json.encode(launch))
    ctl.write("hft.toml", "[fleet\n")
    held = claim(fleet, "recorder")
    found, said = ctl(*command)
    os.close(held.lock_fd)
    assert (found, words in said) == (code, True), said


@pytest.mark.parametrize("name", [".env", "hft.toml"])
def test_a_fleet_that_runs_is_shown_past_a_file_that_is_no_text(ctl: CtlRunner, name: str) -> None:
    held = claim(Home(ctl.home).make(), "recorder")
    (ctl.home / name).write_bytes("# Schlüssel".encode("latin-1"))
    code, said = ctl("status")
    unread = f"{name}, line 1, is not UTF-8 text: no process would start again; hftctl config check"
    assert (code, unread in " ".join(said.split())) == (4, True), said
    (ctl.home / name).unlink()
    (ctl.home / name).symlink_to("/proc/self/mem")
    code, said = ctl("status")
    os.close(held.lock_fd)
    assert (code, f"{name} cannot be read: no process would start again" in " ".join(said.split())) == (4, True), said
    assert ctl("status")[0] == 78


@pytest.mark.parametrize("arguments", [["status"], ["flatten", "--yes"], ["start"], ["config", "check"]])
def test_a_file_that_is_no_text_is_told_with_what_to_do(ctl: CtlRunner, arguments: list[str]) -> None:
    (ctl.home / ".env").write_bytes("# Schlüssel".encode("latin-1"))
    code, said = ctl(*arguments)
    words = (".env, line 1, is not UTF-8 text.", "The byte 0xfc", "Save it as UTF-8")
    assert (code, [word for word in words if word not in said]) == (78, []), said


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["start"], "the fleet goes on starting"),
        (["stop"], "the stop is not finished; hftctl stop goes on with it"),
        (["flatten", "--yes"], "hftctl positions shows what is left"),
        (["status"], "what runs goes on running"),
    ],
)
def test_who_leaves_a_command_is_not_told_that_the_fleet_has_stopped(
    ctl: CtlRunner, monkeypatch: pytest.MonkeyPatch, command: list[str], says: str
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    for step in ("hftctl.fleet.start", "hftctl.fleet.stop", "hftctl.flattening.flatten", "hft.settings.load"):
        monkeypatch.setattr(step, interrupted)
    code, said = ctl(*command)
    assert (code, "stopped" in said) == (130, False)
    assert says in said


def test_verbose_shows_where_it_came_from(ctl: CtlRunner, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["-v", "--home", str(ctl.home), "start", "mmm"]) == 78
    assert "Traceback" in capsys.readouterr().err


def test_a_mistake_of_the_program_is_exit_code_1_with_a_sentence(
    ctl: CtlRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Home) -> int:
        raise ZeroDivisionError("made for this test")

    monkeypatch.setattr(supervisor, "pid_of", broken)
    code, said = ctl("stop")
    assert code == 1
    assert "mistake in the program" in said
    assert "Traceback" not in said
