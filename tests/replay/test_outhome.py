"""Where a replay writes: never over what a fleet recorded, and never behind what the replay before it left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hft.errors import ConfigError
from hft.home import Home
from replay.outhome import made_ready
from replay.play import play
from tests.replay.plans import generated, plan

if TYPE_CHECKING:
    from pathlib import Path

LEFT_BY_A_FLEET = ("run/launch.json", "logs/events.jsonl", "logs/events-2026-11-20.jsonl.gz")


@pytest.mark.parametrize("left", LEFT_BY_A_FLEET)
def test_what_a_fleet_recorded_is_not_written_over(tmp_path: Path, left: str) -> None:
    Home(tmp_path).make()
    (tmp_path / left).write_text("a day's work")
    with pytest.raises(ConfigError, match="holds what a fleet recorded"):
        play(plan(), generated(), for_s=1, out=tmp_path)
    assert (tmp_path / left).read_text() == "a day's work"
    assert not (tmp_path / "logs/daily_summary.csv").exists()


def test_a_tape_without_its_events_is_a_record_too(tmp_path: Path) -> None:
    (tmp_path / "data/2026-11-20").mkdir(parents=True)
    with pytest.raises(ConfigError, match="new or empty"):
        made_ready(tmp_path)


def test_a_replay_into_the_same_folder_begins_anew(tmp_path: Path) -> None:
    def kept() -> dict[str, bytes]:
        written = (*(tmp_path / "data").rglob("*"), *(tmp_path / "logs").rglob("*"))
        return {str(path): path.read_bytes() for path in written if path.is_file()}

    play(plan(), generated(), for_s=10, out=tmp_path)
    once = kept()
    play(plan(), generated(), for_s=10, out=tmp_path)
    assert kept() == once


def test_a_fleet_that_ran_in_a_replays_folder_is_safe_as_well(tmp_path: Path) -> None:
    made_ready(tmp_path)
    (tmp_path / "run/launch.json").write_text("{}")
    with pytest.raises(ConfigError):
        made_ready(tmp_path)
