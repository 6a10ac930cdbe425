"""Who hears of what: words, patience, and a queue that cannot grow."""

from __future__ import annotations

import pytest

from hft import events
from hft.words import OrdStatus, TradingState
from recorder.alertqueue import CONTENT_CHARS_MAX, KINDS_MAX, PROMISED_MAX, AlertQueue, Waiting, content_of
from recorder.alerts import PROMISED, Watch, tag_of
from recorder.parcels import Alert
from tests.recorder.samples import MONDAY_NS, S

HALT = events.HaltSet(strategy="", state=TradingState.HALTED, reason="daily loss 1,000.00 reached")
UNKNOWN = events.OrderUnknown(strategy="mm", client_order_id="h1-mm-1-1", reason="504")
RESOLVED = events.OrderResolved(strategy="mm", client_order_id="h1-mm-1-1", status=OrdStatus.FILLED, unknown_ms=1.0)
LOST = events.FeedDisconnected(reason="mute for 16 s")
BACK = events.FeedConnected(symbols=("SPY",), reconnects=1)


def told(watch: Watch, *happened: events.AnyEvent, at_ns: int = MONDAY_NS) -> list[Alert]:
    return [alert for event in happened for alert in watch.handle(event, at_ns, "router/1/1")]


@pytest.mark.parametrize(
    "event",
    [
        events.FleetStarted(launch_id="L", mode="sim", strategies=("mm",), symbols=("SPY",)),
        events.FleetStopping(reason="asked"),
        HALT,
        events.StrategyDisabled(strategy="mm", reason="three crashes"),
        events.NewsUnavailable(reason="403"),
    ],
)
def test_the_five_promised_alerts_are_promised(event: events.AnyEvent) -> None:
    (alert,) = told(Watch(), event)
    assert (alert.kind, alert.promised, alert.about) == (tag_of(type(event)), True, "router/1/1")
    assert alert.kind in PROMISED


def test_a_kill_switch_says_whose_and_why() -> None:
    (alert,) = told(Watch(), HALT)
    assert "the account is HALTED" in alert.text
    assert "daily loss 1,000.00 reached" in alert.text


def test_a_broken_reconciliation_says_by_how_much() -> None:
    (alert,) = told(Watch(), events.ReconcileBroken(symbol="SPY", ledgers=10, unclaimed=5, broker=12))
    assert "off by -3" in alert.text


def test_a_split_is_an_alert_of_its_own() -> None:
    (alert,) = told(
        Watch(), events.SplitSuspected(symbol="SPY", new=2, old=1, ledgers=20, broker=40, text="40 SPY at the broker")
    )
    assert (alert.kind, alert.severity, alert.text) == ("split.suspected", "critical", "A split? 40 SPY at the broker")


def test_a_journal_that_is_gone_is_an_alert_with_what_to_do() -> None:
    (alert,) = told(Watch(), events.JournalMissing(text="the router's journal is gone"))
    assert (alert.kind, alert.severity, alert.text) == ("journal.missing", "critical", "The router's journal is gone.")


def test_a_broker_that_shuts_us_out_is_told_with_what_to_do_and_its_end_too() -> None:
    watch = Watch()
    (lost,) = told(watch, events.AccessLost(reason="the broker refuses the keys: 401 unauthorized.", advice="New keys"))
    assert (lost.kind, lost.severity) == ("access.lost", "critical")
    assert lost.text == "No order leaves: the broker refuses the keys: 401 unauthorized. New keys."
    (good,) = told(watch, events.AccessRestored())
    assert (good.kind, good.severity) == ("access.restored", "good")


def test_fills_that_the_stream_does_not_tell_of_are_told_with_what_to_do() -> None:
    (alert,) = told(Watch(), events.FillsUnheard(orders=3, last_client_order_id="h1-mm-1-1"))
    assert (alert.kind, alert.severity) == ("fills.unheard", "warning")
    for part in ("of 3 orders", "h1-mm-1-1", "They are booked", "hftctl restart router"):
        assert part in alert.text, part


def test_a_guardian_that_acts_is_told_once_for_each_silence_and_when_it_ends_otherwise() -> None:
    watch = Watch()
    acts = [(11_000, True), (41_500, True), (72_000, False), (103_000, False), (10_900, True), (11_100, True)]
    found = [
        [alert.text for alert in told(watch, events.GuardianActed(silent_ms=silent_ms, ok=ok, text="no answer"))]
        for silent_ms, ok in acts
    ]
    assert [len(texts) for texts in found] == [1, 0, 1, 0, 1, 1]
    assert "was silent for 11 s, and the guardian cancelled all orders." in found[0][0]
    assert "could not cancel all orders (no answer)" in found[2][0]
    assert "hftctl flatten" in found[2][0]


def test_an_order_that_is_unknown_for_too_long_is_told_once_and_its_end_too() -> None:
    watch = Watch()
    assert told(watch, UNKNOWN) == []
    assert list(watch.wake(MONDAY_NS + 10 * S)) == []
    (alert,) = watch.wake(MONDAY_NS + 11 * S)
    assert "h1-mm-1-1" in alert.text
    assert list(watch.wake(MONDAY_NS + 12 * S)) == []
    (good,) = told(watch, RESOLVED)
    assert (good.kind, good.severity) == (alert.kind, "good")


def test_an_order_that_is_resolved_in_time_is_not_worth_an_alert() -> None:
    watch = Watch()
    assert told(watch, UNKNOWN, RESOLVED) == []
    assert list(watch.wake(MONDAY_NS + 60 * S)) == []


def test_a_feed_that_stays_away_is_told_and_its_return_too() -> None:
    watch = Watch()
    assert told(watch, LOST) == []
    (alert,) = watch.wake(MONDAY_NS + 6 * S)
    assert alert.text == "No market data: mute for 16 s"
    assert [good.text for good in told(watch, BACK)] == ["Market data is back."]
    assert told(watch, LOST, BACK) == []


def test_three_starts_within_a_minute_are_a_loop() -> None:
    watch, start = Watch(), events.ProcessStarted(process="mm", pid=1, version="", config_hash="")
    assert told(watch, start) == []
    assert told(watch, start, at_ns=MONDAY_NS + 20 * S) == []
    (alert,) = told(watch, start, at_ns=MONDAY_NS + 40 * S)
    assert "mm was started 3 times" in alert.text


def alert(kind: str, text: str = "", *, promised: bool = False) -> Alert:
    return Alert(kind=kind, severity="info", text=text, promised=promised)


def taken(queue: AlertQueue) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    while (waiting := queue.take()) is not None:
        found.append((waiting.alert.text, waiting.count))
    return found


def test_promised_alerts_keep_their_order_and_go_first() -> None:
    queue = AlertQueue()
    for text in ("a", "b"):
        queue.put(alert("other", text))
        queue.put(alert("halt.set", text, promised=True))
    assert taken(queue) == [("a", 1), ("b", 1), ("b", 2)]


def test_no_number_of_alerts_makes_it_grow_without_bound() -> None:
    queue = AlertQueue()
    for number in range(1_000):
        queue.put(alert(f"kind.{number}"))
        queue.put(alert("halt.set", promised=True))
    assert len(queue) == PROMISED_MAX + KINDS_MAX
    assert queue.dropped == 1_000 - KINDS_MAX
    assert sum(count for _, count in taken(queue)[:PROMISED_MAX]) == 1_000


def test_a_message_is_never_longer_than_discord_takes() -> None:
    content = content_of(Waiting(alert("halt.set", "x" * 5_000)), "host")
    assert len(content) == CONTENT_CHARS_MAX
    assert "3 of this kind" in content_of(Waiting(alert("halt.set", "x"), 3), "host")
