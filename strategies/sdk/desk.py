"""A family's desk: it says what it wants, and the desk makes the intents that want it, one at a time.

Wishes: one per symbol and side. An order that rests close enough to the wish, or is too young to be moved towards the
market, stays; an untouched one is moved by one request; any other is cancelled, and the new one goes out when the
cancel has come back, never before: two orders for one wish would be twice the risk.
Pure: the core tells it the time, the ticks, the answers and reports.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hft.clock import NS_PER_MS, NS_PER_S
from hft.messages import ALL_SYMBOLS, CancelAll, CancelOrder, NewOrder, ReplaceOrder
from hft.words import OrdStatus, Refusal, Side, Tif
from strategies.sdk.checks import Proposal, why_not
from strategies.sdk.rules import tick_size
from strategies.sdk.situation import Situation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hft.messages import Refused
    from strategies.sdk.orders import Order
    from strategies.sdk.rules import Rules
    from strategies.sdk.session import Session

CANCEL_AGAIN_NS = 3 * NS_PER_S
QUOTE_AGE_NS_MAX = 60 * NS_PER_S
HELD_BACK_NS = 30 * NS_PER_S  # a reason older than this is history
NOT_MOVED_NS = 60 * NS_PER_S  # after the venue refused to move an order: cancel and new for so long
REST_MS = {  # how long to let a symbol's side rest after the router refused
    Refusal.EXPIRED: 200,
    Refusal.STALE_QUOTE: 500,
    Refusal.OPENING_CONFLICT: 5_000,
    Refusal.WASH_TRADE: 2_000,
    Refusal.CROSSES_ZERO: 5_000,
    Refusal.NOT_READY: 1_000,
    Refusal.ORDER_RATE: 10_000,
    Refusal.MARKET_CLOSED: 30_000,
    Refusal.UNKNOWN_SYMBOL: 600_000,
    Refusal.NOT_TRADABLE: 60_000,
    Refusal.NOT_SHORTABLE: 60_000,
}
REST_MS_ELSE = 5_000


@dataclass(slots=True)
class Wish:
    """An order a family would like to have resting."""

    qty: int
    px: int
    basis_ns: int
    keep_within: int  # 1e-4 dollar: an order this close to the wish stays
    is_entry: bool


class Desk(Situation):
    """Everything a family has in hand, and every way in which it may act."""

    def __init__(self, *, name: str, epoch: int, rules: Rules, session: Session, symbols: tuple[str, ...]) -> None:
        super().__init__(rules=rules, session=session)
        self.name, self.epoch, self.symbols = name, epoch, symbols
        self.unwatched: tuple[str, ...] = ()  # what the family wants and the fleet does not watch
        self.held_back = ""  # why the last wish did not become an order
        self._held_back_ns = 0
        self._held_back_in: dict[str, str] = {}  # the same by symbol
        self.never_sent: dict[str, tuple[int, str]] = {}  # check → how often it held a wish back, and its last words
        self.refusals = self.seq = 0
        self.suppressed: dict[str, int] = {}  # wishes that cost nothing, by why: equal, move, life
        self.wishes: dict[tuple[str, Side], Wish] = {}
        self.unmoved_until: dict[tuple[str, Side], int] = {}

    @property
    def is_busy(self) -> bool:
        """Return whether anything works, is on its way, or is wished for."""
        return bool(self.wishes or self.orders)

    @property
    def in_the_way(self) -> str:
        """Return what held the last wish back, "" when that was too long ago to be a reason now."""
        return self.held_back if self.now_ns - self._held_back_ns < HELD_BACK_NS else ""

    def held_back_in(self, symbol: str) -> str:
        """Return what holds the wishes in a symbol back, or "" when nothing is wished there or nothing does."""
        wished = any(key[0] == symbol for key in self.wishes)
        return self._held_back_in.get(symbol, "") if wished else ""

    # --- asking at once

    def limit(
        self, symbol: str, side: Side, qty: int, px: int, *, basis_ns: int, tif: Tif = Tif.DAY
    ) -> Iterator[NewOrder]:
        """Return the intent for a limit order, or nothing (`held_back` says why)."""
        entry = self.is_entry(symbol, side)
        proposal = Proposal(symbol, side, qty, px, basis_ns, entry)
        self.held_back, self._held_back_ns = why_not(self, proposal), self.now_ns
        self._held_back_in[symbol] = self.held_back
        if self.held_back:
            check = self.held_back.partition(":")[0]
            self.never_sent[check] = (self.never_sent.get(check, (0, ""))[0] + 1, self.held_back)
            return
        self.seq += 1
        intent = NewOrder(
            strategy=self.name,
            epoch=self.epoch,
            seq=self.seq,
            symbol=symbol,
            side=side,
            qty=qty,
            px=px,
            tif=tif,
            expires_ns=self.now_ns + self.rules.intent_ttl_ms * NS_PER_MS,
            basis_ns=basis_ns,
            reduce_only=not entry,
        )
        self.orders.placed(intent, self.now_ns)
        self.sent_ns.append(self.now_ns)
        yield intent

    def cancel(self, order: Order) -> Iterator[CancelOrder]:
        """Return the intent to cancel an order; nothing while it has no name yet, or was asked a moment ago."""
        asked_ns = order.cancel_asked_ns
        if not order.client_order_id or (asked_ns and self.now_ns - asked_ns < CANCEL_AGAIN_NS):
            return
        order.cancel_asked_ns = self.now_ns
        self.seq += 1
        yield CancelOrder(strategy=self.name, epoch=self.epoch, seq=self.seq, client_order_id=order.client_order_id)

    def cancel_all(self, symbol: str = ALL_SYMBOLS) -> Iterator[CancelAll]:
        """Return the intent to cancel all orders (of one symbol), and forget the wishes behind them."""
        for key in [key for key in self.wishes if symbol in {ALL_SYMBOLS, key[0]}]:
            del self.wishes[key]
        for order in self.orders:
            if symbol in {ALL_SYMBOLS, order.symbol}:
                order.cancel_asked_ns = self.now_ns
        self.seq += 1
        yield CancelAll(strategy=self.name, epoch=self.epoch, seq=self.seq, symbol=symbol)

    # --- wishing

    def quote(
        self, symbol: str, side: Side, qty: int, px: int, *, basis_ns: int, keep_within: int = 0
    ) -> Iterator[NewOrder | ReplaceOrder | CancelOrder]:
        """Wish for one resting order; return the intents that bring it nearer."""
        wish = self.wishes[symbol, side] = Wish(qty, px, basis_ns, keep_within, self.is_entry(symbol, side))
        for order in self.orders.at(symbol, side):
            self._suppress(self._why_enough(order, wish))
        yield from self._towards(symbol, side)

    def unquote(self, symbol: str, side: Side) -> Iterator[CancelOrder]:
        """Wish for no resting order here; return the cancels of what rests."""
        self.wishes.pop((symbol, side), None)
        for order in self.orders.at(symbol, side):
            yield from self.cancel(order)

    def settle(self) -> Iterator[NewOrder | ReplaceOrder | CancelOrder]:
        """Return what open wishes ask for now that something came back, or that time has passed.

        A cancel that has not come back for a while is asked again: it may have been lost with a router.
        """
        for order in [order for order in self.orders if order.cancel_asked_ns]:
            yield from self.cancel(order)
        for (symbol, side), wish in list(self.wishes.items()):
            if wish.is_entry is self.is_entry(symbol, side) and not self._is_past(symbol, side, wish):
                yield from self._towards(symbol, side)
            else:  # a fill turned it around (what was to close would open), or it can never be sent any more
                del self.wishes[symbol, side]

    def _is_past(self, symbol: str, side: Side, wish: Wish) -> bool:
        """Return whether nothing rests for a wish and its price is too old for an order: the family must wish anew."""
        too_old = self.now_ns - wish.basis_ns > self.rules.stale_after_ms * NS_PER_MS
        return too_old and not self.orders.at(symbol, side)

    def _towards(self, symbol: str, side: Side) -> Iterator[NewOrder | ReplaceOrder | CancelOrder]:
        wish = self.wishes[symbol, side]
        resting = self.orders.at(symbol, side)
        if any(order.is_moving for order in resting):
            return  # which of two orders it will be is not decided
        for order in resting:
            if not self._serves(order, wish):
                yield from self._move(order, wish) if len(resting) == 1 else self.cancel(order)
        if not resting:
            yield from self.limit(symbol, side, wish.qty, wish.px, basis_ns=wish.basis_ns)

    def _serves(self, order: Order, wish: Wish) -> bool:
        """Return whether a resting order is as good as the wish: near enough, not too big, not too old."""
        if order.cancel_asked_ns or not order.client_order_id:
            return not order.client_order_id  # an unanswered one is left alone until it has a name
        return bool(self._why_enough(order, wish))

    def _why_enough(self, order: Order, wish: Wish) -> str:
        """Return why a named order may stay although a wish came (`equal`, `move`, `life`), or ""."""
        if order.leaves_qty > wish.qty or not order.client_order_id or order.cancel_asked_ns or order.is_moving:
            return ""
        if order.px == wish.px:
            return "equal"
        age_ns, closer = self.now_ns - order.created_ns, order.side.sign * (wish.px - order.px)
        step = max(
            wish.keep_within, self.rules.replace_ticks_min * tick_size(order.px) - 1 if self.rules.replaces else 0
        )
        if abs(closer) <= step and age_ns < QUOTE_AGE_NS_MAX:
            return "move"
        young = self.rules.replaces and 0 <= age_ns < self.rules.replace_life_ms_min * NS_PER_MS
        return "life" if young and closer > 0 and wish.is_entry else ""

    def _suppress(self, why: str) -> None:
        if why:
            self.suppressed[why] = self.suppressed.get(why, 0) + 1

    def _move(self, order: Order, wish: Wish) -> Iterator[ReplaceOrder | CancelOrder]:
        """Return the intent to move a resting order to the wish, or to cancel it where that is not possible."""
        proposal = Proposal(
            order.symbol, order.side, wish.qty, wish.px, wish.basis_ns, wish.is_entry, freed=order.leaves_qty
        )
        if not self._is_movable(order) or why_not(self, proposal):
            yield from self.cancel(order)
            return
        self.seq += 1
        intent = ReplaceOrder(
            strategy=self.name,
            epoch=self.epoch,
            seq=self.seq,
            client_order_id=order.client_order_id,
            qty=wish.qty,
            px=wish.px,
            expires_ns=self.now_ns + self.rules.intent_ttl_ms * NS_PER_MS,
            basis_ns=wish.basis_ns,
            reduce_only=not wish.is_entry,
        )
        self.orders.moving(intent, order, self.now_ns)
        self.sent_ns.append(self.now_ns)
        yield intent

    def _is_movable(self, order: Order) -> bool:
        """Return whether the venue would move it: it rests, untouched."""
        resting = order.status is OrdStatus.NEW and not order.cum_qty and not order.is_immediate
        return self.rules.replaces and resting and self.now_ns >= self.unmoved_until.get((order.symbol, order.side), 0)

    # --- hearing back

    def rest(self, symbol: str, side: Side, reason: Refusal, text: str) -> None:
        """Leave a symbol's side alone for a while: the router refused an order there."""
        self.refusals += 1
        self.last_refusal = text or reason.value
        self.resting_until[symbol, side] = self.now_ns + REST_MS.get(reason, REST_MS_ELSE) * NS_PER_MS

    def filled(self, symbol: str) -> None:
        """Forget the wishes of a symbol whose position changed: the family will say what it wants now."""
        for side in Side:
            self.wishes.pop((symbol, side), None)

    def not_moved(self, symbol: str, side: Side) -> None:
        """Use cancel and new for a while: the venue did not move an order."""
        self.unmoved_until[symbol, side] = self.now_ns + NOT_MOVED_NS

    def refused(self, answer: Refused) -> list[CancelOrder]:
        """Take the router's no. What could not be moved is not wished where it rests: it is taken back."""
        order = self.orders.refused(answer)
        if order is None:
            return []
        if answer.reason is Refusal.SUPPRESSED:
            self._suppress("life")
            return []
        if answer.reason is not Refusal.NOT_REPLACEABLE:
            self.rest(order.symbol, order.side, answer.reason, answer.text)
        old = self.orders.find(order.replaces)
        return list(self.cancel(old)) if old else []
