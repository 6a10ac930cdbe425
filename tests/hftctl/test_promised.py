"""What users and scripts rely on is there by name: commands, flags, exit codes, columns, keys, make targets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import msgspec
import pytest

from hft import errors
from hft.keys import KEY_NAMES, SECRET_NAMES
from hft.settings import ENV_TO_SETTING, VenueFile
from hftctl.__main__ import cli
from recorder.summary import COLUMNS
from tests.tree import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable

LISTS = "--day --strategy --symbol --json --csv"
FLAGS = {
    "demo": "--seconds --seed --scenario --no-tui --keep",
    "start": "--sim --paper --strategies --symbols --tape --seed --wait --foreground",
    "stop": "--flatten --timeout",
    "restart": "",
    "status": "--json --watch --quiet",
    "flatten": "--strategy --yes --timeout",
    "halt": "--reason --strategy",
    "resume": "--strategy",
    "strategy list": "--json",
    "strategy enable": "",
    "strategy disable": "",
    "strategy pause": "",
    "strategy why": "--json",
    "top": "--hz",
    "logs": "-f -n --level --event --since --json",
    "orders": LISTS,
    "positions": LISTS,
    "trades": LISTS,
    "report": "--open --png --returns-csv --out --json",
    "replay": "--strategy --set --seed --json --verify",
    "sweep": "--strategy --grid --jobs --scheduler --json",
    "data list": "--json",
    "data verify": "--json",
    "data export": "--parquet --csv",
    "data prune": "--keep",
    "sim serve": "--port --seed --tape --scenario --json",
    "sim fault": "--json",
    "init": "",
    "doctor": "--json",
    "config show": "--json",
    "config check": "",
    "alerts test": "",
    "completion": "",
}
EXIT_CODES = {
    errors.UsageError: 2,
    errors.NotRunning: 3,
    errors.Degraded: 4,
    errors.TimedOut: 5,
    errors.Unavailable: 69,
    errors.DiskFailed: 74,
    errors.AlreadyRunning: 75,
    errors.CredentialsRefused: 77,
    errors.ConfigError: 78,
}
SUMMARY = (
    "date,strategy,orders,fills,shares,notional,fill_ratio,gross_pnl,fees,pnl_paper,pnl_honest_low,pnl_honest_mid,"
    "pnl_honest_high,max_drawdown,markout_1s_bps,markout_5s_bps,markout_30s_bps,rejects,denials,cancels,requests,"
    "restarts,end_position_shares"
)
ENV = {"HFT_STRATEGIES", "HFT_SYMBOLS"} | {
    f"HFT_MAX_{what}_USD" for what in ("POSITION", "GROSS", "DAILY_LOSS", "ORDER")
}


def command_of(words: str) -> click.Command:
    found: click.Command = cli
    for word in words.split():
        assert isinstance(found, click.Group)
        found = found.commands[word]
    return found


def missing(wanted: Iterable[str], there: Iterable[str]) -> list[str]:
    return sorted(set(wanted) - set(there))


@pytest.mark.parametrize("words", FLAGS)
def test_a_command_keeps_its_flags(words: str) -> None:
    known = [name for parameter in command_of(words).params for name in parameter.opts]
    assert missing(FLAGS[words].split(), known) == []


@pytest.mark.parametrize("kind", EXIT_CODES)
def test_an_exit_code_keeps_its_number(kind: type[errors.FleetError]) -> None:
    assert kind.exit_code == EXIT_CODES[kind]


def test_the_daily_summary_begins_with_its_columns() -> None:
    assert ",".join(COLUMNS).startswith(SUMMARY)


def test_the_line_of_sim_serve_has_its_fields() -> None:
    assert missing(("rest", "data", "news", "updates", "key", "secret", "admin"), VenueFile.__struct_fields__) == []
    assert msgspec.structs.fields(VenueFile)[0].name == "rest"


def test_the_keys_of_the_environment_are_read() -> None:
    assert missing(ENV, ENV_TO_SETTING) == []
    assert set(KEY_NAMES) == {"APCA_API_KEY_ID", "ALPACA_API_KEY"}
    assert set(SECRET_NAMES) == {"APCA_API_SECRET_KEY", "ALPACA_SECRET_KEY"}


@pytest.mark.parametrize("target", ["install", "demo", "test", "check", "e2e", "bench"])
def test_a_make_target_sets_itself_up(target: str) -> None:
    lines = (ROOT / "Makefile").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith(f"{target}:"))
    assert target == "install" or {"install", "lint"} & set(line.partition("##")[0].split())
