"""The core of a strategy process: the handshake with the router, the books in step, ticks to the family.

It registers, is answered by a Snapshot, and trades only on a Snapshot of its own epoch. Updates are numbered: one that
is missing, another router epoch, or a doubt that lasts, and it registers again and takes all from the new Snapshot.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hft import messages
from hft.clock import NS_PER_MS
from hft.events import StrategyDisabled, TicksMissed
from hft.words import OrdStatus, Refusal, TradingState
from strategies.sdk.hand import encoded
from strategies.sdk.memory import Memory, remember
from strategies.sdk.standing import Standing, standing_of
from strategies.sdk.strategy import Strategy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from hft.events import Event
    from hft.messages import Message

WAKE_MS = 100
STOP_WAKES_MAX = 15
KEEP_EVERY_WAKES = 600
RESYNC_ON = frozenset({Refusal.NOT_REGISTERED, Refusal.SEQ_GAP, Refusal.UNKNOWN_ORDER})


class StrategyCore:
    """One family at its desk, given messages and the time."""

    def __init__(self, strategy: Strategy[Any], *, pid: int = 0) -> None:
        self.strategy, self.desk, self.pid = strategy, strategy.desk, pid
        self.link = self.desk.link
        self.headlines = self.ticks = self.late_ticks = self.missed_ticks = self.fills = self.orders = 0
        self._keep_in = KEEP_EVERY_WAKES
        self._watched = frozenset(self.desk.symbols)
        self.desk.closed_because = self.link.closed_because
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
        self.link.woken()
        self.desk.closed_because = self.link.closed_because
        self.desk.begin(self.strategy.params.settle_s)
        yield from self._keep_registered()
        if self.desk.told_disabled != self.desk.disabled_because:
            self.desk.told_disabled = self.desk.disabled_because
            yield StrategyDisabled(strategy=self.desk.name, reason=self.desk.told_disabled)
        if self.link.synced:
            yield from self._freeze()
            yield from self.strategy.on_timer()
            yield from self.desk.settle()
        self._keep_in -= 1
        if not self._keep_in:
            yield from self._kept()  # last: what is heard from here on follows it

    def idle_wakes(self, now_ns: int, pace_ns: int) -> int:
        """Return how many wakes from here would do nothing but count, if nothing but ticks is heard before."""
        desk, link = self.desk, self.link
        if desk.is_busy or self._is_timed or not link.synced or link.stopping:
            return 0
        if link.is_behind or desk.told_disabled != desk.disabled_because:
            return 0
        if desk.closed_because != link.closed_because:
            return 0
        window = (desk.blackout.changes_ns(now_ns) - now_ns - 1) // pace_ns
        return max(min(link.idle_wakes_max(waits=self._waits_for_news), self._keep_in - 1, window), 0)

    def rested(self, wakes: int, now_ns: int) -> None:
        """Count wakes that were left out, because they were idle; the last of them was at `now_ns`."""
        self.desk.now_ns = now_ns
        self.link.rested(wakes, waits=self.desk.state is not TradingState.ACTIVE)  # no order worked, whatever does now
        self._keep_in -= wakes

    def stop(self, now_ns: int) -> Iterator[Message | Event | Memory]:
        """Return the cancel of everything; from now on nothing new is asked for."""
        self.desk.now_ns, self.link.stopping = now_ns, True
        self.desk.closed_because = self.link.closed_because
        yield from self._kept()
        if self.link.synced and len(self.desk.orders):
            yield from self.desk.cancel_all()

    def _kept(self) -> Iterator[Memory]:
        self._keep_in = KEEP_EVERY_WAKES
        objects = self.strategy.memory() if self.strategy.is_keeping else {}
        if objects:
            hand = b"" if self.link.stopping else encoded(self.desk)
            yield remember(self.desk.name, objects, self.desk.now_ns, hand)

    def is_done(self, _: int) -> bool:
        """Return whether no order of ours is left, or we have waited long enough (the router cancels the rest)."""
        return not self.link.synced or not len(self.desk.orders) or self.link.stop_wakes >= STOP_WAKES_MAX

    def standing(self) -> Standing:
        """Return state, one line of reason, counters, gates and activity."""
        counted = {
            "ticks": self.ticks,
            "ticks_late": self.late_ticks,
            "ticks_missed": self.missed_ticks,
            "headlines": self.headlines,
            "orders": self.orders,
            "fills": self.fills,
        }
        return standing_of(self.strategy, counted)

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
        link = self.link
        lost = link.feed_connected and not state.connected
        link.feed_connected, link.feed_seen, link.feed_wakes = state.connected, True, 0
        self.desk.news = state.news
        self.desk.closed_because = self.link.closed_because
        if lost and link.synced and len(self.desk.orders):
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
        if window.from_ns and window.from_ns != self.desk.frozen_ns:
            self.desk.frozen_ns = window.from_ns
            for symbol in self.desk.symbols:
                yield from self._take_back(symbol)

    def _take_back(self, symbol: str) -> Iterator[Message]:
        if (
            self.desk.freezes
            and self.link.synced
            and self.desk.phase.takes_entries
            and self.desk.orders.in_symbol(symbol)
        ):
            yield from self.desk.cancel_all(symbol)

    def _on_gap(self, gap: messages.Gap) -> Iterator[Event]:
        if gap.stream == "updates":
            self._resync()
        elif gap.stream == "ticks" and gap.missed:
            self.missed_ticks += gap.missed
            yield TicksMissed(reader=self.desk.name, missed=gap.missed, total=self.missed_ticks)

    # --- the router

    def _keep_registered(self) -> Iterator[Message]:
        if self.link.look_for_doubt(self.desk.orders, waits=self._waits_for_news):
            self._resync()
        if self.link.registers_now():
            yield messages.Register(strategy=self.desk.name, epoch=self.desk.epoch, pid=self.pid)

    @property
    def _waits_for_news(self) -> bool:
        return bool(len(self.desk.orders)) or self.desk.state is not TradingState.ACTIVE

    def _resync(self) -> None:
        self.link.lost()
        self.desk.closed_because = self.link.closed_because

    def _on_snapshot(self, snapshot: messages.Snapshot) -> Iterator[Message]:
        link = self.link
        if snapshot.epoch != self.desk.epoch:
            return
        if link.synced and snapshot.router_epoch == link.router_epoch:
            link.promised_seq = snapshot.updates_seq  # were there any that we have not heard?
            return
        link.restored(snapshot)
        self.desk.orders.restored(snapshot)
        self.desk.state, self.desk.state_reason = snapshot.state, snapshot.reason
        self.desk.closed_because = link.closed_because
        early, link.early = link.early, []
        for update in early:
            yield from self._on_update(update)
        if link.stopping and len(self.desk.orders):
            yield from self.desk.cancel_all()

    def _on_update(self, update: messages.ExecutionReport | messages.StateChanged) -> Iterator[Message]:
        """Take the next update; keep those that come before the Snapshot, which says from where they count."""
        link = self.link
        if not link.synced:
            link.waits(update)
            return
        if update.router_epoch == link.router_epoch and update.seq <= link.updates_seq:
            return
        if update.router_epoch != link.router_epoch or update.seq != link.updates_seq + 1:
            self._resync()
            link.early.append(update)
            return
        link.updates_seq, link.doubt_wakes, link.quiet_wakes = update.seq, 0, 0
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
        self.link.answered()
        self.orders += bool(answer.client_order_id)
        self.desk.orders.accepted(answer)
        return ()

    def _on_refused(self, answer: messages.Refused) -> Iterable[Message]:
        self.link.answered()
        taken_back = self.desk.refused(answer)
        self.link.fenced = self.link.fenced or answer.reason is Refusal.OLD_EPOCH
        if answer.reason in RESYNC_ON or self.link.fenced:
            self._resync()
        return taken_back

    def _on_beat(self, beat: messages.Beat) -> Iterable[Message]:
        """Note that the router lives; in another epoch than our Snapshot's, it does not know us."""
        self.link.router_seen, self.link.router_wakes = True, 0
        if self.link.synced and beat.epoch != self.link.router_epoch:
            self._resync()
        return ()
