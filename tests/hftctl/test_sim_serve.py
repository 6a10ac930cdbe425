"""sim serve as a product of its own: what is asked for on the command line is what an Alpaca client finds."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from alpaca.trading.client import TradingClient

from hftctl.__main__ import run
from tests.tree import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STOP_S = 3.0
HEADER = "t_ns,symbol,kind,venue,bid_px,bid_qty,ask_px,ask_qty,px,qty,aggressor\n"
OPEN_NS = 1_340_285_400_000_000_000  # 2012-06-21 09:30 in New York


@contextmanager
def served(*flags: str) -> Iterator[dict[str, str]]:
    """Serve with some flags; give the line that it prints, and end it."""
    command = [sys.executable, "-m", "hftctl", "sim", "serve", "--json", *flags]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdout is not None
        yield json.loads(serving.stdout.readline())
        serving.terminate()
        assert serving.wait(STOP_S) == 0


@pytest.mark.e2e
def test_cash_keys_and_the_time_of_day_are_as_asked_for() -> None:
    flags = ("--cash", "5000", "--key", "MINE", "--secret", "hush", "--open-at", "15:30", "--symbols", "SPY")
    with served(*flags) as place:
        client = TradingClient("MINE", "hush", url_override=place["rest"], raw_data=True)
        account, clock = client.get_account(), client.get_clock()
        client._session.close()
    assert isinstance(account, dict)
    assert isinstance(clock, dict)
    assert (place["key"], place["secret"], account["cash"]) == ("MINE", "hush", "5000")
    assert clock["timestamp"][11:16] == "15:30"


@pytest.mark.e2e
def test_several_tapes_are_merged_and_begin_again(tmp_path: Path) -> None:
    tapes = []
    for symbol in ("AAA", "BBB"):
        tape = tmp_path / f"{symbol}.csv"
        tape.write_text(HEADER + f"{OPEN_NS},{symbol},q,V,250000,100,250200,100,,,\n")
        tapes += ["--tape", str(tape)]
    with served(*tapes, "--loop", "--rate", "10") as place:
        client = TradingClient(place["key"], place["secret"], url_override=place["rest"], raw_data=True)
        assets: Any = client.get_all_assets()
        client._session.close()
    assert {asset["symbol"] for asset in assets} == {"AAA", "BBB"}


@pytest.mark.parametrize(
    ("flags", "says"),
    [(["--key", "MINE"], "belong together"), (["--loop"], "--tape"), (["--rate", "0"], "--rate")],
)
def test_what_makes_no_sense_is_a_usage_error(capsys: pytest.CaptureFixture[str], flags: list[str], says: str) -> None:
    assert run(["sim", "serve", *flags]) == 2
    assert says in capsys.readouterr().err
