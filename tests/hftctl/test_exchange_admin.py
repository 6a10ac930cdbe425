"""Faults on command: how they are said, whom they are said to, and what a real exchange makes of them."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from hft.errors import ConfigError, NotRunning, UsageError
from hft.home import Home
from hftctl.__main__ import run
from hftctl.exchange_admin import admin_url, fault_cells, fault_of, in_numbers
from tests.tree import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def test_settings_are_words_and_numbers() -> None:
    assert fault_of("rest-latency", ("ms=800", "share=0.5", "symbol=SPY")) == {
        "kind": "rest-latency",
        "ms": 800,
        "share": 0.5,
        "symbol": "SPY",
    }


@pytest.mark.parametrize("word", ["ms", "=800", "ms 800"])
def test_a_setting_without_a_name_or_a_value_is_refused(word: str) -> None:
    with pytest.raises(UsageError):
        fault_of("rest-latency", (word,))


def test_what_was_ordered_is_told_with_its_numbers() -> None:
    what = "answers come `ms` late, up to `size` ms more at random"
    assert in_numbers({"what": what, "ms": 800.0, "size": 0.0}) == "answers come 800 ms late, up to 0 ms more at random"
    assert in_numbers({"what": "trading halts for `for_s`", "for_s": 7.0}) == "trading halts for 7 s"
    assert in_numbers({"what": "trading halts for `for_s`", "for_s": None}) == "trading halts for `for_s`"


def test_only_this_machine_is_ever_asked(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        admin_url(Home(tmp_path), "https://paper-api.alpaca.markets/sim")
    with pytest.raises(NotRunning):
        admin_url(Home(tmp_path), None)


@pytest.mark.parametrize(
    ("left", "for_s", "said"), [(None, None, "no end"), (None, 30.0, "its time"), (2, None, "2"), (2, 30.0, "2")]
)
def test_a_fault_with_a_time_has_an_end(left: int | None, for_s: float | None, said: str) -> None:
    fault = {"id": "f1", "kind": "rest-latency", "hits": 0, "left": left, "for_s": for_s, "ms": 800.0}
    ((_, _, _, told, _),) = fault_cells([fault])
    assert told == said


@pytest.mark.parametrize("words", [["--list", "--clear"], ["rest-hang", "--list"], ["f1", "ms=5", "--clear"]])
def test_what_would_be_left_unheard_is_refused(words: list[str], home: Path) -> None:
    assert run(["--home", str(home), "sim", "fault", *words]) == 2


@pytest.fixture(scope="module")
def admin() -> Iterator[str]:
    """Give the admin URL of an exchange of this module's own."""
    command = [sys.executable, "-m", "hftctl", "sim", "serve", "--json"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdout is not None
        yield json.loads(serving.stdout.readline())["admin"]
        serving.terminate()


@pytest.mark.e2e
def test_a_fault_is_ordered_listed_and_ended(admin: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sim", "fault", "rest-latency", "ms=800", "for_s=30", "--admin", admin]) == 0
    assert "rest-latency" in capsys.readouterr().out
    assert run(["sim", "fault", "--list", "--admin", admin]) == 0
    listed = capsys.readouterr().out
    assert "updates-lost" in listed
    assert "for_s=30.0 ms=800.0" in listed
    assert run(["sim", "fault", "--clear", "--admin", admin, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ended"] == 1
    assert run(["sim", "fault", "--clear", "f1", "--admin", admin]) == 2
    assert "No fault f1 is ordered." in capsys.readouterr().err


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("words", "says"), [(["rest-latncy"], "did you mean rest-latency?"), (["rest-hang", "mz=5"], "mz")]
)
def test_what_the_exchange_does_not_know_is_told_in_its_words(
    admin: str, capsys: pytest.CaptureFixture[str], words: list[str], says: str
) -> None:
    assert run(["sim", "fault", *words, "--admin", admin]) == 2
    assert says in capsys.readouterr().err
