"""Reading logs: merged by time, filtered, a traceback kept with its line."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click
import msgspec
import pytest

from hft.clock import FakeClock, WallClock
from hft.errors import UsageError
from hft.home import Home
from hft.settings import Launch
from hftctl.__main__ import run
from hftctl.logs import LEVELS, Filter, clock_of, newest_lines, nothing_to_show, other_time, pretty, sources
from recorder.days import ns_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ALL = Filter(level=None, pattern=None, since=None)


def line(second: int, event: str, level: str = "info", process: str = "feed") -> str:
    return f'{{"process":"{process}","event":"{event}","level":"{level}","ts":"2026-11-23T14:00:{second:02d}Z"}}'


@pytest.fixture
def fleet(home: Path) -> Home:
    made = Home(home).make()
    (made.logs / "feed.log").write_text(
        f"{line(1, 'feed.connected')}\n{line(3, 'feed.lost', 'error')}\nTraceback\n x\n"
    )
    (made.logs / "router.log").write_text(f"{line(2, 'order.sent', 'warning', 'router')}\nplain words\n")
    (made.logs / "supervisord.log").write_text("2026 INFO spawned\n")
    (made.logs / "events.jsonl").write_text('{"ts":"2026-11-23T14:00:00Z","producer":"router","event":"order.done"}\n')
    return made


def test_all_logs_come_in_the_order_of_time_with_what_belongs_to_a_line(fleet: Home) -> None:
    found = newest_lines(sources(fleet, None), ALL, 10)
    assert [text.split('"event":"')[1].split('"')[0] for text in found] == ["feed.connected", "order.sent", "feed.lost"]
    assert found[2].endswith("Traceback\n x")
    assert found[1].endswith("plain words")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["logs"], "nothing is written yet; hftctl start starts a fleet"),
        (["logs", "--level", "error", "--since", "10m"], "nothing is written yet"),
    ],
)
def test_where_there_is_no_line_it_says_so(
    home: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    assert run(["--home", str(home), *arguments]) == 0
    said = capsys.readouterr()
    assert says in said.err
    assert not said.out, "a script that reads lines finds none"


def test_a_filter_that_keeps_nothing_is_named(fleet: Home) -> None:
    kept = Filter(level="error", pattern="halt.*", since=None)
    assert nothing_to_show(sources(fleet, None), kept).startswith("no line at level error or above, named halt.*;")
    assert nothing_to_show(sources(fleet, None), kept).endswith("hftctl logs events has every order and fill")
    assert nothing_to_show(sources(fleet, "events"), kept).endswith("docs/events.md has every name"), (
        "they look there now"
    )


def test_the_newest_are_kept(fleet: Home) -> None:
    assert len(newest_lines(sources(fleet, None), ALL, 1)) == 1
    assert "feed.lost" in newest_lines(sources(fleet, None), ALL, 1)[0]
    assert newest_lines(sources(fleet, None), ALL, 0) == []


@pytest.mark.parametrize(
    ("kept", "count"),
    [
        (Filter(level="warning", pattern=None, since=None), 2),
        (Filter(level="error", pattern=None, since=None), 1),
        (Filter(level=None, pattern="order.*", since=None), 1),
        (Filter(level=None, pattern=None, since="1s"), 0),
    ],
)
def test_a_filter_keeps_what_it_names(fleet: Home, kept: Filter, count: int) -> None:
    (fleet.logs / "feed.log").write_text((fleet.logs / "feed.log").read_text().replace("2026", "2001"))
    (fleet.logs / "router.log").write_text((fleet.logs / "router.log").read_text().replace("2026", "2001"))
    assert len(newest_lines(sources(fleet, None), kept, 10)) == count


@pytest.mark.parametrize(
    ("level", "rank"),
    [("warn", "warning"), ("WARNING", "warning"), ("fatal", "critical"), ("trace", "info"), ("", "info")],
)
def test_a_level_that_is_not_one_of_ours_has_its_place(fleet: Home, level: str, rank: str) -> None:
    (fleet.logs / "mine.log").write_text(f"{line(4, 'mine.odd', level, 'mine')}\n")
    least = Filter(level=rank, pattern="mine.*", since=None)
    assert newest_lines(sources(fleet, "mine"), least, 10)
    more = LEVELS[LEVELS.index(rank) + 1 :]
    assert not any(
        newest_lines([fleet.logs / "mine.log"], Filter(level=one, pattern=None, since=None), 9) for one in more
    )


@pytest.mark.parametrize("producer", ["", ',"producer":"mine"'])
@pytest.mark.parametrize(
    ("stamp", "shown"),
    [
        ("1795445100.5", " ts=1795445100.5"),
        ('"yesterday"', " ts=yesterday"),
        ('"0001-01-01T00:00:00Z"', " ts=0001-01-01T00:00:00Z"),
        ("null", ""),
        ('""', ""),
    ],
)
def test_a_stamp_that_is_not_one_of_ours_is_shown_as_it_stands(stamp: str, shown: str, producer: str) -> None:
    text = f'{{"ts":{stamp},"level":30,"event":"mine.odd","process":"mine"{producer}}}'
    assert click.unstyle(pretty(text)).strip() == f"mine      mine.odd{shown}"


def test_a_line_that_has_a_producer_and_is_no_event_is_shown() -> None:
    shown = click.unstyle(pretty('{"producer":"mine","ts":"2026-11-23T19:00:00Z","why":"eof"}'))
    assert shown.split() == ["14:00:00", "why=eof"]


def test_the_record_is_a_log_of_its_own(fleet: Home) -> None:
    assert sources(fleet, "events") == [fleet.logs / "events.jsonl"]
    assert len(newest_lines(sources(fleet, "events"), ALL, 10)) == 1


def test_a_log_that_nobody_wrote_is_refused_with_those_that_are(fleet: Home) -> None:
    with pytest.raises(UsageError, match="no log of foo") as caught:
        sources(fleet, "foo")
    assert "feed, router, events" in str(caught.value)


def test_a_length_of_time_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="--since soon"):
        Filter(level=None, pattern=None, since="soon")


def test_for_a_person_a_line_is_time_who_what_and_the_rest() -> None:
    text = (
        '{"process":"feed","event":"feed.lost","level":"error","ts":"2026-11-23T14:00:03.123456Z","why":"eof"}\nTrace'
    )
    assert click.unstyle(pretty(text)) == "09:00:03.123 feed      feed.lost why=eof\nTrace"
    assert pretty("plain words") == "plain words"


def test_an_empty_home_has_no_lines(home: Path) -> None:
    assert newest_lines(sources(Home(home), None), ALL, 10) == []


def play(fleet: Home, second_ns: int) -> None:
    """Let the fleet's market be at this moment now, as a launch in sim mode says it."""
    launch = Launch(launch_id="L1", anchor_utc_ns=second_ns, anchor_mono_ns=WallClock().mono_ns())
    fleet.launch_file.write_bytes(msgspec.json.encode(launch))


def test_since_is_measured_by_the_clock_of_the_log(fleet: Home) -> None:
    play(fleet, ns_of("2026-11-23T14:00:05Z"))
    record, own = (
        Filter(level=None, pattern=None, since="10s", clock=clock_of(fleet, name)) for name in ("events", "router")
    )
    assert len(newest_lines(sources(fleet, "events"), record, 10)) == 1
    assert newest_lines(sources(fleet, "router"), own, 10) == [], "long ago by the clock of this machine"
    play(fleet, ns_of("2026-11-23T14:05:00Z"))
    later = Filter(level=None, pattern=None, since="10s", clock=clock_of(fleet, "events"))
    assert newest_lines(sources(fleet, "events"), later, 10) == []


def test_where_the_market_has_another_time_a_person_is_told(fleet: Home) -> None:
    assert other_time(fleet, None) == ""
    play(fleet, ns_of("2026-11-23T14:00:05Z"))
    assert "hftctl logs events" in other_time(fleet, None)
    assert other_time(fleet, "events") == ""


DAEMON = """2026-11-23 14:00:26,026 CRIT Supervisor is running as root.
2026-11-23 14:00:26,144 INFO supervisord started with pid 12
2026-11-23 14:00:57,109 WARN exited: mm (exit status 1; not expected)
"""


@pytest.fixture
def daemon(fleet: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """Supervisord's log of a machine in New York: its stamps are the machine's own time."""
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    (fleet.logs / "supervisord.log").write_text(DAEMON)
    yield fleet
    monkeypatch.undo()
    time.tzset()


def test_the_lines_of_supervisord_are_counted_and_chosen_like_all_others(daemon: Home) -> None:
    files = sources(daemon, "supervisord")
    assert newest_lines(files, ALL, 1) == [DAEMON.splitlines()[-1]]
    assert newest_lines(files, Filter(level="warning", pattern=None, since=None), 9) == DAEMON.splitlines()[::2]
    assert newest_lines(files, Filter(level=None, pattern="exited*", since=None), 9) == DAEMON.splitlines()[2:]
    since = Filter(level=None, pattern=None, since="10s", clock=FakeClock(ns_of("2026-11-23T19:01:00Z")))
    assert newest_lines(files, since, 9) == DAEMON.splitlines()[2:]


def test_for_a_person_supervisord_speaks_new_york_time_too(daemon: Home) -> None:
    (last,) = newest_lines(sources(daemon, "supervisord"), ALL, 1)
    assert click.unstyle(pretty(last)).rstrip() == "14:00:57.109 supervisord exited: mm (exit status 1; not expected)"


def test_what_cannot_be_asked_of_the_logs_is_refused(fleet: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--home", str(fleet.root), "logs", "-n", "-3"]) == 2
    assert run(["--home", str(fleet.root), "logs", "events", "--level", "error"]) == 2
    assert "logs events takes no --level." in capsys.readouterr().err


def test_no_line_is_what_was_asked_for(fleet: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--home", str(fleet.root), "logs", "-n", "0"]) == 0
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "")
