"""Whether a new order may leave: gates, limits, arbitration on the netted account, budget; the first that objects.

Nothing is written or sent here. A ruling says what was decided about which order: shares that would cross the account's
zero are left away first, because the venue takes no such order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hft.clock import NS_PER_MS
from hft.messages import NewOrder
from hft.words import Refusal
from risk import limits
from risk.limits import Denied
from risk.state import stricter
from router import assets
from router.arbitration import closable, conflict
from router.broker import Priority
from router.budget import WINDOW_MS

if TYPE_CHECKING:
    from router.desk import Desk
    from router.gates import Gates
    from router.links import Link
    from router.orders import Order

DUPLICATE_MS = 500
CLOCK_AHEAD_MS_MAX = 60_000  # an expiry further away than this is nonsense


class Ruling(msgspec.Struct, frozen=True):
    """What was decided. `may_wait`: what stands in the way may be gone before the order expires."""

    message: NewOrder
    priority: Priority
    denied: Denied | None = None
    may_wait: bool = False
    blocked_by_others: bool = False
    is_conflict: bool = False  # with an order that works; `[router] conflict` says who yields


class Judge:
    """The way of a new order up to the journal."""

    def __init__(self, desk: Desk, gates: Gates) -> None:
        self.desk, self.gates = desk, gates
        self._window_ns, self._duplicate_ns = desk.config.ns(WINDOW_MS), desk.config.ns(DUPLICATE_MS)
        self._ahead_ns_max = desk.config.ns(CLOCK_AHEAD_MS_MAX)

    def rule(self, link: Link, asked: NewOrder, instead: Order | None = None) -> Ruling:
        """Return whether the order may leave now; `instead`: the resting order whose place it is to take.

        Until the venue has said which of the two it is, both count against the limits. An exit may take the place of
        an exit although both together would close more than is held: the venue lets only the larger one fill.
        """
        desk, freed = self.desk, instead.leaves_qty if instead else 0
        message = self.trimmed(asked, freed)
        proposal = self.proposal(link, message, instead)
        priority = Priority.REDUCE if proposal.reduces else Priority.REPLACE if instead else Priority.NEW
        denied = self._objection(message, proposal)
        if denied is None and not proposal.reduces:
            denied = assets.objection(desk, message, freed)
        if denied is None:
            denied = self._over_limits(link, message, proposal)
        if denied is not None:
            return Ruling(message, priority, denied)
        denied = conflict(desk.book, message.symbol, message.side, message.qty, message.px, freed=freed)
        if denied is not None:
            exits = proposal.reduces
            return Ruling(message, priority, denied, may_wait=exits, blocked_by_others=exits, is_conflict=True)
        if not desk.budget.has_room(priority, desk.steady_ns, link.name):
            used, most = desk.budget.used_last_min(desk.steady_ns), desk.budget.limit
            text = f"{used} of {most} requests used in the last minute"
            return Ruling(message, priority, Denied(Refusal.REQUEST_BUDGET, text), may_wait=True)
        return Ruling(message, priority)

    def trimmed(self, message: NewOrder, freed: int = 0) -> NewOrder:
        """Return the order without the shares that would cross the account's zero: the venue takes no such order.

        The strategy learns the smaller quantity from the order's reports and may ask for the rest once it is flat.
        """
        room = closable(self.desk.book, message.symbol, message.side, freed=freed)
        return msgspec.structs.replace(message, qty=room) if 0 < room < message.qty else message

    def _is_duplicate(self, message: NewOrder) -> bool:
        """Return whether the very same order of this strategy was opened a moment ago and still works."""
        wanted = (message.strategy, message.symbol, message.side, message.qty, message.px)
        return any(
            (order.ledger, order.symbol, order.side, order.qty, order.px) == wanted
            and self.desk.age_ns(order) < self._duplicate_ns
            and name not in self.desk.cancels
            for name, order in self.desk.book.working.items()
        )

    def _objection(self, message: NewOrder, proposal: limits.Proposal) -> Denied | None:
        """Return what stands against an order before any limit is asked."""
        desk, now_ns = self.desk, self.desk.now_ns
        if not message.expires_ns > now_ns:
            late_ms = (now_ns - message.expires_ns) // NS_PER_MS
            return Denied(Refusal.EXPIRED, f"it expired {late_ms} ms ago")
        if message.expires_ns > now_ns + self._ahead_ns_max:
            return Denied(Refusal.BAD_ORDER, "it would expire more than a minute from now")
        if self._is_duplicate(message):
            return Denied(Refusal.DUPLICATE, f"the same order was sent less than {DUPLICATE_MS} ms ago")
        if message.reduce_only and not proposal.reduces:
            return Denied(Refusal.REDUCING, "reduce_only, but it would not reduce the position")
        shut = self.gates.shut()
        if shut is not None and not proposal.standing.is_halted and (shut.binds_exits or not proposal.reduces):
            return Denied(shut.reason, shut.standing.reason)
        if not proposal.reduces and message.symbol in desk.market.halted:
            return Denied(Refusal.NOT_READY, f"{message.symbol} is halted: {desk.market.halted[message.symbol]}")
        first = desk.closing.get(message.symbol) or desk.exits_first.get(message.symbol, message.strategy)
        if not proposal.reduces and first != message.strategy:
            return Denied(Refusal.OPENING_CONFLICT, f"an exit of {first} in {message.symbol} goes first")
        if not proposal.reduces and message.symbol in desk.broken:
            return Denied(Refusal.REDUCING, f"{message.symbol} is reduce-only: {desk.broken[message.symbol]}")
        return None

    def _over_limits(self, link: Link, message: NewOrder, proposal: limits.Proposal) -> Denied | None:
        bounds = self.desk.config.limits_of(link.name)
        verdict = limits.check(proposal, bounds, limits.ON_SIGHT)
        if verdict is limits.APPROVED:
            self._weigh(link, message, proposal)
            verdict = limits.check(proposal, bounds, limits.ON_THE_BOOK)
        return verdict if isinstance(verdict, Denied) else None

    def _weigh(self, link: Link, message: NewOrder, proposal: limits.Proposal) -> None:
        """Add what takes sums over the whole book."""
        desk, worst = self.desk, max(proposal.symbol_after, self.desk.book.worst(message.symbol))
        proposal.gross_after = self._gross_elsewhere(message.symbol) + worst * message.px
        proposal.buying_power = self._buying_power()
        proposal.day_pnl, proposal.strategy_day_pnl = desk.pnl.worse_day(), desk.pnl.worse_day(link.name)

    def proposal(self, link: Link, message: NewOrder, instead: Order | None = None) -> limits.Proposal:
        """Return the order with the facts that decide about it, without those that `_weigh` adds."""
        desk, book, side = self.desk, self.desk.book, message.side
        twice = min(instead.leaves_qty, message.qty) if instead else 0  # shares that only one of the two will fill
        quote = desk.market.quotes.get(message.symbol)
        mine = side.sign * book.qty(link.name, message.symbol)  # the side's view: negative means that it reduces
        mine_after = mine + book.open_qty(link.name, message.symbol, side) + message.qty
        net_after = side.sign * book.net_qty(message.symbol) + book.net_open_qty(message.symbol, side) + message.qty
        return limits.Proposal(
            symbol=message.symbol,
            side=side,
            qty=message.qty,
            px=message.px,
            reduces=mine < 0 and mine_after - twice <= 0,
            known_symbol=message.symbol in desk.config.symbols,
            standing=stricter(
                book.standing, desk.latch(link.name), self.gates.flattening(link.name), self.gates.paused(link.name)
            ),
            bid_px=quote.bid_px if quote else 0,
            ask_px=quote.ask_px if quote else 0,
            quote_age_ns=desk.now_ns - quote.recv_ns if quote else 0,
            position_after=mine_after,
            symbol_after=net_after,
            working=len(book.working) - bool(instead),
            strategy_working=book.working_of.get(link.name, 0) - bool(instead),
            orders_last_min=link.orders_last_min(desk.steady_ns, self._window_ns),
        )

    def _gross_elsewhere(self, symbol: str) -> int:
        book, market = self.desk.book, self.desk.market
        return sum(round(book.worst(other) * market.mark_px(other)) for other in book.touched if other != symbol)

    def _buying_power(self) -> int:
        """Return what is left of the broker's buying power after the orders it may not have counted yet."""
        desk = self.desk
        if desk.account is None:
            return -1
        unseen = sum(order.leaves_qty * order.px for order in desk.book.unnamed.values())
        return max(0, desk.account.buying_power - unseen)
