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
from router import broker
from router.broker import Priority
from router.polls import Polls
from router.truth import MARGIN_NS

if TYPE_CHECKING:
    from router.desk import Desk
    from router.gates import Gates
    from router.truth import Truth

RETRY_MS, RETRY_MS_MAX = 500, 30_000
LOOK_AGAIN_MS = 500
EQUAL_LOOKS_MIN = 2
OLD_VIEW_MS = 10_000  # a list of positions may lag behind the stream by this much and is still no break
OK_TOLD_EVERY_MS = 60_000


class Reconciler:
    """The rounds, the polls, and the verdicts."""

    def __init__(self, desk: Desk, gates: Gates, truth: Truth, *, since_ns: int, first_start: bool) -> None:
        self.desk, self.gates, self.truth, self.polls = desk, gates, truth, Polls(desk)
        self.since_ns, self.first_start = since_ns, first_start
        self.reconciled_ns = 0
        self._round: set[int] = set()
        self._step = ""  # "", lists, orders, positions
        self._expected: frozenset[str] = frozenset()  # our orders that the lists asked for must show
        self._begin_ns = 0
        self._retry_ms = self._poll_ms = RETRY_MS
        self._positions_ticket = 0
        self._fills_at_ask = -1
        self._looks = 0  # how often the same mismatch was seen again
        self._seen: set[str] = set()
        self._next_positions_ns = self._told_ok_ns = 0

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
        self.desk.updates_up, self.desk.updates_note, self.desk.updates_refused = True, "connected", False
        self._begin("trade updates came back" if self.gates.reconciled else "start-up")

    def updates_down(self, message: broker.UpdatesDown) -> None:
        """Stop trusting the book to be up to date."""
        if self.desk.updates_up and self.gates.reconciled:
            self.since_ns = self.desk.now_ns
        self.desk.updates_up, self.desk.updates_note = False, message.reason
        self.gates.reconciling = self.gates.reconciling or "trade updates went away"
        self._step, self._round = "", set()
        self.desk.unheard.forget()

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
        self.desk.breaks.seen, self._seen = {}, set()
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
        self.polls.failed(ticket)

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
        for told in reply.orders:
            self.truth.absorb(told, "poll")
        seen = {told.client_order_id for told in reply.orders}
        if reply.ticket in self._round:
            self._seen |= seen
        else:
            self.polls.orders_told(reply.ticket, seen)
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
        self.polls.answered(reply.ticket)
        self.desk.account = reply
        self.desk.unwarn("keys")
        self.answered(reply.ticket)

    def clock(self, reply: broker.ClockReply) -> None:
        """Take the market's hours."""
        self.polls.answered(reply.ticket)
        self.desk.market.clock_told(reply, self.desk.now_ns)
        self.answered(reply.ticket)

    def positions_told(self, reply: broker.PositionsReply) -> None:
        """Compare, symbol by symbol."""
        if reply.ticket != self._positions_ticket:
            return  # of a round that is over
        self._positions_ticket, self._poll_ms = 0, RETRY_MS
        desk, breaks = self.desk, self.desk.breaks
        breaks.positions = {position.symbol: position for position in reply.positions}
        for position in reply.positions:
            desk.market.prints.setdefault(position.symbol, position.px)
        if self._fills_at_ask != desk.book.fills or self._round:
            self._look_again()
            return
        desk.broker_qty = {position.symbol: position.qty for position in reply.positions}
        if not desk.updates_up:
            return  # fills may be missing; the next round will tell
        for seen in desk.amendments.positions_told():
            self.truth.gained(seen)
        odd = breaks.odd()
        if self._is_old_view(odd):
            self._look_again()
            return
        again, breaks.seen = breaks.seen, odd
        breaks.heal(odd.keys() | again.keys())
        self._looks = self._looks + 1 if odd and odd == again else 0
        if not odd:
            self._agree()
        elif self._looks < EQUAL_LOOKS_MIN or self._is_asking():
            self._search()
        else:
            breaks.judge(odd, at_first_start=self.first_start and not self.gates.reconciled)
            self._agree()

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
            self.desk.ask(broker.ListOrders, Priority.QUERY, after_ns=after_ns)  # those that are over, too
        else:
            self.polls.ask_orders(Priority.QUERY)

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
            desk.unheard.forget()  # of what the round found, the stream may have told while nobody listened
            self.gates.reconciled = True
            self._seen = set()
        if first or desk.steady_ns - self._told_ok_ns >= desk.config.ns(OK_TOLD_EVERY_MS):
            self._told_ok_ns = desk.steady_ns
            held = sum(1 for position in self.desk.breaks.positions.values() if position.qty)
            desk.tell(events.ReconcileDone(orders=len(desk.book.working), positions=held))
        again_ms = (
            LOOK_AGAIN_MS
            if desk.broken.keys() - desk.book.frozen.symbols.keys() and not desk.breaks.seen
            else desk.config.reconcile_every_ms
        )
        self._next_positions_ns = desk.steady_ns + desk.config.ns(again_ms)

    # --- polls

    def poll_positions(self, priority: Priority = Priority.POLL) -> None:
        """Ask for positions, once at a time."""
        if not self._positions_ticket:
            self._fills_at_ask = self.desk.book.fills
            self._positions_ticket = self.desk.ask(broker.ListPositions, priority)
            self._next_positions_ns = 0

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
            self.polls.ask_account()
        if not self.gates.reconciling:
            desk.unheard.wake()
        if not self._step and self.gates.reconciled:
            self.polls.wake()
