"""Symbols on which broker and book do not agree: found, told, reduce-only, until the two agree or a person has looked.

Rule: nobody but a person takes the broker's word for shares that no order explains; only what was held before the very
first start is nobody's from the beginning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hft import events
from router import records
from router.ids import UNCLAIMED
from router.splits import advice, recognised

if TYPE_CHECKING:
    from router.amendments import Amendments
    from router.blotter import Blotter
    from router.broker import BrokerPosition
    from router.orders import Order

Odd = dict[str, tuple[int, int]]  # symbol → what the ledgers hold, what the broker holds


class Breaks:
    """The way of a symbol into `desk.broken` and out of it."""

    def __init__(self, desk: Blotter, amendments: Amendments) -> None:
        self.desk, self.amendments = desk, amendments
        self.positions: dict[str, BrokerPosition] = {}  # what the broker said last
        self.seen: Odd = {}  # where that was not the sum of our ledgers
        self._judged: Odd = {}  # where that stayed so, and no fill explained it
        self._taken: dict[str, tuple[int, int]] = {}  # symbol → shares and price of what a person took over

    def odd(self) -> Odd:
        """Return where the broker's positions are not the sum of our ledgers."""
        book = self.desk.book
        held = {symbol: position.qty for symbol, position in self.positions.items() if position.qty}
        symbols = held.keys() | {symbol for ledger in book.ledgers.values() for symbol in ledger}
        both = {symbol: (book.net_qty(symbol), held.get(symbol, 0)) for symbol in sorted(symbols)}
        return {symbol: (ours, theirs) for symbol, (ours, theirs) in both.items() if ours != theirs}

    def heal(self, still: set[str]) -> None:
        """Let go of the broken symbols that agree again, unless equal shares prove nothing."""
        desk = self.desk
        for symbol in desk.broken.keys() - still - desk.book.frozen.symbols.keys():
            del desk.broken[symbol]
            desk.splits.pop(symbol, None)

    def judge(self, odd: Odd, *, at_first_start: bool) -> None:
        """Give the verdict on mismatches that stayed: foreign shares at the very first start, broken ever after."""
        self._judged = dict(odd)
        for symbol, (ours, theirs) in odd.items():
            if self._is_explained(symbol, ours - theirs):
                continue
            if at_first_start:
                self._claim(symbol, theirs - ours, "held before the first start")
            elif symbol not in self.desk.broken and not self._is_split(symbol, ours, theirs):
                self._break(symbol, f"the broker holds {theirs}, the ledgers {ours}", theirs)

    def quarantine(self, order: Order, wrong: str) -> None:
        """Make the symbol of an order that makes no sense reduce-only, and tell."""
        if order.symbol not in self.desk.broken:
            self._break(order.symbol, f"order {order.client_order_id}: {wrong}", self.desk.book.net_qty(order.symbol))

    def _break(self, symbol: str, text: str, theirs: int) -> None:
        book, self.desk.broken[symbol] = self.desk.book, text
        ours, unclaimed = book.net_qty(symbol), book.qty(UNCLAIMED, symbol)
        self.desk.tell(
            events.ReconcileBroken(
                symbol=symbol, ledgers=ours - unclaimed, unclaimed=unclaimed, broker=theirs, text=text
            )
        )

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

    def _is_explained(self, symbol: str, surplus: int) -> bool:
        """Return whether a fill told late brought what a person had taken over; then that is nobody's no more."""
        taken, px = self._taken.get(symbol, (0, 0))
        left = self.desk.book.qty(UNCLAIMED, symbol) * (1 if taken > 0 else -1)
        if not taken or taken != surplus or left < abs(taken):
            return False
        self._adjust(symbol, -taken, px, "a fill told late explains what resume took over")
        del self._taken[symbol]
        return True

    def accept_all(self) -> list[str]:
        """Take the broker's word for broken symbols: a person has looked and resumed. Return those that must wait."""
        wait = [symbol for symbol in self.desk.broken if self.is_open(symbol)]
        for symbol in [symbol for symbol in self.desk.broken if symbol not in wait]:
            self.accept(symbol, "accepted by resume")
            if symbol in self.desk.book.frozen:
                self.desk.write(records.FreezeLifted(at_ns=self.desk.now_ns, symbol=symbol))
            self.desk.broken.pop(symbol, None)
        return wait

    def is_open(self, symbol: str) -> bool:
        """Return whether news may still come that explains what looks odd: taken over now, it would count twice."""
        desk = self.desk
        both = desk.book.net_qty(symbol), desk.broker_qty.get(symbol, 0)
        unexplained = both[0] != both[1] and self._judged.get(symbol) != both
        return unexplained or self.amendments.is_waited_for(symbol)

    def accept(self, symbol: str, reason: str) -> None:
        """Take the broker's word for one broken symbol; where it was a split, each ledger has its part of it.

        It trades again, unless the venue amended a fill in it: that a person must look at.
        """
        desk = self.desk
        split = desk.splits.pop(symbol, None)
        if split is not None:
            desk.write(records.SharesSplit(at_ns=desk.now_ns, symbol=symbol, new=split.new, old=split.old))
        delta = desk.broker_qty.get(symbol, 0) - desk.book.net_qty(symbol)
        if delta:
            self._taken[symbol] = delta, self._claim(symbol, delta, reason)
        if symbol not in desk.book.frozen:
            desk.broken.pop(symbol, None)
        self.seen.pop(symbol, None)

    def _claim(self, symbol: str, signed_qty: int, reason: str) -> int:
        """Book shares that no order explains to the unclaimed ledger, at the broker's price; return that."""
        found = self.positions.get(symbol)
        px = (found.avg_px or found.px) if found else round(self.desk.market.mark_px(symbol))
        self._adjust(symbol, signed_qty, px, reason)
        return px

    def _adjust(self, symbol: str, signed_qty: int, px: int, reason: str) -> None:
        self.desk.write(
            records.PositionAdjusted(
                at_ns=self.desk.now_ns,
                symbol=symbol,
                signed_qty=signed_qty,
                notional=px * abs(signed_qty),
                reason=reason,
            )
        )
