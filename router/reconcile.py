"""Broker and book, compared: at start, after each reconnect of the stream, and again and again.

A round: the stream is up (so nothing new is missed) → account, clock, open orders, orders since the journal's last
word, executions → each order of ours that none of these showed → positions. A reply that fails ends the round; it
begins again after a growing wait.
Rule: an error is never "flat"; one odd look is never a break. Positions are compared only if no fill was booked between
the question and the answer. Three equal mismatches in a row, with a search for lost news between them, are a verdict:
foreign shares at the very first start, a broken symbol (reduce-only, told) ever after.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hft import events
from router import broker, records
from router.broker import Priority
from router.ids import UNCLAIMED
from router.splits import advice, recognised
from router.truth import MARGIN_NS

if TYPE_CHECKING:
    from router.broker import BrokerPosition
    from router.desk import Desk
    from router.gates import Gates
    from router.truth import Truth

RETRY_MS, RETRY_MS_MAX = 500, 30_000
LOOK_AGAIN_MS = 500
EQUAL_LOOKS_MIN = 2
OLD_VIEW_MS = 10_000  # a list of positions may lag behind the stream by this much and is still no break
POLL_BLIND_MS = 2_000  # open orders while the stream is down: the only source then
OK_TOLD_EVERY_MS = 60_000
CLOCK_EVERY_MS = 60_000
CLOCK_RETRY_MS = 10_000


class Reconciler:
    """The rounds, the polls, and the verdicts."""

    def __init__(self, desk: Desk, gates: Gates, truth: Truth, *, since_ns: int, first_start: bool) -> None:
        self.desk, self.gates, self.truth = desk, gates, truth
        self.since_ns, self.first_start = since_ns, first_start
        self.reconciled_ns = 0
        self.positions: dict[str, BrokerPosition] = {}
        self._round: set[int] = set()
        self._step = ""  # "", lists, orders, positions
        self._expected: frozenset[str] = frozenset()  # our orders that the lists asked for must show
        self._polled: frozenset[str] = frozenset()
        self._begin_ns = 0
        self._retry_ms = self._poll_ms = RETRY_MS
        self._positions_ticket = self._orders_ticket = self._clock_ticket = self._account_ticket = 0
        self._fills_at_ask = -1
        self._odd: dict[str, tuple[int, int]] = {}
        self._looks = 0  # how often the same mismatch was seen again
        self._seen: set[str] = set()
        self._next_positions_ns = self._next_orders_ns = self._next_clock_ns = self._told_ok_ns = 0

    @property
    def next_ns(self) -> int:
        """Return when it will ask for something next; 0 (now) while it is in the middle of something."""
        return 0 if self._step or self._begin_ns else self._next_positions_ns

    @property
    def state(self) -> str:
        """Return ok, open or broken."""
        if self.gates.reconciling:
            return "open"
        return "broken" if self.desk.broken else "ok"

    # --- the stream

    def updates_up(self) -> None:
        """Begin a round: what happened while the stream was away must be fetched."""
        self.desk.updates_up, self.desk.updates_note = True, "connected"
        self._begin("trade updates came back" if self.gates.reconciled else "start-up")

    def updates_down(self, message: broker.UpdatesDown) -> None:
        """Stop trusting the book to be up to date."""
        if self.desk.updates_up and self.gates.reconciled:
            self.since_ns = self.desk.now_ns
        self.desk.updates_up, self.desk.updates_note = False, message.reason
        self.gates.reconciling = self.gates.reconciling or "trade updates went away"
        self._step, self._round = "", set()

    def was_away(self, away_ns: int) -> None:
        """Begin a round after the router itself stood still: it may have missed more than it knows."""
        self.since_ns = min(self.since_ns, self.desk.now_ns - away_ns)
        self.begin_again("the router stood still for a while")

    def begin_again(self, why: str) -> None:
        """Begin a round: what is known may not be true any more."""
        if self.desk.updates_up and self.gates.reconciled and not self._step:
            self._begin(why)

    # --- a round

    def _begin(self, why: str) -> None:
        desk = self.desk
        self.gates.reconciling = why
        self._odd, self._seen = {}, set()
        self._step, self._begin_ns = "lists", 0
        self._expected = frozenset(desk.book.working)
        after_ns = min(self.since_ns, desk.now_ns) - MARGIN_NS
        self._round = {
            desk.ask(broker.GetAccount, Priority.QUERY),
            desk.ask(broker.GetClock, Priority.QUERY),
            desk.ask(broker.ListOrders, Priority.QUERY),
            desk.ask(broker.ListOrders, Priority.QUERY, after_ns=after_ns),
            desk.ask(broker.ListFills, Priority.QUERY, after_ns=after_ns),
        }

    def answered(self, ticket: int, *, failed: str = "") -> None:
        """Note that a request was answered (after its content was absorbed); go on when the step is complete."""
        if ticket not in self._round:
            if failed:
                self._poll_failed(ticket)
            return
        if failed:
            self._fail(failed)
            return
        self._round.discard(ticket)
        if self._round:
            return
        if self._step == "lists":
            self._ask_unseen()
        elif self._step == "orders":
            self._step = "positions"
            self.poll_positions(Priority.QUERY)

    def _poll_failed(self, ticket: int) -> None:
        """Ask again later, and later each time: a broker that refuses everything must not eat the budget."""
        desk = self.desk
        if ticket == self._positions_ticket:
            self._positions_ticket = 0
            self._next_positions_ns = desk.steady_ns + desk.config.ns(self._poll_ms)
            self._poll_ms = min(2 * self._poll_ms, max(desk.config.reconcile_every_ms, RETRY_MS))
        if ticket == self._clock_ticket:
            self._clock_ticket = 0
            self._next_clock_ns = desk.steady_ns + desk.config.ns(CLOCK_RETRY_MS)
        self._orders_ticket *= ticket != self._orders_ticket
        self._account_ticket *= ticket != self._account_ticket

    def _fail(self, failed: str) -> None:
        desk = self.desk
        self._step, self._round = "", set()
        self._begin_ns = desk.steady_ns + desk.config.ns(self._retry_ms)
        self._retry_ms = min(2 * self._retry_ms, RETRY_MS_MAX)
        self.gates.reconciling = f"the broker did not answer: {failed}"

    def _ask_unseen(self) -> None:
        """Ask for each order of ours that no list showed: by name, one by one."""
        unseen = [
            order for name, order in self.desk.book.working.items() if name in self._expected and name not in self._seen
        ]
        self._step = "orders"
        self._round = {
            self.desk.ask(
                broker.QueryOrder,
                Priority.QUERY,
                client_order_id=order.client_order_id,
                order_id=order.order_id,
            )
            for order in unseen
        }
        if not self._round:
            self._step = "positions"
            self.poll_positions(Priority.QUERY)

    # --- replies

    def orders(self, reply: broker.OrdersReply) -> None:
        """Absorb a list of orders; ask for the ones of ours that should be in it and are not."""
        polled = self._orders_ticket
        if reply.ticket == polled:
            self._orders_ticket = 0
        for told in reply.orders:
            self.truth.absorb(told, "poll")
        seen = {told.client_order_id for told in reply.orders}
        if reply.ticket in self._round:
            self._seen |= seen
        elif reply.ticket == polled:
            for name in sorted(self._polled - seen):
                if name in self.desk.book.working:
                    self.desk.query(self.desk.book.orders[name])
        self.answered(reply.ticket)

    def fills(self, reply: broker.FillsReply) -> None:
        """Check that the account's executions add nothing to the book; ask for the order where they do."""
        for fill in reply.fills:
            order = self.desk.book.by_order_id.get(fill.order_id)
            if order is not None and fill.cum_qty > order.cum_qty:
                self.desk.query(order)
            elif order is None and self._looks:  # nobody's order that we know: perhaps it explains the mismatch
                self.desk.ask(broker.QueryOrder, Priority.QUERY, client_order_id="", order_id=fill.order_id)
        self.answered(reply.ticket)

    def account(self, reply: broker.AccountReply) -> None:
        """Take the account's money."""
        if reply.ticket == self._account_ticket:
            self._account_ticket = 0
        self.desk.account = reply
        self.desk.unwarn("keys")
        self.answered(reply.ticket)

    def clock(self, reply: broker.ClockReply) -> None:
        """Take the market's hours."""
        if reply.ticket == self._clock_ticket:
            self._clock_ticket = 0
        self.desk.market.clock_told(reply, self.desk.now_ns)
        self.answered(reply.ticket)

    def positions_told(self, reply: broker.PositionsReply) -> None:
        """Compare, symbol by symbol."""
        if reply.ticket != self._positions_ticket:
            return  # of a round that is over
        self._positions_ticket, self._poll_ms = 0, RETRY_MS
        desk = self.desk
        self.positions = {position.symbol: position for position in reply.positions}
        for position in reply.positions:
            desk.market.prints.setdefault(position.symbol, position.px)
        if self._fills_at_ask != desk.book.fills or self._round:
            self._look_again()
            return
        desk.broker_qty = {position.symbol: position.qty for position in reply.positions}
        if not desk.updates_up:
            return  # fills may be missing; the next round will tell
        held = {symbol: position.qty for symbol, position in self.positions.items() if position.qty}
        symbols = held.keys() | {symbol for ledger in desk.book.ledgers.values() for symbol in ledger}
        odd = {
            symbol: (desk.book.net_qty(symbol), held.get(symbol, 0))
            for symbol in sorted(symbols)
            if desk.book.net_qty(symbol) != held.get(symbol, 0)
        }
        if self._is_old_view(odd):
            self._look_again()
            return
        again, self._odd = self._odd, odd
        for symbol in desk.broken.keys() - odd.keys() - again.keys() - desk.taken_back:
            del desk.broken[symbol]
            desk.splits.pop(symbol, None)
        self._looks = self._looks + 1 if odd and odd == again else 0
        if not odd:
            self._agree()
        elif self._looks < EQUAL_LOOKS_MIN or self._is_asking():
            self._search()
        else:
            self._verdict(odd)

    def _is_old_view(self, odd: dict[str, tuple[int, int]]) -> bool:
        """Return whether the list shows only what the ledgers held a moment ago: it lags, and nothing is wrong."""
        since_ns = self.desk.now_ns - self.desk.config.ns(OLD_VIEW_MS)
        return bool(odd) and all(
            self.desk.book.held_since(symbol, qty, since_ns, self.desk.now_ns) for symbol, (_, qty) in odd.items()
        )

    def _search(self) -> None:
        """Look for news that the stream did not bring, then look at the positions again."""
        self._look_again()
        if self._looks:
            after_ns = min(self.reconciled_ns or self.since_ns, self.desk.now_ns) - MARGIN_NS
            self.desk.ask(broker.ListFills, Priority.QUERY, after_ns=after_ns)
        elif not self._orders_ticket:
            self._poll_orders(Priority.QUERY)

    def _is_asking(self) -> bool:
        """Return whether an answer is on its way that may explain what looks odd."""
        kinds = broker.QueryOrder | broker.ListOrders | broker.ListFills
        return any(isinstance(request, kinds) for request in self.desk.asked.values())

    def _look_again(self) -> None:
        self._next_positions_ns = self.desk.steady_ns + self.desk.config.ns(LOOK_AGAIN_MS)

    def _agree(self) -> None:
        desk, first = self.desk, self._step == "positions"
        self.reconciled_ns = desk.now_ns
        self._retry_ms = RETRY_MS
        if first:
            self._step, self.gates.reconciling = "", ""
            self.gates.reconciled = True
            self._seen = set()
        if first or desk.steady_ns - self._told_ok_ns >= desk.config.ns(OK_TOLD_EVERY_MS):
            self._told_ok_ns = desk.steady_ns
            held = sum(1 for position in self.positions.values() if position.qty)
            desk.tell(events.ReconcileDone(orders=len(desk.book.working), positions=held))
        again_ms = (
            LOOK_AGAIN_MS if desk.broken.keys() - desk.taken_back and not self._odd else desk.config.reconcile_every_ms
        )
        self._next_positions_ns = desk.steady_ns + desk.config.ns(again_ms)

    def _verdict(self, odd: dict[str, tuple[int, int]]) -> None:
        desk = self.desk
        for symbol, (ours, theirs) in odd.items():
            if self.first_start and not self.gates.reconciled:
                self.claim(symbol, theirs - ours, "held before the first start")
            elif symbol not in desk.broken and not self._is_split(symbol, ours, theirs):
                desk.broken[symbol] = f"the broker holds {theirs}, the ledgers {ours}"
                unclaimed = desk.book.qty(UNCLAIMED, symbol)
                desk.tell(
                    events.ReconcileBroken(
                        symbol=symbol,
                        ledgers=ours - unclaimed,
                        unclaimed=unclaimed,
                        broker=theirs,
                        text=desk.broken[symbol],
                    )
                )
        self._agree()

    def _is_split(self, symbol: str, ours: int, theirs: int) -> bool:
        """Return whether a mismatch looks like a split of the shares; then it is told as that."""
        desk = self.desk
        cost = sum(ledger[symbol].cost for ledger in desk.book.ledgers.values() if symbol in ledger)
        there = self.positions.get(symbol)
        split = recognised(ours, there, cost / ours) if there is not None and ours else None
        if split is None:
            return False
        desk.splits[symbol], desk.broken[symbol] = split, advice(symbol, split, ours, theirs)
        desk.tell(
            events.SplitSuspected(
                symbol=symbol, new=split.new, old=split.old, ledgers=ours, broker=theirs, text=desk.broken[symbol]
            )
        )
        return True

    def claim(self, symbol: str, signed_qty: int, reason: str) -> None:
        """Book shares that no order explains to the unclaimed ledger, at the broker's price."""
        found = self.positions.get(symbol)
        px = (found.avg_px or found.px) if found else round(self.desk.market.mark_px(symbol))
        self.desk.write(
            records.PositionAdjusted(
                at_ns=self.desk.now_ns,
                symbol=symbol,
                signed_qty=signed_qty,
                notional=px * abs(signed_qty),
                reason=reason,
            )
        )

    def accept_breaks(self) -> None:
        """Take the broker's word for broken symbols: a person has looked and resumed."""
        for symbol in list(self.desk.broken):
            self.accept_break(symbol, "accepted by resume")

    def accept_break(self, symbol: str, reason: str) -> None:
        """Take the broker's word for one broken symbol; where it was a split, each ledger has its part of it."""
        split = self.desk.splits.pop(symbol, None)
        if split is not None:
            self.desk.write(records.SharesSplit(at_ns=self.desk.now_ns, symbol=symbol, new=split.new, old=split.old))
        delta = self.desk.broker_qty.get(symbol, 0) - self.desk.book.net_qty(symbol)
        if delta:
            self.claim(symbol, delta, reason)
        self.desk.broken.pop(symbol, None)
        self.desk.taken_back.discard(symbol)
        self._odd.pop(symbol, None)

    # --- polls

    def poll_positions(self, priority: Priority = Priority.POLL) -> None:
        """Ask for positions, once at a time."""
        if not self._positions_ticket:
            self._fills_at_ask = self.desk.book.fills
            self._positions_ticket = self.desk.ask(broker.ListPositions, priority)
            self._next_positions_ns = 0

    def _poll_orders(self, priority: Priority) -> None:
        working = self.desk.book.working
        self._polled = frozenset(name for name, order in working.items() if order.order_id)
        self._orders_ticket = self.desk.ask(broker.ListOrders, priority)

    def look_soon(self) -> None:
        """Ask for positions soon: something did not add up."""
        if not self._positions_ticket:
            self._look_again()

    def wake(self) -> None:
        """Begin what is due."""
        desk, now_ns = self.desk, self.desk.steady_ns
        if self._begin_ns and now_ns >= self._begin_ns and desk.updates_up:
            self._begin(self.gates.reconciling)
        if self._next_positions_ns and now_ns >= self._next_positions_ns:
            self.poll_positions(Priority.QUERY if self._step else Priority.POLL)
            if not self._account_ticket:
                self._account_ticket = desk.ask(broker.GetAccount, Priority.POLL)
        if self._step or not self.gates.reconciled:
            return
        if desk.book.working and now_ns >= self._next_orders_ns and not self._orders_ticket:
            every_ms = desk.config.poll_orders_every_ms if desk.updates_up else POLL_BLIND_MS
            self._next_orders_ns = now_ns + desk.config.ns(every_ms)
            self._poll_orders(Priority.POLL)
        self._poll_clock()

    def _poll_clock(self) -> None:
        market, now_ns = self.desk.market, self.desk.now_ns
        clock = market.clock
        if clock is None or self._clock_ticket or self.desk.steady_ns < self._next_clock_ns:
            return
        passed = any(market.clock_ns < change_ns <= now_ns for change_ns in (clock.next_open_ns, clock.next_close_ns))
        if passed or abs(now_ns - market.clock_ns) >= self.desk.config.ns(CLOCK_EVERY_MS):
            self._clock_ticket = self.desk.ask(broker.GetClock, Priority.POLL)
