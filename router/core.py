"""The router's core: one message and the time in, the messages that follow out. Pure; all parts meet at the desk.

    intents      what strategies ask                      truth        what the venue says of an order → book
    control      what people ask, and the loss limits     unknowns     orders whose fate is not known
    flatten      cancel, close, verify                    reconcile    broker and book, compared
    gates        what is possible right now               budget       200 requests a minute, by priority
    replies      what follows from what the broker says   disk         what the journal's disk does to trading

Rule: what must survive is a record in the output, and the shell writes records before anything else leaves.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from hft import control as asks
from hft import events, messages, ports
from hft.actor import Report
from hft.words import TradingState
from router import broker, records
from router.assets import Assets
from router.book import Book
from router.central import RECORDER
from router.control import Control
from router.desk import Desk
from router.disk import Disk, DiskFailed, DiskFull, DiskRoomy, DiskSlow, DiskWell
from router.flatten import Flattener
from router.gates import Gates
from router.ids import RESERVED_LEDGERS, UNCLAIMED
from router.intents import Intents
from router.orders import OrdEvent
from router.overdue import overdue
from router.quiet import NOW, PASSING, Quiet
from router.reconcile import Reconciler
from router.replies import Replies
from router.telling import events_of
from router.truth import MARGIN_NS, Truth
from router.unknowns import Unknowns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hft.events import Event
    from router.config import Config

SAVE_EVERY_RECORDS = 20_000
RETOLD_MAX = 100_000
STOP_GRACE_MS = 6_000
AWAY_MS = 5_000  # not woken for so long: stopped, or the machine slept; what was known may be old
CLOCK_BACK_MS_MIN = 60_000
SET_BACK_MS_MIN = 1_000


class History:
    """What was read from the journal: the book, and the events to tell again if the recorder lacks them."""

    def __init__(self, first_index: int = 1) -> None:
        self.book = Book()
        self.book.index = first_index - 1
        self.events: deque[Event] = deque(maxlen=RETOLD_MAX)
        self.since_save = 0

    def add(self, record: records.AnyRecord) -> None:
        """Apply one record and remember its events."""
        name = getattr(record, "client_order_id", "")
        order = self.book.orders.get(name)
        before = order.status if order else None
        self.book.apply(record)
        self.events.extend(events_of(record, self.book, before))
        self.since_save = 0 if isinstance(record, records.BookSaved) else self.since_save + 1


class RouterCore:
    """The router without its sockets."""

    def __init__(self, config: Config, history: History, *, epoch: int, now_ns: int, halt_text: str = "") -> None:
        book = history.book
        first_start, last_ns = not book.epoch, book.last_ns or now_ns
        self._retold = history.events
        self._since_save = history.since_save
        self.config = config
        self.desk = desk = Desk(config, book, now_ns)
        desk.write(records.EpochBegun(at_ns=now_ns, epoch=epoch, birth_ns=book.birth_ns or now_ns))
        self.gates = Gates(desk)
        self.truth = Truth(desk, now_ns if first_start else min(last_ns, now_ns) - MARGIN_NS)
        since_ns = min(last_ns, now_ns)
        self.reconciler = Reconciler(desk, self.gates, self.truth, since_ns=since_ns, first_start=first_start)
        self.unknowns, self.assets = Unknowns(desk), Assets(desk, self.gates)
        self.flattener = Flattener(desk, self.reconciler)
        self.intents = Intents(desk, self.gates)
        self.control = Control(desk, self.gates, self.reconciler, self.flattener)
        self.disk = Disk(desk, self.control)
        self.replies = Replies(
            desk,
            truth=self.truth,
            reconciler=self.reconciler,
            unknowns=self.unknowns,
            assets=self.assets,
            flattener=self.flattener,
            control=self.control,
        )
        self._woke_ns = now_ns
        self.quiet = Quiet(desk, self.gates, self.intents, self.control)
        self._stop_ns = self.strange = 0
        self.control.day_again = last_ns - now_ns > config.ns(CLOCK_BACK_MS_MIN)
        self._handlers: dict[type, Callable[[Any], object]] = self._table()
        self._recover(halt_text)

    def _table(self) -> dict[type, Callable[[Any], object]]:
        desk = self.desk
        return {
            messages.Ticks: desk.market.ticks,
            messages.FeedState: lambda m: desk.market.feed(m, desk.steady_ns),
            messages.News: lambda _: None,  # it comes with the ticks; what follows from it is the strategies' business
            messages.Gap: self._gap,
            messages.Register: self.intents.register,
            messages.NewOrder: self.intents.new_order,
            messages.ReplaceOrder: self.intents.replace_order,
            messages.CancelOrder: self.intents.cancel_order,
            messages.CancelAll: self.intents.cancel_all,
            messages.Beat: self._beat,
            ports.Unreadable: self.intents.unreadable,
            messages.Recorded: lambda m: desk.recorded(m.mark, self._retold),
            asks.GetStatus: self.control.get_status,
            asks.Flatten: self.control.flatten,
            asks.Halt: self.control.halt,
            asks.Resume: self.control.resume,
            asks.Stop: self.control.stop,
            asks.Claim: self.control.claims.claim,
            broker.UpdatesUp: lambda _: self.reconciler.updates_up(),
            broker.UpdatesDown: self.replies.updates_down,
            broker.TradeUpdate: self.replies.trade_update,
            broker.UpdateUnreadable: self.replies.update_unreadable,
            DiskFull: self.disk.full,
            DiskRoomy: self.disk.roomy,
            DiskSlow: self.disk.slow,
            DiskWell: self.disk.well,
            DiskFailed: self.disk.failed,
            broker.RateNoted: lambda m: desk.budget.note(m, desk.steady_ns),
            broker.OrderReply: self.replies.order_reply,
            broker.CancelTaken: lambda _: None,  # the order lives until the venue says otherwise; the chase asks
            broker.AssetReply: self.assets.told,
            broker.OrdersReply: self.reconciler.orders,
            broker.FillsReply: self.reconciler.fills,
            broker.AccountReply: self.reconciler.account,
            broker.ClockReply: self.replies.clock,
            broker.PositionsReply: self.replies.positions,
            broker.BrokerRejected: self.replies.rejected,
            broker.BrokerUnknown: self.replies.unknown,
            broker.NotSent: self.replies.not_sent,
        }

    def _recover(self, halt_text: str) -> None:
        """Take up what the last router left: its orders that were on their way, its latches, its strategies."""
        desk = self.desk
        for order in list(desk.book.working.values()):
            if order.ledger != UNCLAIMED:
                desk.link(order.ledger)
            if not order.order_id:
                desk.move(order, OrdEvent.LOST, text="the router restarted before an answer came")
        taken = {order.replaces for order in desk.book.working.values()}
        for name, order in list(desk.book.working.items()):
            if name not in taken:  # a crash between the last word on its replace and this
                desk.move(order, OrdEvent.REPLACE_REFUSED, text="the router restarted")
        held = {name for name, ledger in desk.book.ledgers.items() if any(position.qty for position in ledger.values())}
        for name in (*self.config.strategies, *sorted(held - RESERVED_LEDGERS)):
            desk.link(name)
        if halt_text and not desk.book.standing.is_halted:
            self.control.latch("", TradingState.HALTED, halt_text)
        elif desk.book.standing.is_halted and not halt_text:
            self.control.latch("", TradingState.HALTED, desk.book.standing.reason)

    # --- the shell's four questions

    def handle(self, message: Any, now_ns: int) -> Iterable[Any]:  # noqa: ANN401 the union of all its streams
        """Return what follows from one message."""
        self._at(now_ns)
        if type(message) is not messages.Ticks:  # while only these come, wakes may be left out
            self._look_whether_away()  # a wish may lie before it when it wakes up, and be heard before the next wake
        self.quiet.hear(message)
        reply = isinstance(message, broker.Reply)
        if reply:
            self.desk.asked.pop(message.ticket, None)
            self.desk.outage.note(message, self.desk.now_ns)
            now_ns = self.desk.steady_ns
            self.replies.round_trip_ns = now_ns - self.desk.sent_ns.pop(message.ticket, now_ns)
        handler = self._handlers.get(type(message))
        if handler is None:
            self.strange += 1  # a peer of ours sent what is not its to say
            return []
        handler(message)
        return self._out() if self.desk.out or type(message) not in PASSING else ()

    def wake(self, now_ns: int) -> Iterable[Any]:
        """Return what follows from time having passed."""
        self._at(now_ns)
        self.desk.wakes += 1
        self._look_whether_away()
        self._woke_ns = self.desk.steady_ns
        if self.desk.steady_ns < self.quiet.until_ns:
            self.control.watch_losses()
            self.control.mark()
            out = self._out(save=True)
            self.quiet.told(out)
            return out
        self._do_what_is_due()
        out = self._out(save=True)
        self.quiet.look(out)
        return out

    def _look_whether_away(self) -> None:
        """Compare with the broker anew where it stood still: what was known may be old."""
        away_ns = self.desk.steady_ns - self._woke_ns
        if away_ns > self.config.ns(AWAY_MS):
            self._woke_ns, self.quiet.until_ns = self.desk.steady_ns, NOW
            self.reconciler.was_away(away_ns)

    def _do_what_is_due(self) -> None:
        self.unknowns.wake()
        self.reconciler.wake()
        self.assets.wake()
        self.desk.amendments.wake()
        self.intents.wake()
        self._halt_broken()
        self.flattener.wake()
        self.control.wake()
        self.desk.cancels.chase()
        for reply in overdue(self.desk):
            self.replies.unknown(reply)

    def idle_wakes(self, now_ns: int, pace_ns: int) -> int:
        """Return how many wakes from here would do nothing if the quiet lasts, and quotes stay within `bands`."""
        return self.quiet.idle_wakes(now_ns, pace_ns)

    def rested(self, wakes: int, now_ns: int) -> None:
        """Take note of idle wakes that were left out; the last of them was at `now_ns`."""
        self.desk.wakes += wakes
        if now_ns > self.desk.now_ns:
            self._at(now_ns)
        self._woke_ns = self.desk.steady_ns - (self.desk.now_ns - now_ns)

    def report(self, now_ns: int) -> Report:
        """Return how the router is."""
        self._at(now_ns)
        state, note = self.control.health()
        book, budget = self.desk.book, self.desk.budget
        counters = {
            "orders_working": len(book.working),
            "orders_unknown": len(book.unknown),
            "requests_last_min": budget.used_last_min(self.desk.steady_ns),
            "records": book.index,
            "fills": book.fills,
            "strange": self.strange + self.intents.strange,
        }
        return Report(state=state, note=note, counters=counters)

    def stop(self, now_ns: int) -> Iterable[Any]:
        """Cancel all of ours before the process ends."""
        self._at(now_ns)
        self._stop_ns = self.desk.steady_ns
        self.quiet.until_ns = NOW
        self.control.stand_down("the router was asked to stop")
        return self._out()

    def is_done(self, now_ns: int) -> bool:
        """Return whether nothing of ours works any more, or the time for it is over."""
        self._at(now_ns)
        waited = self.desk.steady_ns - self._stop_ns >= self.config.ns(STOP_GRACE_MS)
        return waited or not self.control.ours_working()

    def _at(self, now_ns: int) -> None:
        """Take the time; where the clock was set back, trust no quote of before and compare with the broker anew."""
        if (ahead_ns := now_ns - self.desk.now_ns) > self.config.ns(AWAY_MS):
            self.unknowns.was_away(ahead_ns)
        back_ns = self.desk.set_time(now_ns)
        if back_ns:
            self.quiet.until_ns = NOW
        if back_ns > self.config.ns(SET_BACK_MS_MIN):
            self.desk.market.quotes.clear()
            self.desk.warn("clock", f"the clock was set back by {round(back_ns / self.config.ns(1_000))} s")
            self.reconciler.begin_again("the clock was set back")

    def _out(self, *, save: bool = False) -> list[Any]:
        self.desk.release()
        out = self.desk.flush()
        self._since_save += sum(1 for item in out if isinstance(item, records.Record))
        if save and self._since_save >= SAVE_EVERY_RECORDS:
            self._since_save = 0  # as the last of a turn: the saved book is encoded after everything that it holds
            self.desk.write(self.desk.book.saved(self.desk.now_ns))
            out += self.desk.flush()
        return out

    # --- market data

    def _beat(self, beat: messages.Beat) -> None:
        if beat.process == RECORDER:
            self.desk.central.hear(beat.counters, self.desk.steady_ns)
        else:
            self.intents.beat(beat)

    def _gap(self, gap: messages.Gap) -> None:
        if gap.stream == "ticks" and gap.missed:
            market = self.desk.market
            market.feed_gaps += gap.missed
            self.desk.tell(events.TicksMissed(reader="router", missed=gap.missed, total=market.feed_gaps))

    def _halt_broken(self) -> None:
        """Halt strategies that flood us with what must be refused, until a person has looked."""
        broken, self.intents.broken = self.intents.broken, []
        for name in broken:
            if not self.desk.latch(name).is_halted:
                self.control.disable(name, "it sent nothing but what was refused, a thousand times in ten seconds")
