"""Wrong settings are found before anything starts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from hft.errors import ConfigError, UsageError
from hft.home import Home
from hft.schema import Settings
from hft.settings import Launch
from hftctl import preflight
from hftctl.fleet import played_before
from hftctl.launching import Wish
from hftctl.starting import plan
from venue.tape import HEADER

if TYPE_CHECKING:
    from pathlib import Path


def settings(**tables: Any) -> Settings:  # noqa: ANN401 tables of hft.toml
    return msgspec.convert(tables, Settings)


def refused(found: Settings) -> str:
    with pytest.raises(ConfigError) as caught:
        preflight.check_strategies(found)
    return str(caught.value)


def test_the_default_fleet_passes() -> None:
    preflight.check_strategies(Settings())
    preflight.check_generated_market(Settings())


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([], "No strategy is named"),
        (["mmm"], "Did you mean mm"),
        (["mm", "mm"], "named twice"),
        (["events"], "uses that word"),
    ],
)
def test_a_strategy_that_cannot_run_is_refused(names: list[str], words: str) -> None:
    assert words in refused(settings(fleet={"strategies": names}))


def test_a_parameter_that_no_family_has_is_refused_with_the_nearest() -> None:
    assert "refresh_s" in refused(settings(strategy={"mm": {"refresh": 1.0}}))


def test_a_family_of_the_user_is_found_and_a_broken_one_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def broken(:\n")
    folder = preflight.families_folder(settings(strategies_dir="."), tmp_path)
    assert "mine cannot be loaded" in refused(settings(strategies_dir=folder, fleet={"strategies": ["mine"]}))


def test_a_families_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="strategies_dir"):
        preflight.families_folder(settings(strategies_dir="nowhere"), tmp_path)


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        ({"fleet": {"symbols": ["NOSYMBOL"]}}, "NOSYMBOL"),
        ({"sim": {"scenario": "boom"}}, "no scenario 'boom'"),
    ],
)
def test_a_market_that_cannot_be_made_is_refused(tables: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        preflight.check_generated_market(settings(**tables))


def test_a_symbol_that_the_tape_lacks_is_refused_with_what_it_has(tmp_path: Path) -> None:
    tape = tmp_path / "t.csv"
    tape.write_text("t_ns,symbol,kind\n1,AAPL,q\n2,AMZN,q\n")
    asked = settings(fleet={"symbols": ["AAPL", "AMZ"]}, sim={"tape": str(tape)})
    with pytest.raises(ConfigError, match="AMZ cannot be traded") as caught:
        preflight.check_tape(asked, symbols_told=True)
    assert caught.value.next_step == "Did you mean AMZN?"
    facts = preflight.check_tape(asked, symbols_told=False)
    assert facts is not None
    assert facts.symbols == ("AAPL", "AMZN")


def test_a_percent_sign_in_the_path_of_a_home_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be"):
        preflight.check_place(Home(tmp_path / "100%"))


def launched(mode: str) -> Launch:
    return Launch(launch_id="l", overrides={"fleet.mode": mode})


def test_after_a_day_at_alpaca_nobody_gets_the_embedded_exchange_without_asking_for_it() -> None:
    with pytest.raises(UsageError, match="hftctl start --paper"):
        preflight.check_mode("sim", launched("paper"))


@pytest.mark.parametrize(("mode", "before"), [("sim", None), ("sim", "sim"), ("paper", "sim"), ("paper", "paper")])
def test_any_other_start_needs_no_word_about_its_mode(mode: str, before: str | None) -> None:
    preflight.check_mode(mode, launched(before) if before else None)


def test_a_start_looks_at_the_launch_before_and_a_mode_that_was_told_is_meant(tmp_path: Path) -> None:
    home = Home(tmp_path).make()
    home.launch_file.write_bytes(msgspec.json.encode(launched("paper")))
    with pytest.raises(UsageError):
        plan(home, Wish())
    for wish in (Wish(mode="sim"), Wish(seed=3), Wish(demo=True)):
        assert plan(home, wish).loaded.settings.fleet.mode == "sim"


def test_a_recording_whose_day_the_home_has_already_is_told_of(tmp_path: Path) -> None:
    tape = tmp_path / "day.csv"
    tape.write_text(f"{HEADER}\n1340285400000000000,SPY,q,V,1,1,2,1,,,\n")
    again = plan(Home(tmp_path).make(), Wish(tape=str(tape)))
    assert list(played_before(again, ["2012-06-20"])) == []
    assert "2012-06-21 was played in this home before" in " ".join(played_before(again, ["2012-06-20", "2012-06-21"]))
    assert list(played_before(plan(Home(tmp_path), Wish()), ["2012-06-21"])) == []
