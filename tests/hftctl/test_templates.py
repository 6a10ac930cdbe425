"""What init writes: every setting is in it, the file with every line opened up is valid, and nothing is overwritten."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

import msgspec
import pytest

from hft.errors import ConfigError
from hft.home import Home
from hft.schema import KNOWN_NAMES, Fleet, Settings
from hft.settings import Launch, load
from hftctl.resolved import rows, shown
from hftctl.templates import ENV_TEMPLATE, toml_template, write_templates
from tests.tree import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SETTING = re.compile(r"^# (\w+ = )", re.MULTILINE)


def test_with_every_line_opened_up_it_says_exactly_the_defaults() -> None:
    opened = SETTING.sub(r"\1", toml_template())
    assert msgspec.convert(tomllib.loads(opened), Settings) == Settings()


def test_every_setting_is_in_it() -> None:
    text = toml_template()
    leaves = [name.rpartition(".")[2] for name in KNOWN_NAMES]
    assert all(name in text for name in leaves)


def test_as_written_it_changes_nothing_and_only_its_owner_reads_it(home: Path) -> None:
    for path in write_templates(Home(home), force=False):
        assert path.stat().st_mode & 0o777 == 0o600
    assert load(Home(home), environ={}).settings == Settings()


def test_only_what_is_missing_is_written(home: Path) -> None:
    (home / ".env").write_text("APCA_API_KEY_ID=PK\n")
    assert write_templates(Home(home), force=False) == [home / "hft.toml"]
    with pytest.raises(ConfigError, match="are there already"):
        write_templates(Home(home), force=False)


def test_force_begins_the_settings_anew_but_never_writes_over_keys(home: Path) -> None:
    for name in ("hft.toml", ".env"):
        (home / name).write_text("# mine\n")
    assert write_templates(Home(home), force=True) == [home / "hft.toml"]
    assert (home / "hft.toml").read_text() != "# mine\n"
    assert (home / ".env").read_text() == "# mine\n"


def test_the_example_in_the_root_is_what_init_writes() -> None:
    assert (ROOT / ".env.example").read_text() == ENV_TEMPLATE


def test_every_resolved_setting_says_where_it_came_from_and_hides_the_key(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APCA_API_KEY_ID", "PKABCDEFGH")
    monkeypatch.setenv("APCA_API_SECRET_KEY", "verysecretword")
    (home / "hft.toml").write_text('[fleet]\nsymbols = ["KO"]\n')
    found = {row.name: row for row in rows(Home(home))}
    assert found["fleet.symbols"].value == "KO"
    assert found["fleet.symbols"].origin == str(home / "hft.toml")
    assert found["limits.order_qty_max"].origin == "default"
    assert found["keys"].value == "PKAB…"
    assert found["keys"].origin == "environment (APCA_API_KEY_ID)"
    assert found["DISCORD_WEBHOOK_URL"].origin == "–"
    assert "verysecretword" not in str(found)


def test_what_the_last_start_was_told_does_not_show_once_it_is_stopped(home: Path) -> None:
    fleet = Home(home).make()
    fleet.launch_file.write_bytes(msgspec.json.encode(Launch(launch_id="x", overrides={"fleet.symbols": ["KO"]})))
    assert {row.name: row.value for row in rows(fleet)}["fleet.symbols"] == ", ".join(Fleet().symbols)


def test_the_table_of_settings_names_files_as_they_are_called_in_the_home(home: Path) -> None:
    (home / ".env").write_text("HFT_SYMBOLS=KO,PEP\nDISCORD_WEBHOOK_URL=https://discord.com/api/webhooks/1/x\n")
    table = {name: (origin, value) for name, origin, value in (shown(Home(home), row) for row in rows(Home(home)))}
    assert table["fleet.symbols"] == (".env (HFT_SYMBOLS)", "KO, PEP")
    assert table["DISCORD_WEBHOOK_URL"] == (".env (DISCORD_WEBHOOK_URL)", "set")
