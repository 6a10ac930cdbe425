"""`--set` changes parameters and settings, and refuses what hft.toml would refuse."""

from __future__ import annotations

import re

import pytest

from hft.errors import ConfigError, UsageError
from replay.overrides import changed, parsed, with_fleet
from tests.replay.plans import settings


def test_values_are_read_as_json_else_as_text() -> None:
    assert parsed(["qty=5", "gamma=0.5", "hours=always", "a.b=[1, 2]"]) == {
        "qty": 5,
        "gamma": 0.5,
        "hours": "always",
        "a.b": [1, 2],
    }


@pytest.mark.parametrize("text", ["qty", "=5"])
def test_an_assignment_without_a_name_or_a_value_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parsed([text])


def test_a_plain_name_is_a_parameter_of_every_chosen_family() -> None:
    found = changed(settings(), {"observe_min": 3})
    assert found.strategy == {"mm": {"observe_min": 3}, "drift": {"observe_min": 3}}


def test_a_dotted_name_is_a_setting_or_a_parameter_of_one_family() -> None:
    found = changed(settings(), {"limits.order_usd_max": 900.0, "mm.observe_min": 3})
    assert found.limits.order_usd_max == 900.0
    assert found.strategy == {"mm": {"observe_min": 3}}


def test_a_limit_of_one_family_is_its_own() -> None:
    found = changed(settings(), {"mm.limits.order_usd_max": 500})
    assert found.strategy == {"mm": {"limits": {"order_usd_max": 500}}}
    assert (found.limits_of("mm").order_usd_max, found.limits_of("drift").order_usd_max) == (500.0, 5_000.0)
    with pytest.raises(ConfigError, match="is not a limit of a strategy"):
        changed(settings(), {"mm.limits.order_usd_mxa": 500})


@pytest.mark.parametrize("table", ["mm.limits", "limits"])
def test_a_value_that_is_set_where_a_table_is_needed_is_refused_in_plain_words(table: str) -> None:
    with pytest.raises(ConfigError, match=rf"--set {table}\.order_usd_max .*\n.*{table} is set to 5"):
        changed(settings(), {table: 5, f"{table}.order_usd_max": 3})


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("limits.order_usd_mxa", r"\[limits\] of hft.toml has no order_usd_mxa.*mean limits.order_usd_max\?"),
        ("nobody.qty", "nobody is neither a section of hft.toml nor one of mm, drift"),
    ],
)
def test_a_setting_that_is_not_there_is_refused(name: str, why: str) -> None:
    with pytest.raises(ConfigError, match="no such setting") as refused:
        changed(settings(), {name: 1})
    assert re.search(why, str(refused.value), re.DOTALL)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("much", "It must be a number, without quotation marks; it is 'much'."),
        (-5, "It must be more than 0; it is -5."),
    ],
)
def test_a_value_that_is_not_possible_is_refused_in_plain_words(value: object, why: str) -> None:
    with pytest.raises(ConfigError, match=r"--set limits\.order_usd_max has a wrong value") as refused:
        changed(settings(), {"limits.order_usd_max": value})
    assert why in str(refused.value)


def test_a_replay_has_its_own_families_symbols_and_seed() -> None:
    found = with_fleet(settings(), strategies=("mm",), symbols=("KO",), seed=3)
    assert (found.fleet.strategies, found.fleet.symbols, found.sim.seed) == (("mm",), ("KO",), 3)
