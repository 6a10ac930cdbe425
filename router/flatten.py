"""Flatten: cancel, close, verify. For everything, for some symbols, or for one strategy's ledger.

Steps, looked at every wake, until flat or out of time: no order of the scope works → each ledger's shares are closed by
one marketable order per symbol at a time → the venue's positions say so twice. The closing order carries its ledger's
name, so its fills are booked to the one who held the shares. Opposite ledgers of one symbol close each other at the
mid: the venue holds only their sum, no order could do it.
Rule: idempotent. Asking twice joins the work; being flat already is success. While it works its scope takes no intent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hft import events
from hft.clock import NS_PER_S
from hft.control import Done, Flatten
from hft.words import Side, Tif
from risk.limits import PX_PER_USD, TICK_PX
from router import broker, records
from router.arbitration import closable, conflict
from router.broker import Priority
from router.orders import Purpose

if TYPE_CHECKING:
    from router.desk import Desk
    from router.orders import Order
    from router.reconcile import Reconciler

QUOTE_AGE_MS_MAX = 5_000
REACH_BPS = (50, 150, 300)  # how far through the quote, try by try; then a market order
CLOSE_AGE_MS_MAX = 2_000  # a closing order that did not fill is cancelled and priced anew
VERIFY_EVERY_MS = 500
RETRY_MS, RETRY_MS_MAX = 200, 2_000
AGREEMENTS_MIN = 2


class Job:
    """One flatten at work."""

    def __init__(self, scope: Flatten, now_ns: int, until_ns: int) -> None:
        self.scope, self.began_ns, self.until_ns = scope, now_ns, until_ns
        self.peers = {scope.peer} if scope.peer else set()
        self.tries: dict[str, int] = {}
        self.next_ns: dict[str, int] = {}
        self.agreements = self.verify_ticket = self.verified_ns = 0

    @property
    def key(self) -> tuple[tuple[str, ...], str]:
        """Return what it flattens."""
        return tuple(sorted(self.scope.symbols)), self.scope.strategy

    @property
    def name(self) -> str:
        """Return its scope in words."""
        whose = self.scope.strategy or "everything"
        return f"{whose} in {', '.join(self.scope.symbols)}" if self.scope.symbols else whose

    def covers(self, ledger: str, symbol: str) -> bool:
        """Return whether shares (or an order) of this ledger and symbol are in the scope."""
        wanted = self.scope.symbols
        return (not wanted or symbol in wanted) and self.scope.strategy in {"", ledger}


class Flattener:
    """All flattens at work."""

    def __init__(self, desk: Desk, reconciler: Reconciler) -> None:
        self.desk, self.reconciler = desk, reconciler
        self.jobs: list[Job] = []

    def begin(self, scope: Flatten) -> None:
        """Start, or join the one that is at work on the same scope."""
        desk = self.desk
        job = Job(scope, desk.steady_ns, desk.steady_ns + desk.config.ns(scope.timeout_ms))
        for other in self.jobs:
            if other.key == job.key:
                other.peers |= job.peers
                other.until_ns = max(other.until_ns, job.until_ns)
                return
        self.jobs.append(job)
        self._hold(job, +1)
        self._cancel(job)
        self.wake()

    def wake(self) -> None:
        """Bring each a step further."""
        for job in list(self.jobs):
            if self.desk.steady_ns >= job.until_ns:
                self._end(job, self._left(job) or ("the venue did not confirm in time",))
            else:
                self._go_on(job)
        closing = {symbol: job.scope.strategy for job in self.jobs for symbol in self._held(job)}
        self.desk.closing = {symbol: whose for symbol, whose in closing.items() if whose}

    def _go_on(self, job: Job) -> None:
        if not self.reconciler.gates.reconciled:
            return  # the book may not be true yet: closing by it could open a position
        working = [order for order in self.desk.book.working.values() if job.covers(order.ledger, order.symbol)]
        for order in working:
            self._renew(order)
        self._cancel(job)
        self._take_over(job)
        self._net_out(job)
        busy = {order.symbol for order in working} | {
            order.symbol for order in self.desk.book.working.values() if order.purpose is Purpose.FLATTEN
        }
        open_symbols = self._held(job).keys()
        if open_symbols and not self.desk.market.is_open(self.desk.now_ns) and self.desk.market.clock is not None:
            if not working:
                left = self._left(job)
                self._end(job, (*left, "the market is closed: run flatten again when it is open"))
            return
        for symbol in sorted(open_symbols - busy):
            self._close(job, symbol)
        if not working and not open_symbols:
            self._verify(job)
        else:
            job.agreements = 0

    # --- cancel

    def _cancel(self, job: Job) -> None:
        """Cancel what works in the scope and is not one of our closing orders."""
        orders = [
            order
            for order in self.desk.book.working.values()
            if job.covers(order.ledger, order.symbol) and order.purpose is not Purpose.FLATTEN
        ]
        self.desk.cancels.want_each(orders, "flatten")

    def _renew(self, order: Order) -> None:
        late = self.desk.age_ns(order) >= self.desk.config.ns(CLOSE_AGE_MS_MAX)
        if order.purpose is Purpose.FLATTEN and late:
            self.desk.cancels.want(order, "flatten: it did not fill")

    def _make_way(self, symbol: str, side: Side) -> None:
        """Cancel what stands in the way of a closing order: exits go before anybody's quotes."""
        held = -side.sign * self.desk.book.net_qty(symbol) > 0
        for order in list(self.desk.book.working.values()):
            if order.symbol == symbol and (order.side is side.opposite or held):
                self.desk.cancels.want(order, "in the way of a flatten")

    # --- close

    def _take_over(self, job: Job) -> None:
        """Let a flatten of everything also close what the broker holds and no ledger explains."""
        for symbol in list(self.desk.broken):
            if not job.scope.strategy and job.covers("", symbol) and not self.desk.book.frozen.open(symbol):
                self.desk.breaks.accept(symbol, "found by a flatten")

    def _held(self, job: Job) -> dict[str, dict[str, int]]:
        """Return symbol → ledger → shares that the job must still close."""
        held: dict[str, dict[str, int]] = {}
        for ledger, positions in self.desk.book.ledgers.items():
            for symbol, position in positions.items():
                if position.qty and job.covers(ledger, symbol):
                    held.setdefault(symbol, {})[ledger] = position.qty
        return held

    def _net_out(self, job: Job) -> None:
        """Close opposite ledgers of one symbol against each other at the mid."""
        for symbol, ledgers in self._held(job).items():
            long = sorted(name for name, qty in ledgers.items() if qty > 0)
            short = sorted(name for name, qty in ledgers.items() if qty < 0)
            px = round(self.desk.market.mark_px(symbol)) or self._cost_px(symbol, [*long, *short])
            while long and short:
                seller, buyer = long[0], short[0]
                qty = min(ledgers[seller], -ledgers[buyer])
                self.desk.write(
                    records.Crossed(at_ns=self.desk.now_ns, symbol=symbol, seller=seller, buyer=buyer, qty=qty, px=px)
                )
                ledgers[seller] -= qty
                ledgers[buyer] += qty
                long, short = [n for n in long if ledgers[n]], [n for n in short if ledgers[n]]

    def _cost_px(self, symbol: str, names: list[str]) -> int:
        """Return the first ledger's average cost: without any market price, nobody wins or loses by it."""
        return max(1, round(self.desk.book.ledgers[names[0]][symbol].avg_px)) if names else 1

    def _close(self, job: Job, symbol: str) -> None:
        """Send one closing order in a symbol in which nothing works."""
        if self.desk.steady_ns < job.next_ns.get(symbol, 0):
            return
        ledger, qty = max(self._held(job)[symbol].items(), key=lambda item: abs(item[1]))
        side = Side.SELL if qty > 0 else Side.BUY
        book, tried = self.desk.book, job.tries.get(symbol, 0)
        held = -side.sign * book.net_qty(symbol) > 0  # else others hold the opposite, and closing this ledger opens
        size = min(abs(qty), closable(book, symbol, side)) if held else abs(qty)
        px = self._px(symbol, side, tried)
        if not size or conflict(book, symbol, side, size, px):
            self._make_way(symbol, side)
            return
        job.tries[symbol] = tried + 1
        job.next_ns[symbol] = self.desk.steady_ns + self.desk.config.ns(min(RETRY_MS * (tried + 1), RETRY_MS_MAX))
        self.desk.open_order(
            ledger=ledger,
            symbol=symbol,
            side=side,
            qty=size,
            px=px,
            tif=Tif.IOC if px else Tif.DAY,
            purpose=Purpose.FLATTEN,
            priority=Priority.REDUCE,
        )

    def _px(self, symbol: str, side: Side, tried: int) -> int:
        """Return a marketable limit price by the fresh quote, or 0 (a market order) without one or after some tries."""
        quote = self.desk.market.quotes.get(symbol)
        old = quote is None or self.desk.now_ns - quote.recv_ns > self.desk.config.ns(QUOTE_AGE_MS_MAX)
        if quote is None or old or not quote.is_two_sided or tried >= len(REACH_BPS):
            return 0
        touch = quote.ask_px if side is Side.BUY else quote.bid_px
        px = round(touch * (1 + side.sign * REACH_BPS[tried] / 10_000))
        tick = TICK_PX if px >= PX_PER_USD else 1
        return max(tick, px - px % tick + (tick if side is Side.BUY and px % tick else 0))

    # --- verify

    def _verify(self, job: Job) -> None:
        """Ask the venue for its positions until it has said twice that nothing is there."""
        if job.agreements >= AGREEMENTS_MIN:
            self._end(job, ())
        elif not job.verify_ticket and self.desk.steady_ns >= job.verified_ns:
            job.verify_ticket = self.desk.ask(broker.ListPositions, Priority.REDUCE)

    def positions_told(self, reply: broker.PositionsReply) -> None:
        """Take the venue's positions as a word on each flatten that asked for them."""
        for job in self.jobs:
            if reply.ticket == job.verify_ticket:
                job.verify_ticket = 0
                left = [p for p in reply.positions if p.qty and self._matters(job, p.symbol)]
                job.agreements = 0 if left else job.agreements + 1
                wait_ms = VERIFY_EVERY_MS if left or job.agreements < AGREEMENTS_MIN else 0
                job.verified_ns = self.desk.steady_ns + self.desk.config.ns(wait_ms)
                if left:
                    self.reconciler.look_soon()

    def _matters(self, job: Job, symbol: str) -> bool:
        """Return whether a position at the venue speaks against the scope being flat: not against one ledger's."""
        return not job.scope.strategy and job.covers("", symbol)

    def failed(self, ticket: int) -> None:
        """Ask again when the venue did not answer."""
        for job in self.jobs:
            if ticket == job.verify_ticket:
                job.verify_ticket = 0
                job.verified_ns = self.desk.steady_ns + self.desk.config.ns(VERIFY_EVERY_MS)

    # --- the end

    def _left(self, job: Job) -> tuple[str, ...]:
        orders = [
            f"order {order.client_order_id} ({order.side.word} {order.leaves_qty} {order.symbol})"
            for order in self.desk.book.working.values()
            if job.covers(order.ledger, order.symbol)
        ]
        shares = [
            f"{qty} {symbol} of {ledger}"
            for symbol, ledgers in sorted(self._held(job).items())
            for ledger, qty in sorted(ledgers.items())
        ]
        return (*shares, *orders)

    def _end(self, job: Job, left: tuple[str, ...]) -> None:
        self.jobs.remove(job)
        self._hold(job, -1)
        ok = not left
        took_s = (self.desk.steady_ns - job.began_ns) / NS_PER_S / self.desk.config.rate
        text = f"{job.name} is {'flat' if ok else 'not flat'} after {took_s:.1f} s"
        self.desk.tell(events.FlattenDone(scope=job.name, ok=ok, left=left))
        for peer in sorted(job.peers):
            self.desk.say(Done(peer=peer, ok=ok, text=text, left=left))

    def _hold(self, job: Job, change: int) -> None:
        """Hold back the intents of the strategies that the scope touches while it works."""
        names = [job.scope.strategy] if job.scope.strategy else [""]
        for name in names:
            self.desk.flattening[name] = self.desk.flattening.get(name, 0) + change
