"""The control socket's requests: halt, resume, flatten, stop, status. Always answered.

Rule: a halt is durable before it is answered: in the journal and, for the account, in the HALT file that every order
path reads. Only a person's resume opens it, and what it opens starts a new count of the day's losses.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from hft import events
from hft.clock import NS_PER_MS, NS_PER_S
from hft.control import Done, Flatten, GetStatus, Halt, Resume, Stop
from hft.messages import Message
from hft.words import Health, TradingState
from risk.state import ACTIVE, stricter
from router import records
from router.claims import Claims
from router.day import day_of, time_of
from router.gates import slow_disk
from router.ids import RESERVED_LEDGERS, UNCLAIMED
from router.jumps import Jumps
from router.lockout import Lockout
from router.orders import Purpose
from router.status import status

if TYPE_CHECKING:
    from risk.state import Standing
    from router.desk import Desk
    from router.flatten import Flattener
    from router.gates import Gates
    from router.orders import Order
    from router.reconcile import Reconciler

LOSS_FLATTEN_MS = 60_000
FEED_BLIND_MS = 5_000
ORPHANED_AFTER_MS = 30_000
REJECTS_PAUSE, REJECTS_PAUSE_WITHIN_MS, PAUSE_MS = 5, 60_000, 60_000
REJECTS_HALT, REJECTS_HALT_WITHIN_MS = 20, 600_000
MARKED_EVERY_MS = 5_000
COUNTED_EVERY_MS = 60_000


class HaltLatch(Message, frozen=True, kw_only=True):
    """Write (or, with an empty text, remove) the HALT file."""

    text: str


class Control:
    """What people ask, and what the limits ask in their name."""

    def __init__(self, desk: Desk, gates: Gates, reconciler: Reconciler, flattener: Flattener) -> None:
        self.desk, self.gates = desk, gates
        self.reconciler, self.flattener = reconciler, flattener
        self.claims, self.jumps = Claims(desk, gates), Jumps(desk, reconciler)
        self.lockout = Lockout(desk)
        self._stop: Stop | None = None
        self._stop_until_ns = 0
        self.day_again = False  # a played day begins again: the losses of its first run are not today's
        self.marked_ns = self.counted_ns = 0
        self._marked: events.AccountMarked | None = None
        self._counted: dict[str, int] = {}
        self._suppressed: dict[str, dict[str, int]] = {}
        self._rejected: dict[str, deque[int]] = {}
        self._closed_for_ns = 0  # the close before which the strategies were flattened
        self._quotes_pulled = False
        self._standing: Standing | None = None
        self._own: dict[str, Standing] = {}  # what was told of strategies that something holds back

    @property
    def is_busy(self) -> bool:
        """Return whether a stop or a flatten is waited for, a day is to be begun, or the broker shuts us out."""
        return self._stop is not None or bool(self.flattener.jobs) or self.day_again or self.lockout.is_open

    # --- requests

    def get_status(self, message: GetStatus) -> None:
        """Answer with everything."""
        self.desk.say(status(self.desk, self.gates, self.reconciler, message.peer))

    def flatten(self, message: Flatten) -> None:
        """Begin; answered when it ends."""
        if message.strategy and message.strategy not in self._known():
            text = f"no strategy {message.strategy!r}; known: {', '.join(sorted(self._known()))}"
            self.desk.say(Done(peer=message.peer, ok=False, text=text, left=(text,)))
            return
        self.flattener.begin(message)

    def halt(self, message: Halt) -> None:
        """Latch, cancel, answer. A request to let only exits pass never loosens a halt."""
        whose, current = message.strategy or "the account", self.desk.latch(message.strategy)
        if message.reducing and current.is_halted:
            text = f"{whose} is halted already: {current.reason}"
            self.desk.say(Done(peer=message.peer, ok=False, text=text, left=("resume it first",)))
            return
        state = TradingState.REDUCING if message.reducing else TradingState.HALTED
        self.latch(message.strategy, state, message.reason or "asked by a person")
        text = "takes no new position; its exits go on" if message.reducing else "is halted; its orders are cancelled"
        self.desk.say(Done(peer=message.peer, ok=True, text=f"{whose} {text}"))

    def resume(self, message: Resume) -> None:
        """Open the latch; a resume of the account also accepts the broker's positions where they differ."""
        desk, name, wait = self.desk, message.strategy, list[str]()
        if not name:
            desk.stopping = ""
            wait = desk.breaks.accept_all()
        if not desk.latch(name).is_active:
            desk.write(records.StandingSet(at_ns=desk.now_ns, strategy=name, state=TradingState.ACTIVE, reason=""))
            self._begin_day(reset=False, only=name)
        if not name:
            desk.say(HaltLatch(text=""))
        still = self.gates.standing(name)
        whose = name or "the account"
        text = (
            f"{whose} may trade" if still.is_active else f"{whose} is resumed, but still {still.state}: {still.reason}"
        )
        if wait:
            text = f"{text}; not yet {', '.join(wait)}"
        desk.say(Done(peer=message.peer, ok=not wait, text=text, left=tuple(map(self._still_open, wait))))

    def _still_open(self, symbol: str) -> str:
        """Return why a symbol is not taken over yet, and when to say it again."""
        desk = self.desk
        left_ns = desk.breaks.amendments.left_ns(symbol)
        when = f"after {time_of(desk.now_ns + left_ns + NS_PER_S)} New York time" if left_ns else "in half a minute"
        return f"{symbol} takes exits only while the venue may still show what happened there: resume again {when}"

    def stop(self, message: Stop) -> None:
        """Take no new order, cancel all, answer when nothing works any more."""
        self._stop, self._stop_until_ns = message, self.desk.steady_ns + self.desk.config.ns(message.timeout_ms)
        self.stand_down("the fleet stops")

    def stand_down(self, reason: str) -> None:
        """Take no new order and cancel all of ours."""
        desk = self.desk
        desk.stopping = desk.stopping or reason
        desk.cancels.want_each([order for order in desk.book.working.values() if order.ledger != UNCLAIMED], reason)

    def ours_working(self) -> list[str]:
        """Return the names of our orders that still work."""
        return [order.client_order_id for order in self.desk.book.working.values() if order.ledger != UNCLAIMED]

    def latch(self, strategy: str, state: TradingState, reason: str) -> None:
        """Set a latch, durably, and cancel what it covers; orders that only reduce a position survive REDUCING."""
        desk = self.desk
        current = desk.latch(strategy)
        if (current.state, current.reason) != (state, reason):
            desk.write(records.StandingSet(at_ns=desk.now_ns, strategy=strategy, state=state, reason=reason))
        halts = state is TradingState.HALTED
        if halts and not strategy:
            desk.say(HaltLatch(text=f"{time_of(desk.now_ns)} {reason}"))
        covered = [
            order
            for order in desk.book.working.values()
            if order.ledger != UNCLAIMED and strategy in {"", order.ledger} and (halts or not self._only_reduces(order))
        ]
        desk.cancels.want_each(covered, f"{'halted' if halts else 'no entries'}: {reason}")

    def _only_reduces(self, order: Order) -> bool:
        held = order.side.sign * self.desk.book.qty(order.ledger, order.symbol)
        return held < 0 and order.leaves_qty <= -held

    def _known(self) -> set[str]:
        return ({*self.desk.config.strategies, *self.desk.book.ledgers} - RESERVED_LEDGERS) | {UNCLAIMED}

    def disable(self, strategy: str, reason: str) -> None:
        """Halt a strategy and tell that it will not trade until a person looks."""
        self.latch(strategy, TradingState.HALTED, reason)
        self.desk.tell(events.StrategyDisabled(strategy=strategy, reason=reason))

    def rejected(self, strategy: str) -> None:
        """Count an order that the venue rejected; too many rest the strategy, far too many halt it."""
        desk = self.desk
        times = self._rejected.setdefault(strategy, deque(maxlen=REJECTS_HALT))
        times.append(desk.steady_ns)
        recent = sum(1 for at_ns in times if desk.steady_ns - at_ns < desk.config.ns(REJECTS_PAUSE_WITHIN_MS))
        if len(times) == REJECTS_HALT and desk.steady_ns - times[0] < desk.config.ns(REJECTS_HALT_WITHIN_MS):
            self.disable(strategy, f"the venue rejected {REJECTS_HALT} of its orders in 10 minutes")
        elif recent >= REJECTS_PAUSE:
            desk.paused[strategy] = desk.steady_ns + desk.config.ns(PAUSE_MS)

    # --- time

    def wake(self) -> None:
        """Answer a stop, turn the day, watch the losses, mark the account."""
        if self._stop is not None:
            self._answer_stop(self._stop)
        self.lockout.wake()
        if self.gates.reconciled:
            self._tell_standing()
            self._pull_quotes()
            self._close_orphans()
            self._close_before_the_close()
            self._turn_day()
            self.watch_losses()
            self.mark()
            self._count_requests()

    def _answer_stop(self, stop: Stop) -> None:
        left = tuple(self.ours_working())
        if left and self.desk.steady_ns < self._stop_until_ns:
            return
        self._stop = None
        text = "nothing works any more" if not left else f"{len(left)} orders could not be cancelled in time"
        self.desk.say(Done(peer=stop.peer, ok=not left, text=text, left=left))

    def _tell_standing(self) -> None:
        """Record what the account may do, whenever that changes by itself."""
        standing = self.gates.standing()
        if standing != self._standing:
            self._standing = standing
            self.desk.tell(events.StateNoted(state=standing.state, reason=standing.reason))
        for name in sorted({*self.desk.paused, *self.desk.flattening, *self._own} - {""}):
            self._tell_own(name)

    def _tell_own(self, name: str) -> None:
        """Record what one strategy may do, when that changes by itself; its latch has an event of its own."""
        own, told = self.gates.own(name), self._own.pop(name, ACTIVE)
        if not own.is_active:
            self._own[name] = own
        if own != told:
            standing = stricter(self.desk.latch(name), own)
            self.desk.tell(events.StateNoted(strategy=name, state=standing.state, reason=standing.reason))

    def _pull_quotes(self) -> None:
        """Cancel what rests too long, and all of it while the feed is down: nobody can look after it."""
        desk, working = self.desk, self.desk.book.working.values()
        resting = [order for order in working if order.purpose is Purpose.INTENT]
        blind = self.gates.feed_silent_ms() > FEED_BLIND_MS
        if blind and not self._quotes_pulled:
            desk.cancels.want_each(resting, "the feed is down")
        self._quotes_pulled = blind
        for order in resting:
            if desk.age_ns(order) > desk.config.ns(desk.config.order_age_ms_max):
                desk.cancels.want(order, "it rested for too long")

    def _close_orphans(self) -> None:
        """Flatten what a strategy left behind that does not come back, if the settings say so."""
        desk = self.desk
        for link in list(desk.links.values()) if desk.config.flatten_orphans else ():  # a cancel may add a line
            gone = link.lost and desk.steady_ns - link.heard_ns > desk.config.ns(ORPHANED_AFTER_MS)
            held = any(position.qty for position in desk.book.ledgers.get(link.name, {}).values())
            if gone and held and link.name not in RESERVED_LEDGERS and not desk.flattening.get(link.name):
                self.flattener.begin(Flatten(peer="", strategy=link.name, timeout_ms=LOSS_FLATTEN_MS))

    def _close_before_the_close(self) -> None:
        """Flatten the strategies shortly before the session ends; what is nobody's stays."""
        desk, close_ns = self.desk, self.desk.market.next_close_ns()
        left_ns = close_ns - desk.now_ns
        if not 0 < left_ns <= desk.config.flat_before_close_ms * NS_PER_MS or self._closed_for_ns == close_ns:
            return
        self._closed_for_ns = close_ns
        for ledger, positions in desk.book.ledgers.items():
            held = any(position.qty for position in positions.values())
            if ledger != UNCLAIMED and (held or desk.book.working_of.get(ledger)):
                timeout_ms = round(left_ns / NS_PER_MS / desk.config.rate)
                self.flattener.begin(Flatten(peer="", strategy=ledger, timeout_ms=timeout_ms))

    def _turn_day(self) -> None:
        another = str(day_of(self.desk.now_ns)) != self.desk.book.day
        if (another or self.day_again) and self.desk.account is not None:
            self.day_again = False
            self.desk.central.begin(self.desk.steady_ns)
            self._begin_day(reset=True)
        elif self.desk.pnl.is_honest_due and (told := self.desk.central.start(self.desk.steady_ns)) is not None:
            self._begin_honest(told)

    def _begin_honest(self, told: dict[str, int]) -> None:
        """Let the honest book's count of today begin with what the recorder says now, for whom it has yet to begin."""
        desk, book = self.desk, self.desk.book
        fresh = told if book.day_honest is None else {name: told.get(name, 0) for name in book.honest_due}
        desk.write(
            records.DayBegun(
                at_ns=desk.now_ns,
                day=book.day,
                pnl=book.day_pnl,
                equity=book.day_equity,
                counts_reset=False,
                honest={**(book.day_honest or {}), **fresh},
            )
        )

    def _begin_day(self, *, reset: bool, only: str = "") -> None:
        """Begin a day, or (without a reset) a new count of its losses: the day itself turns when the book is true."""
        desk = self.desk
        fresh = {ledger: desk.pnl.total(ledger) for ledger in desk.book.ledgers}
        pnl = {**desk.book.day_pnl, only: fresh.get(only, 0)} if only else fresh
        equity = desk.account.equity if desk.account and not only else desk.book.day_equity
        desk.write(
            records.DayBegun(
                at_ns=desk.now_ns,
                day=str(day_of(desk.now_ns)) if reset else desk.book.day,
                pnl=pnl,
                equity=equity,
                counts_reset=reset,
                honest=desk.book.day_honest if only else None,
                honest_due=tuple(sorted({*desk.book.honest_due, only})) if only else (),
            )
        )

    def watch_losses(self) -> None:
        """Halt who has lost as much today as the limits allow."""
        if self.jumps.is_open:
            return
        desk = self.desk
        desk.central.is_news = False
        most = desk.config.limits
        for ledger in desk.book.ledgers:
            if ledger != UNCLAIMED and not desk.latch(ledger).is_halted:
                lost, own = -desk.pnl.worse_day(ledger), desk.config.limits_of(ledger).strategy_daily_loss_max
                if lost >= own:
                    self.latch(ledger, TradingState.HALTED, _lost("the strategy", lost, own))
                    desk.tell(events.StrategyDisabled(strategy=ledger, reason=desk.latch(ledger).reason))
        if desk.book.standing.is_halted:
            return
        lost = -desk.pnl.worse_day()
        if lost >= most.daily_loss_max:
            self.latch("", TradingState.HALTED, _lost("the account", lost, most.daily_loss_max))
            self.flattener.begin(Flatten(peer="", timeout_ms=LOSS_FLATTEN_MS))

    def mark(self) -> None:
        """Tell what the account is worth, when that is due and it has changed."""
        desk = self.desk
        if desk.account is not None and desk.steady_ns - self.marked_ns >= desk.config.ns(MARKED_EVERY_MS):
            self.marked_ns = desk.steady_ns
            marked = events.AccountMarked(
                equity=desk.account.equity,
                cash=desk.account.cash,
                day_pnl=desk.pnl.account_day(),
                strategies={ledger: desk.pnl.parts(ledger) for ledger in sorted(desk.book.ledgers)},
            )
            if marked != self._marked:
                self._marked = marked
                desk.tell(marked)

    def _count_requests(self) -> None:
        desk = self.desk
        if desk.steady_ns - self.counted_ns >= desk.config.ns(COUNTED_EVERY_MS):
            self.counted_ns = desk.steady_ns
            fresh = {link.name: link.requests for link in desk.links.values()}
            counted = {name: count - self._counted.get(name, 0) for name, count in fresh.items()}
            self._counted = fresh
            if any(counted.values()):
                desk.tell(events.RequestsCounted(requests={name: n for name, n in counted.items() if n}))
            self._count_suppressed()

    def _count_suppressed(self) -> None:
        links = self.desk.links.values()
        before, self._suppressed = self._suppressed, {link.name: dict(link.suppressed) for link in links}
        fresh = {
            name: {why: count - before.get(name, {}).get(why, 0) for why, count in counts.items()}
            for name, counts in self._suppressed.items()
        }
        told = {name: {why: n for why, n in counts.items() if n} for name, counts in fresh.items()}
        if any(told.values()):
            self.desk.tell(
                events.WishesSuppressed(suppressed={name: counts for name, counts in told.items() if counts})
            )

    def health(self) -> tuple[Health, str]:
        """Return the router's state and its one line in words."""
        desk = self.desk
        if not self.gates.reconciled:
            return Health.WARMING, self.gates.note()
        standing = self.gates.standing()
        if desk.stopping:
            return Health.READY, f"stopping: {len(self.ours_working())} orders still work"
        if self.gates.disk_slow_ms:
            return Health.DEGRADED, slow_disk(self.gates.disk_slow_ms)
        shut = self.gates.shut()
        well = shut is None or shut.reason.value == "market_closed"
        if well and not desk.broken:
            quiet = (
                f"{len(desk.book.working)} orders work, {desk.budget.used_last_min(desk.steady_ns)} requests a minute"
            )
            return Health.READY, quiet if standing.is_active else f"{standing.state}: {standing.reason}"
        broken = ", ".join(f"{symbol}: {why}" for symbol, why in sorted(desk.broken.items()))
        return Health.DEGRADED, standing.reason or f"reduce-only {broken}"


def _lost(whose: str, lost: int, most: int) -> str:
    return f"daily loss: {whose} lost ${lost / 10_000:,.2f}, limit ${most / 10_000:,.2f}"
