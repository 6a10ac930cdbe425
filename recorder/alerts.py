"""Which events a person should hear of, and in which words. Pure: events and the time in, alerts out.

The five promised alerts (start, stop, kill switch, strategy disabled, no news stream) are never dropped; all others may
be merged with their like. What needs patience (an order unknown for too long, a feed that stays away, a process that
keeps starting) is watched here, and its end is told too. So is a disk that refuses events: what cannot be written can
still be said.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from hft import events
from hft.clock import NS_PER_S
from recorder.parcels import Alert

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

UNKNOWN_S_MAX = 10
MUTE_S_MAX = 5
CALM_S = 30  # so long without a refusal, and the disk takes events again: what is owed is sent four times a second
SAME_SILENCE_MS = 20_000  # by so much the silence is longer each time that the guardian acts again
STARTS_MAX = 3  # so many starts of one process within
STARTS_WITHIN_S = 60
INFO, WARNING, CRITICAL, GOOD = "info", "warning", "critical", "good"
UNWRITTEN = "record.unwritten"
PROMISED_KINDS: frozenset[type[events.Event]] = frozenset(
    {events.FleetStarted, events.FleetStopping, events.HaltSet, events.StrategyDisabled, events.NewsUnavailable}
)


def tag_of(kind: type[events.Event]) -> str:
    """Return the name of a kind of event, as in `order.filled`."""
    return str(kind.__struct_config__.tag)


PROMISED = frozenset(map(tag_of, PROMISED_KINDS))


def _whose(strategy: str) -> str:
    return f"strategy {strategy}" if strategy else "the account"


def _started(event: events.FleetStarted) -> tuple[str, str]:
    return INFO, (
        f"Fleet started ({event.mode}): {', '.join(event.strategies) or 'no strategy'}"
        f" on {', '.join(event.symbols)}. Launch {event.launch_id}."
    )


def _stopping(event: events.FleetStopping) -> tuple[str, str]:
    return INFO, f"Fleet is shutting down: {event.reason}."


def _halted(event: events.HaltSet) -> tuple[str, str]:
    return CRITICAL, f"Kill switch: {_whose(event.strategy)} is {event.state.value}. {event.reason}"


def _cleared(event: events.HaltCleared) -> tuple[str, str]:
    return GOOD, f"Trading resumed for {_whose(event.strategy)}."


def _disabled(event: events.StrategyDisabled) -> tuple[str, str]:
    return CRITICAL, f"Strategy {event.strategy} is disabled: {event.reason}"


def _no_news(event: events.NewsUnavailable) -> tuple[str, str]:
    return WARNING, f"The news stream is not available: {event.reason}"


def _broken(event: events.ReconcileBroken) -> tuple[str, str]:
    return CRITICAL, (
        f"Reconciliation broken in {event.symbol}: broker {event.broker}, ledgers {event.ledgers},"
        f" unclaimed {event.unclaimed} (off by {event.broker - event.ledgers - event.unclaimed})."
    )


def _amended(event: events.TradeAmended) -> tuple[str, str]:
    return CRITICAL, f"{event.symbol} takes exits only: {event.text}."


def _corrected(event: events.TradeCorrected) -> tuple[str, str]:
    return WARNING, f"{event.strategy}: {event.text}."


def _lifted(event: events.FreezeLifted) -> tuple[str, str]:
    return GOOD, f"{event.symbol} trades again: a person has looked and resumed."


def _split(event: events.SplitSuspected) -> tuple[str, str]:
    return CRITICAL, f"A split? {event.text}"


def _journal_missing(event: events.JournalMissing) -> tuple[str, str]:
    return CRITICAL, event.text[:1].upper() + event.text[1:] + "."


def _locked_out(event: events.AccessLost) -> tuple[str, str]:
    return CRITICAL, f"No order leaves: {event.reason.rstrip('.')}. {event.advice}."


def _let_in(_: events.AccessRestored) -> tuple[str, str]:
    return GOOD, "The broker takes keys and account again."


def _unheard(event: events.FillsUnheard) -> tuple[str, str]:
    return WARNING, (
        f"Trade updates lose fills: of {event.orders} orders, the last {event.last_client_order_id}, only asking told."
        " They are booked. If it goes on: hftctl restart router (a new stream), and look at Alpaca's status page."
    )


WORDS: dict[type[events.Event], Callable[[Any], tuple[str, str]]] = {
    events.FleetStarted: _started,
    events.FleetStopping: _stopping,
    events.HaltSet: _halted,
    events.HaltCleared: _cleared,
    events.StrategyDisabled: _disabled,
    events.NewsUnavailable: _no_news,
    events.ReconcileBroken: _broken,
    events.TradeAmended: _amended,
    events.TradeCorrected: _corrected,
    events.FreezeLifted: _lifted,
    events.SplitSuspected: _split,
    events.JournalMissing: _journal_missing,
    events.AccessLost: _locked_out,
    events.AccessRestored: _let_in,
    events.FillsUnheard: _unheard,
}


class Watch:
    """What is being waited for, and the alerts that follow. `handle` for each event, `wake` for time passing."""

    def __init__(self) -> None:
        self._unknown: dict[str, tuple[events.OrderUnknown, int]] = {}
        self._late: set[str] = set()
        self._mute: tuple[str, int] | None = None
        self._mute_told = False
        self._starts: dict[str, deque[int]] = {}
        self._refused_ns = 0
        self._guarded: events.GuardianActed | None = None
        self._table: dict[type[events.Event], Callable[[Any, int], Iterator[Alert]]] = {
            events.OrderUnknown: self._on_unknown,
            events.OrderResolved: self._on_resolved,
            events.FeedDisconnected: self._on_feed_lost,
            events.FeedConnected: self._on_feed_back,
            events.ProcessStarted: self._on_started,
            events.FleetStopping: self._on_stopping,
            events.GuardianActed: self._on_guardian,
        }

    @property
    def kinds(self) -> list[type[events.Event]]:
        """Return the kinds of events that can call for an alert."""
        return [*WORDS, *self._table]

    def handle(self, event: events.AnyEvent, ts_ns: int, about: str) -> Iterator[Alert]:
        """Return the alerts that an event calls for; `about` names it, `ts_ns` is its time."""
        words = WORDS.get(type(event))
        if words is not None:
            severity, text = words(event)
            kind = tag_of(type(event))
            yield Alert(kind=kind, severity=severity, text=text, about=about, promised=kind in PROMISED)
        handler = self._table.get(type(event))
        if handler is not None:
            yield from handler(event, ts_ns)

    @property
    def is_waiting(self) -> bool:
        """Return whether an alert follows if nothing happens."""
        return bool(self._unknown or (self._mute and not self._mute_told) or self._refused_ns)

    def wake(self, now_ns: int) -> Iterator[Alert]:
        """Return the alerts that are due because nothing happened."""
        for name, (event, since_ns) in self._unknown.items():
            if name not in self._late and now_ns - since_ns > UNKNOWN_S_MAX * NS_PER_S:
                self._late.add(name)
                text = f"Order {name} of {event.strategy} has been unknown for {UNKNOWN_S_MAX} s: {event.reason}"
                yield Alert(kind="order.unknown", severity=CRITICAL, text=text)
        if self._mute and not self._mute_told and now_ns - self._mute[1] > MUTE_S_MAX * NS_PER_S:
            self._mute_told = True
            yield Alert(kind="feed.mute", severity=CRITICAL, text=f"No market data: {self._mute[0]}")
        if self._refused_ns and now_ns - self._refused_ns > CALM_S * NS_PER_S:
            self._refused_ns = 0
            yield Alert(kind=UNWRITTEN, severity=GOOD, text="Events are written again.")

    def refused(self, reason: str, now_ns: int) -> Iterator[Alert]:
        """Return the alert that the disk refuses events; none while it is known already."""
        known, self._refused_ns = self._refused_ns, now_ns
        if not known:
            text = f"Events cannot be written ({reason}); they wait with their senders."
            yield Alert(kind=UNWRITTEN, severity=CRITICAL, text=text)

    def _on_unknown(self, event: events.OrderUnknown, ts_ns: int) -> Iterator[Alert]:
        self._unknown.setdefault(event.client_order_id, (event, ts_ns))
        return iter(())

    def _on_resolved(self, event: events.OrderResolved, ts_ns: int) -> Iterator[Alert]:
        self._unknown.pop(event.client_order_id, None)
        if event.client_order_id in self._late:
            self._late.remove(event.client_order_id)
            text = f"Order {event.client_order_id} is known again: {event.status.value}."
            yield Alert(kind="order.unknown", severity=GOOD, text=text)

    def _on_feed_lost(self, event: events.FeedDisconnected, ts_ns: int) -> Iterator[Alert]:
        self._mute = self._mute or (event.reason, ts_ns)
        return iter(())

    def _on_feed_back(self, _: events.FeedConnected, __: int) -> Iterator[Alert]:
        told, self._mute, self._mute_told = self._mute_told, None, False
        if told:
            yield Alert(kind="feed.mute", severity=GOOD, text="Market data is back.")

    def _on_stopping(self, _: events.FleetStopping, __: int) -> Iterator[Alert]:
        self._mute = None  # a feed that was stopped is not missed
        return iter(())

    def _on_guardian(self, event: events.GuardianActed, _: int) -> Iterator[Alert]:
        """Tell of the first act of a silence, and of one that ends otherwise; it acts every half minute."""
        last, self._guarded = self._guarded, event
        if last is not None and event.ok == last.ok and event.silent_ms - last.silent_ms >= SAME_SILENCE_MS:
            return
        did = "cancelled all orders" if event.ok else f"could not cancel all orders ({event.text})"
        advice = "Positions stay. Look: hftctl status, hftctl logs router; close them: hftctl flatten"
        text = f"The router was silent for {event.silent_ms // 1_000} s, and the guardian {did}. {advice}."
        yield Alert(kind=tag_of(type(event)), severity=CRITICAL, text=text)

    def _on_started(self, event: events.ProcessStarted, ts_ns: int) -> Iterator[Alert]:
        starts = self._starts.setdefault(event.process, deque(maxlen=STARTS_MAX))
        starts.append(ts_ns)
        if len(starts) == STARTS_MAX and 0 <= ts_ns - starts[0] <= STARTS_WITHIN_S * NS_PER_S:
            starts.clear()
            text = f"{event.process} was started {STARTS_MAX} times within {STARTS_WITHIN_S} s."
            yield Alert(kind="restart.loop", severity=CRITICAL, text=text)
