"""The picture: what is known is in it, what is not known is null, and the keys are those that scripts rely on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from hft.clock import NS_PER_S
from hft.keys import Broker, Keys
from hft.words import Health, TradingState
from hftctl.assembling import assemble
from hftctl.health import complaints, exit_code
from hftctl.screen import head_lines
from hftctl.supervisor import ProcessInfo
from tests.hftctl.pictures import NAMES, NOW_NS, beat, facts, router_status, without

if TYPE_CHECKING:
    from hftctl.picture import Picture

CONTRACT: dict[str, Any] = {
    "market": {"open", "next_close"},
    "account": {"equity", "cash", "buying_power", "day_pnl", "day_pnl_honest"},
    "venue": {"rest", "data", "news", "updates"},
    "budget": {"limit_per_min", "used_last_min"},
    "processes": {"name", "state", "pid", "uptime_s", "restarts", "rss_mb", "note"},
    "strategies": {
        "name",
        "state",
        "pid",
        "epoch",
        "positions",
        "working_orders",
        "fills",
        "pnl_paper",
        "pnl_honest",
        "why",
    },
    "positions": {"symbol", "qty", "broker_qty", "avg_px", "ledgers", "unclaimed"},
    "orders": {
        "client_order_id",
        "order_id",
        "strategy",
        "symbol",
        "side",
        "qty",
        "cum_qty",
        "px",
        "status",
        "age_s",
    },
    "reconciliation": {"state", "last_ok", "breaks"},
    "feed": {"connected", "symbols", "last_message_age_s", "gaps"},
}
PLAIN = {"schema", "time", "home", "mode", "running", "state", "halt_reason", "unknown_orders", "warnings"}
BROKER = Broker(rest="http://r", data="ws://d", updates="ws://u", news="ws://n", keys=Keys(key_id="K", secret="S"))


def as_json(**changes: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(msgspec.json.encode(assemble(facts(**changes))))
    return found


def test_every_key_of_the_contract_is_there() -> None:
    status = as_json(broker=BROKER)
    assert set(status) == PLAIN | set(CONTRACT)
    for part, names in CONTRACT.items():
        one = status[part][0] if isinstance(status[part], list) else status[part]
        assert names <= set(one), part


def test_money_is_in_dollars_and_times_are_utc() -> None:
    status = as_json()
    assert status["account"]["equity"] == 100_003.12
    assert status["account"]["day_pnl"] == 3.12
    assert status["positions"][0]["avg_px"] == 500.0
    assert status["orders"][0]["px"] == 501.05
    assert status["orders"][0]["age_s"] == 2.0
    assert status["time"] == "2026-11-23T14:45:00.000000000Z"
    assert status["market"]["next_close"] == "2026-11-23T21:00:00.000000000Z"


def test_a_strategy_brings_its_ledger_its_pnl_and_its_why() -> None:
    mm = as_json()["strategies"][0]
    assert mm["positions"] == {"SPY": 40}
    assert mm["pnl_paper"] == 4.0
    assert mm["why"] == "mm is fine"
    assert mm["state"] == "trading"


def test_the_honest_book_comes_with_the_heartbeat_of_the_recorder() -> None:
    told = {f"honest_{what}:{name}": 12_500 for what in ("low", "mid", "high") for name in ("mm", "ALL")}
    told["leftover:ALL"] = -5_000
    status = as_json(beats={**facts().beats, "recorder": beat("recorder", counters=told)})
    assert status["account"]["day_pnl_honest"] == {"low": 1.25, "mid": 1.25, "high": 1.25, "leftover": -0.5}
    honest = {row["name"]: row["pnl_honest"]["mid"] for row in status["strategies"]}
    assert honest == {"mm": 1.25, "drift": 0.0}, "one that sent no order made nothing"


def test_both_books_are_of_the_same_day() -> None:
    told = {"honest_mid:ALL": 0, "paper:mm": -7_500, "paper:unclaimed": -2_500}
    status = as_json(beats={**facts().beats, "recorder": beat("recorder", counters=told)})
    assert status["strategies"][0]["pnl_paper"] == -0.75
    others = sum(row["pnl_paper"] for row in status["strategies"][1:])
    assert status["account"]["day_pnl_paper"] == -1.0 + others, (
        "nobody's shares too, and not the broker's equity: it has other marks"
    )


def test_what_was_earned_on_days_before_is_not_todays() -> None:
    told = {"honest_mid:ALL": 0}  # the recorder is there, and nobody has traded today
    status = as_json(beats={**facts().beats, "recorder": beat("recorder", counters=told)})
    assert [row["pnl_paper"] for row in status["strategies"]] == [0.0, 0.0]
    assert status["account"]["day_pnl_paper"] == 0.0
    assert as_json(beats={})["strategies"][0]["pnl_paper"], "while nobody tells the days apart it is of all of them"


def test_no_honest_number_is_invented() -> None:
    status = as_json()
    nothing = {"low": None, "mid": None, "high": None, "leftover": None}
    assert status["account"]["day_pnl_honest"] == nothing
    assert status["strategies"][0]["pnl_honest"] == nothing


def test_secrets_are_not_in_the_picture() -> None:
    text = json.dumps(as_json(broker=BROKER))
    assert '"K"' not in text
    assert '"S"' not in text


def test_a_healthy_fleet_has_nothing_to_complain_of() -> None:
    picture = assemble(facts())
    assert list(complaints(picture)) == []
    assert picture.warnings == ()
    assert exit_code(picture) == 0


def by_the_hour(**changes: object) -> Picture:
    """Return a fleet that only its market keeps from entering."""
    return assemble(facts(router=router_status(state=TradingState.REDUCING, is_hour=True, **changes)))


def test_a_market_that_closes_is_no_trouble_and_exits_0() -> None:
    picture = by_the_hour(reason="the market closes at 16:00:00 New York time")
    assert list(complaints(picture)) == []
    assert exit_code(picture) == 0
    assert "market OPEN, exits only, closes at" in " ".join(head_lines(picture, 100))


def test_a_closed_market_is_no_trouble_and_says_until_when() -> None:
    picture = by_the_hour(reason="the market is closed until Mon 09:30 New York time", market_open=False)
    assert exit_code(picture) == 0
    assert "market CLOSED until Mon 09:30 New York time" in " ".join(head_lines(picture, 100))


def test_with_everything_down_it_says_so_and_exits_3() -> None:
    picture = assemble(facts(pids={}, beats={}, router=None, supervisor_pid=0))
    assert not picture.running
    assert {row.state for row in picture.processes} == {"down"}
    assert {row.state for row in picture.strategies} == {"down"}
    assert picture.account.equity is None
    assert exit_code(picture) == 3


def test_a_latched_kill_switch_shows_even_when_nothing_runs() -> None:
    picture = assemble(facts(pids={}, beats={}, router=None, supervisor_pid=0, halt_latched=True))
    assert picture.state == "HALTED"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"pids": without(("feed",), facts().pids)}, "feed is down", id="a process is gone"),
        pytest.param({"beats": without(("mm",), facts().beats)}, "mm is degraded", id="a process is silent"),
        pytest.param({"router": None}, "trading is unknown", id="the router is silent"),
        pytest.param(
            {"router": router_status(reconciliation="broken", breaks=("SPY 40 ≠ 39",))},
            "broker and ledgers disagree",
            id="the books disagree",
        ),
    ],
)
def test_what_is_wrong_is_told_and_exits_4(changes: dict[str, Any], words: str) -> None:
    picture = assemble(facts(**changes))
    assert any(words in text for text in complaints(picture))
    assert exit_code(picture) == 4


def test_a_process_without_a_heartbeat_is_starting_first_and_silent_later() -> None:
    beats = without(("feed",), facts().beats)
    young = assemble(facts(beats=beats, lock_age_s=dict.fromkeys(NAMES, 1.0)))
    old = assemble(facts(beats=beats))
    assert [row.state for row in young.processes if row.name == "feed"] == ["warming"]
    assert [(row.state, row.note) for row in old.processes if row.name == "feed"] == [("degraded", "no heartbeat")]


def test_a_process_that_supervisord_gave_up_says_where_to_look() -> None:
    gone = ProcessInfo(name="feed", group="feed", statename="FATAL", pid=0, spawnerr="", exitstatus=78)
    picture = assemble(facts(pids=without(("feed",), facts().pids), supervised={"feed": gone}))
    (feed,) = (row for row in picture.processes if row.name == "feed")
    assert feed.note == "failed too often and is not started again; hftctl logs feed says why"


@pytest.mark.parametrize(
    ("statename", "state", "note"),
    [
        ("STARTING", "warming", "starting"),
        ("RUNNING", "warming", "starting: it has not said anything yet"),
        ("BACKOFF", "down", "ended right after its start; supervisord tries again"),
    ],
)
def test_a_process_that_is_there_and_has_not_come_so_far_is_starting_not_down(
    statename: str, state: str, note: str
) -> None:
    early = ProcessInfo(name="mm", group="strategies", statename=statename, pid=9, spawnerr="", exitstatus=0)
    picture = assemble(facts(pids=without(("mm",), facts().pids), supervised={"mm": early}))
    (process,) = (row for row in picture.processes if row.name == "mm")
    (strategy,) = (row for row in picture.strategies if row.name == "mm")
    assert (process.state, process.note) == (strategy.state, strategy.why) == (state, note)
    assert exit_code(picture) == 4


def test_a_strategy_that_a_person_stopped_is_no_trouble() -> None:
    stopped = ProcessInfo(name="drift", group="strategies", statename="STOPPED", pid=0, spawnerr="", exitstatus=0)
    picture = assemble(facts(pids=without(("drift",), facts().pids), supervised={"drift": stopped}))
    assert picture.strategies[1].why == "stopped by hand; hftctl start drift starts it"
    assert exit_code(picture) == 0


def test_restarts_are_the_starts_after_the_first() -> None:
    picture = assemble(facts(starts={**dict.fromkeys(NAMES, 1), "mm": 4}))
    assert {row.name: row.restarts for row in picture.processes}["mm"] == 3
    assert {row.name: row.restarts for row in picture.processes}["feed"] == 0


def test_a_stranger_that_holds_a_lock_is_shown_and_warned_of() -> None:
    picture = assemble(facts(pids={**facts().pids, "old": 7}, lock_age_s={"old": 9.0}))
    assert picture.processes[-1].name == "old"
    assert any("old" in warning for warning in picture.warnings)


def test_a_dead_supervisord_and_lost_events_are_warned_of() -> None:
    beats = {**facts().beats, "feed": beat("feed", counters={"events_lost": 5})}
    warnings = assemble(facts(supervisor_pid=0, beats=beats)).warnings
    assert any("supervisord is gone" in warning for warning in warnings)
    assert any("feed lost 5 events" in warning for warning in warnings)


@pytest.mark.parametrize(
    ("pids", "age_s", "waiting", "words"),
    [
        (facts().pids, 60.0, 300, "the recorder gives no heartbeat, as when its disk is slow: 300 events wait with"),
        (without(("recorder",), facts().pids), 60.0, 300, "the recorder is down: 300 events wait with their senders"),
        (facts().pids, 1.0, 300, ""),  # it is starting
        (facts().pids, 60.0, 0, ""),
    ],
)
def test_events_that_wait_for_a_silent_recorder_are_counted(
    pids: dict[str, int], age_s: float, waiting: int, words: str
) -> None:
    beats = {**without(("recorder",), facts().beats), "feed": beat("feed", counters={"events_waiting": waiting})}
    warnings = assemble(facts(pids=pids, beats=beats, lock_age_s=dict.fromkeys(NAMES, age_s))).warnings
    found = [warning for warning in warnings if "wait with their senders" in warning]
    assert [warning.startswith(words) for warning in found] == [True] * bool(words)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param(
            {"router": router_status(feed_last_ns=NOW_NS - 13 * NS_PER_S)},
            "no tick for 13 s: no new order goes out on a price older than 2 s",
            id="no ticks",
        ),
        pytest.param(
            {"beats": {**facts().beats, "feed": beat("feed", counters={"halted_symbols": 2})}},
            "2 of 4 symbols are halted at the venue: nothing is entered there",
            id="halts",
        ),
        pytest.param({"halt_latched": True}, "the kill switch is set: nothing trades until hftctl resume", id="halt"),
        pytest.param(
            {"router": router_status(reconciliation="broken", breaks=("SPY: the broker holds 40, the ledgers 39",))},
            "reconciliation is broken: SPY: the broker holds 40, the ledgers 39; hftctl resume takes the broker's word",
            id="a break",
        ),
        pytest.param({"router": router_status(reconciliation="open")}, "reconciliation is open", id="an open one"),
    ],
)
def test_it_runs_and_why_nothing_is_traded_is_answered_in_words(changes: dict[str, Any], words: str) -> None:
    assert words in assemble(facts(**changes)).warnings


@pytest.mark.parametrize("changes", [{"market_open": False}, {"feed_connected": False}, {"feed_last_ns": 0}])
def test_no_ticks_are_no_wonder_when_the_market_is_closed_or_the_feed_down(changes: dict[str, Any]) -> None:
    quiet = router_status(**{"feed_last_ns": NOW_NS - 60 * NS_PER_S, **changes})
    assert not any("no tick" in warning for warning in assemble(facts(router=quiet)).warnings)


def test_a_process_that_is_degraded_by_its_own_word_is_shown_with_its_reason() -> None:
    beats = {**facts().beats, "feed": beat("feed", state=Health.DEGRADED, note="socket mute for 20 s")}
    picture = assemble(facts(beats=beats))
    assert [(row.state, row.note) for row in picture.processes if row.name == "feed"] == [
        ("degraded", "socket mute for 20 s")
    ]
