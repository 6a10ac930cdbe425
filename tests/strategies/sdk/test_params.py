"""Parameters are typed, a misspelt one is refused with the nearest right one, and a demo set only changes defaults."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from hft.errors import ConfigError
from strategies.sdk.families import load, names
from strategies.sdk.params import Params, parse


class Ours(Params, frozen=True, kw_only=True):
    """An example."""

    DEMO: ClassVar[dict[str, Any]] = {"warm_s": 1.0}

    warm_s: float = 60.0
    units_max: int = 3


def test_what_is_given_beats_the_demo_set_which_beats_the_defaults() -> None:
    assert parse(Ours, {}, name="ours").warm_s == 60.0
    assert parse(Ours, {}, name="ours", demo=True).warm_s == 1.0
    assert parse(Ours, {"warm_s": 7.0}, name="ours", demo=True).warm_s == 7.0


def test_a_misspelt_parameter_is_refused_with_the_nearest_right_one() -> None:
    with pytest.raises(ConfigError) as caught:
        parse(Ours, {"unit_max": 4}, name="ours")
    assert caught.value.what == "strategy.ours.unit_max is not a parameter of ours."
    assert caught.value.next_step == "Did you mean units_max?"
    assert caught.value.exit_code == 78


def test_a_wrong_type_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match=r"\[strategy.ours\] has a wrong value") as caught:
        parse(Ours, {"units_max": "many"}, name="ours")
    assert "units_max" in caught.value.why


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan")])
def test_a_parameter_without_an_end_is_refused_by_name(value: float) -> None:
    with pytest.raises(ConfigError, match=r"strategy.ours.warm_s has a wrong value") as caught:
        parse(Ours, {"warm_s": value}, name="ours")
    assert caught.value.why == f"{value} is not a number that can be reckoned with."


NEVER = [
    ("leadlag", {"samples": 99}, "samples", "it must be 100 or more"),
    ("leadlag", {"agreeing_min": 5}, "agreeing_min", "it must be 4 or less"),
    ("pairs", {"window": 29, "samples_min": 20}, "window", "it must be 30 or more"),
    ("etf", {"window": 29, "samples_min": 20}, "window", "it must be 30 or more"),
    ("pairs", {"days_min": 6}, "days_min", "it must be 5 or less"),
    ("pairs", {"window": 300}, "samples_min", "samples_min (390) is more than window (300)"),
    ("etf", {"samples_min": 3_000}, "samples_min", "samples_min (3000) is more than window (2000)"),
    ("pairs", {"entry_s": 4.5}, "entry_s", "entry_s (4.5) is more than stop_s (4)"),
    ("pairs", {"half_life_s_min": 2_000}, "half_life_s_min", "more than half_life_s_max (1800)"),
    ("pairs", {"beta_min": 3.5}, "beta_min", "more than beta_max (3)"),
]


@pytest.mark.parametrize(("name", "given", "key", "why"), NEVER)
def test_what_would_never_let_a_family_act_is_refused_by_name(
    name: str, given: dict[str, Any], key: str, why: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(load(name).params_type(), given, name=name)
    assert key in f"{caught.value.what} {caught.value.why}"
    assert why in caught.value.why


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("demo", [False, True])
def test_the_defaults_of_every_family_go_together(name: str, *, demo: bool) -> None:
    assert parse(load(name).params_type(), {}, name=name, demo=demo)
