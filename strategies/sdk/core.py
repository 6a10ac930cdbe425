"""The core of a strategy process: the handshake with the router, the books in step, ticks to the family.

It registers, is answered by a Snapshot, and trades only on a Snapshot of its own epoch. Updates are numbered: one that
is missing, another router epoch, or a doubt that lasts, and it registers again and takes all from the new Snapshot.
Rule: intervals are counted in wakes, which the shell makes at a steady pace, because market time may run faster.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hft import messages
from hft.clock import NS_PER_MS
from hft.events import StrategyDisabled, TicksMissed
from hft.words import Health, OrdStatus, Refusal, TradingState
from strategies.sdk.gates import BLACKOUT
from strategies.sdk.memory import Memory, remember
from strategies.sdk.situation import Standing, gates_of
from strategies.sdk.strategy import Strategy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from hft.events import Event
    from hft.messages import Message

WAKE_MS = 100
REGISTER_EVERY_WAKES = 5
SILENT_WAKES_MAX = 30  # the router's beat, or the feed's: half a second is usual
DOUBT_WAKES_MAX = 30
AUDIT_WAKES = 50  # without news of what works, or of why nothing may: ask whether there was any
BEHIND_WAKES_MAX = 5  # an update and a Snapshot come through different sockets
STOP_WAKES_MAX = 15
KEEP_EVERY_WAKES = 600
EARLY_UPDATES_MAX = 10_000
RESYNC_ON = frozenset({Refusal.NOT_REGISTERED, Refusal.SEQ_GAP, Refusal.UNKNOWN_ORDER})


class StrategyCore:
    """One family at its desk, given messages and the time."""

    def __init__(self, strategy: Strategy[Any], *, pid: int = 0) -> None:
        self.strategy, self.desk, self.pid = strategy, strategy.desk, pid
        self.router_epoch = self.updates_seq = 0
        self.headlines = self.ticks = self.late_ticks = self.missed_ticks = self.fills = self.orders = self.resyncs = 0
        self._synced = self._stopping = self._fenced = False
        self._early: list[messages.ExecutionReport | messages.StateChanged] = []
        self._register_in = self._doubt_wakes = self._stop_wakes = 0
        self._quiet_wakes = self._behind_wakes = self._promised_seq = 0
        self._keep_in = KEEP_EVERY_WAKES
        self._router_wakes = self._feed_wakes = 0  # since the last beat; counted only once there was one
        self._router_seen = self._feed_seen = False
        self._feed_connected = True
        self._told_disabled = ""
        self._frozen_ns = 0  # the scheduled window for which everything was taken back
        self._watched = frozenset(self.desk.symbols)
        self.desk.closed_because = self._closed_because()
        self._late_ns = strategy.params.late_after_ms * NS_PER_MS
        self._is_timed = type(strategy).on_timer is not Strategy.on_timer
        self._handlers: dict[type, Callable[[Any], Iterable[Message | Event]]] = {
            messages.Ticks: self._on_ticks,
            messages.FeedState: self._on_feed_state,
            messages.News: self._on_news,
            messages.Snapshot: self._on_snapshot,
            messages.Accepted: self._on_accepted,
            messages.Refused: self._on_refused,
            messages.ExecutionReport: self._on_update,
            messages.StateChanged: self._on_update,
            messages.Beat: self._on_beat,
            messages.Gap: self._on_gap,
            messages.Recorded: lambda _: (),
        }
        self._tick_handlers: dict[type, Callable[[Any], Iterable[Message]]] = {
            messages.Quote: self._on_quote,
            messages.Trade: strategy.on_trade,
            messages.Bar: strategy.on_bar,
            messages.Status: self._on_status,
        }

    # --- what the shell calls

    def handle(self, message: Message, now_ns: int) -> Iterable[Message | Event]:
        """Return what follows from one message."""
        self.desk.now_ns = now_ns
        return self._handlers[type(message)](message)

    def wake(self, now_ns: int) -> Iterator[Message | Event | Memory]:
        """Return what follows from a little time having passed."""
        self.desk.now_ns = now_ns
        self._router_wakes += self._router_seen
        self._feed_wakes += self._feed_seen
        self._stop_wakes += self._stopping
        self.desk.closed_because = self._closed_because()
        self.desk.begin(self.strategy.params.settle_s)
        yield from self._keep_registered()
        if self._told_disabled != self.desk.disabled_because:
            self._told_disabled = self.desk.disabled_because
            yield StrategyDisabled(strategy=self.desk.name, reason=self._told_disabled)
        self._keep_in -= 1
        if not self._keep_in:
            yield from self._kept()
        if not self._synced:
            return
        yield from self._freeze()
        yield from self.strategy.on_timer()
        yield from self.desk.settle()

    def idle_wakes(self, now_ns: int, pace_ns: int) -> int:
        """Return how many wakes from here would do nothing but count, if nothing but ticks is heard before."""
        desk = self.desk
        if desk.is_busy or self._is_timed or not self._synced or self._stopping:
            return 0
        if self.updates_seq < self._promised_seq or self._told_disabled != desk.disabled_because:
            return 0
        if desk.closed_because != self._closed_because():
            return 0
        silent = SILENT_WAKES_MAX - max(self._router_wakes, self._feed_wakes)
        window = (desk.blackout.changes_ns(now_ns) - now_ns - 1) // pace_ns
        audit = AUDIT_WAKES - self._quiet_wakes if self._waits_for_news else silent
        return max(min(silent - 1, self._keep_in - 1, audit - 1, window), 0)

    def rested(self, wakes: int, now_ns: int) -> None:
        """Count wakes that were left out, because they were idle; the last of them was at `now_ns`."""
        self.desk.now_ns = now_ns
        self._router_wakes += wakes * self._router_seen
        self._feed_wakes += wakes * self._feed_seen
        self._keep_in -= wakes
        self._quiet_wakes = self._quiet_wakes + wakes if self._waits_for_news else 0
        self._doubt_wakes = self._behind_wakes = 0

    def stop(self, now_ns: int) -> Iterator[Message | Event | Memory]:
        """Return the cancel of everything; from now on nothing new is asked for."""
        self.desk.now_ns, self._stopping = now_ns, True
        self.desk.closed_because = self._closed_because()
        yield from self._kept()
        if self._synced and len(self.desk.orders):
            yield from self.desk.cancel_all()

    def _kept(self) -> Iterator[Memory]:
        self._keep_in = KEEP_EVERY_WAKES
        objects = self.strategy.memory() if self.strategy.is_keeping else {}
        if objects:
            yield remember(self.desk.name, objects, self.desk.now_ns)

    def is_done(self, _: int) -> bool:
        """Return whether no order of ours is left, or we have waited long enough (the router cancels the rest)."""
        return not self._synced or not len(self.desk.orders) or self._stop_wakes >= STOP_WAKES_MAX

    def standing(self) -> Standing:
        """Return state, one line of reason, counters, gates and activity."""
        ready = self._synced and self._router_wakes < SILENT_WAKES_MAX
        orders = self.desk.orders
        return Standing(
            state=Health.READY if ready else Health.WARMING if not self.resyncs else Health.DEGRADED,
            note=self._note(),
            counters={
                "ticks": self.ticks,
                "ticks_late": self.late_ticks,
                "ticks_missed": self.missed_ticks,
                "headlines": self.headlines,
                "orders": self.orders,
                "fills": self.fills,
                "working": len(orders),
                "refusals": self.desk.refusals,
                "resyncs": self.resyncs,
                **{f"suppressed:{why}": count for why, count in sorted(self.desk.suppressed.items())},
            },
            gates=(*self.strategy.gates(), *gates_of(self.desk, self.desk.symbols)),
            activity=self._activity(),
        )

    # --- ticks

    def _on_ticks(self, batch: messages.Ticks) -> Iterable[Message]:
        """Take a batch; one tick in time, the usual case, goes straight to its handler."""
        ticks = self.desk.unheard(batch) if batch.snapshot else batch.ticks
        if not ticks or ticks[0].symbol not in self._watched:
            return ()  # a process subscribes to its own symbols only; a replay may show it all
        self.ticks += len(ticks)
        if len(ticks) == 1 and ticks[0].recv_ns >= self.desk.now_ns - self._late_ns:
            return self._tick_handlers[type(ticks[0])](ticks[0])
        return self._on_several(ticks)

    def _on_several(self, ticks: tuple[messages.Tick, ...]) -> list[Message]:
        """Let every tick teach; only the newest of its kind, and only in time, may trade."""
        desk, handlers = self.desk, self._tick_handlers
        oldest_ns = desk.now_ns - self._late_ns
        newest = {type(tick): tick for tick in ticks}
        out: list[Message] = []
        for tick in ticks:
            kind = type(tick)
            in_time = tick.recv_ns >= oldest_ns
            self.late_ticks += not in_time
            desk.acting = in_time and newest[kind] is tick
            out += handlers[kind](tick)
        desk.acting = True
        return out

    def _on_quote(self, quote: messages.Quote) -> Iterable[Message]:
        self.desk.quotes[quote.symbol] = quote
        return self.strategy.on_quote(quote)

    def _on_status(self, status: messages.Status) -> Iterable[Message]:
        (self.desk.halted.add if status.halted else self.desk.halted.discard)(status.symbol)
        return self.strategy.on_status(status)

    def _on_feed_state(self, state: messages.FeedState) -> Iterator[Message]:
        lost = self._feed_connected and not state.connected
        self._feed_connected, self._feed_seen, self._feed_wakes = state.connected, True, 0
        self.desk.news = state.news
        self.desk.closed_because = self._closed_because()
        if lost and self._synced and len(self.desk.orders):
            yield from self.desk.cancel_all()

    # --- headlines

    def _on_news(self, news: messages.News) -> Iterator[Message]:
        """Let the symbols of a headline go dark; take back what rests there, if the family is one that quotes."""
        self.headlines += 1
        for symbol in self.desk.blackout.hear(news, self._watched):
            yield from self._take_back(symbol)
        yield from self.strategy.on_news(news)

    def _freeze(self) -> Iterator[Message]:
        """Take back what rests when a scheduled window begins, once."""
        window = self.desk.blackout.scheduled(self.desk.now_ns)
        if window.from_ns and window.from_ns != self._frozen_ns:
            self._frozen_ns = window.from_ns
            for symbol in self.desk.symbols:
                yield from self._take_back(symbol)

    def _take_back(self, symbol: str) -> Iterator[Message]:
        if self.desk.freezes and self._synced and self.desk.phase.takes_entries and self.desk.orders.in_symbol(symbol):
            yield from self.desk.cancel_all(symbol)

    def _on_gap(self, gap: messages.Gap) -> Iterator[Event]:
        if gap.stream == "updates":
            self._resync()
        elif gap.stream == "ticks" and gap.missed:
            self.missed_ticks += gap.missed
            yield TicksMissed(reader=self.desk.name, missed=gap.missed, total=self.missed_ticks)

    # --- the router

    def _keep_registered(self) -> Iterator[Message]:
        self._look_for_doubt()
        if self._synced and self._quiet_wakes >= AUDIT_WAKES:
            self._quiet_wakes = 0
            yield self._register()
        if self._synced or self._fenced:
            return
        self._register_in -= 1
        if self._register_in < 0:
            self._register_in = REGISTER_EVERY_WAKES
            yield self._register()

    def _register(self) -> messages.Register:
        return messages.Register(strategy=self.desk.name, epoch=self.desk.epoch, pid=self.pid)

    def _look_for_doubt(self) -> None:
        """Count how long something has been waiting for an answer while none came; too long, and ask for it all."""
        waiting = any(order.is_in_doubt for order in self.desk.orders)
        self._doubt_wakes = self._doubt_wakes + 1 if waiting and self._synced else 0
        self._quiet_wakes = self._quiet_wakes + 1 if self._waits_for_news else 0
        self._behind_wakes = self._behind_wakes + 1 if self.updates_seq < self._promised_seq else 0
        if self._doubt_wakes >= DOUBT_WAKES_MAX or self._behind_wakes >= BEHIND_WAKES_MAX:
            self._resync()

    @property
    def _waits_for_news(self) -> bool:
        return bool(len(self.desk.orders)) or self.desk.state is not TradingState.ACTIVE

    def _resync(self) -> None:
        self.resyncs += self._synced
        self._synced = False
        self._register_in = self._doubt_wakes = 0
        self.desk.closed_because = self._closed_because()

    def _on_snapshot(self, snapshot: messages.Snapshot) -> Iterator[Message]:
        if snapshot.epoch != self.desk.epoch:
            return
        if self._synced and snapshot.router_epoch == self.router_epoch:
            self._promised_seq = snapshot.updates_seq  # were there any that we have not heard?
            return
        self.router_epoch, self.updates_seq = snapshot.router_epoch, snapshot.updates_seq
        self._promised_seq = self._behind_wakes = self._quiet_wakes = 0
        self.desk.orders.restored(snapshot)
        self.desk.state, self.desk.state_reason = snapshot.state, snapshot.reason
        self._synced, self._doubt_wakes = True, 0
        self.desk.closed_because = self._closed_because()
        early, self._early = self._early, []
        for update in early:
            yield from self._on_update(update)
        if self._stopping and len(self.desk.orders):
            yield from self.desk.cancel_all()

    def _on_update(self, update: messages.ExecutionReport | messages.StateChanged) -> Iterator[Message]:
        """Take the next update; keep those that come before the Snapshot, which says from where they count."""
        if not self._synced:
            if len(self._early) < EARLY_UPDATES_MAX:
                self._early.append(update)
            return
        if update.router_epoch == self.router_epoch and update.seq <= self.updates_seq:
            return
        if update.router_epoch != self.router_epoch or update.seq != self.updates_seq + 1:
            self._resync()
            self._early.append(update)
            return
        self.updates_seq, self._doubt_wakes, self._quiet_wakes = update.seq, 0, 0
        if isinstance(update, messages.StateChanged):
            yield from self._on_state(update)
        else:
            yield from self._on_report(update)

    def _on_report(self, report: messages.ExecutionReport) -> Iterator[Message]:
        order = self.desk.orders.reported(report, self.desk.now_ns)
        if report.last_qty:
            self.fills += 1
            self.desk.filled(report.symbol)
        if report.status is OrdStatus.REJECTED and report.replaces:
            self.desk.not_moved(report.symbol, report.side)
        elif order is not None and report.status is OrdStatus.REJECTED:
            self.desk.rest(report.symbol, report.side, Refusal.BAD_ORDER, report.text or "rejected by the venue")
        yield from self.strategy.on_report(report)
        if report.status.is_terminal:
            yield from self.desk.settle()

    def _on_state(self, change: messages.StateChanged) -> Iterator[Message]:
        self.desk.state, self.desk.state_reason = change.state, change.reason
        if change.state is TradingState.HALTED and len(self.desk.orders):
            yield from self.desk.cancel_all()

    def _on_accepted(self, answer: messages.Accepted) -> Iterable[Message]:
        self._doubt_wakes = 0
        self.orders += bool(answer.client_order_id)
        self.desk.orders.accepted(answer)
        return ()

    def _on_refused(self, answer: messages.Refused) -> Iterable[Message]:
        self._doubt_wakes = 0
        taken_back = self.desk.refused(answer)
        self._fenced = self._fenced or answer.reason is Refusal.OLD_EPOCH
        if answer.reason in RESYNC_ON or self._fenced:
            self._resync()
        return taken_back

    def _on_beat(self, beat: messages.Beat) -> Iterable[Message]:
        """Note that the router lives; in another epoch than our Snapshot's, it does not know us."""
        self._router_seen, self._router_wakes = True, 0
        if self._synced and beat.epoch != self.router_epoch:
            self._resync()
        return ()

    # --- in words

    def _closed_because(self) -> str:
        if self._fenced:
            return "a newer run of this strategy has registered"
        if self._stopping:
            return "stopping"
        if not self._synced:
            return "waiting for the router to register us"
        if self._router_wakes >= SILENT_WAKES_MAX:
            return "the router is silent"
        if not self._feed_connected or self._feed_wakes >= SILENT_WAKES_MAX:
            return "the feed is down"
        return ""

    def _note(self) -> str:
        desk = self.desk
        if desk.closed_because or desk.disabled_because:
            return desk.closed_because or f"disabled: {desk.disabled_because}"
        if desk.unwatched and not desk.symbols:
            return f"{', '.join(desk.unwatched)}: not among the fleet's symbols"
        if desk.state is not TradingState.ACTIVE:
            return f"{desk.state.lower()}: {desk.state_reason}"
        why = self.strategy.why()
        dark = desk.blackout.told(desk.symbols, desk.now_ns)
        if dark:
            why = f"{dark}; {why}" if why else dark
        if desk.in_the_way and not len(desk.orders) and not (dark and desk.in_the_way.startswith(BLACKOUT)):
            why = f"held back by {desk.in_the_way}; {why}"  # what it would quote is not why nothing rests
        return why if desk.phase.takes_entries else f"{desk.phase}; {why}"

    def _activity(self) -> str:
        desk = self.desk
        if desk.disabled_because or desk.state is TradingState.HALTED or self._fenced:
            return "disabled"
        if desk.state is TradingState.REDUCING:
            return "paused"
        if not self._synced or not self.strategy.is_warm or desk.settling_s:
            return "warming"
        busy = len(desk.orders) or any(desk.orders.positions.values())
        return "trading" if busy else "idle"
