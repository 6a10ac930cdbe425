"""Shares that no order of ours explains, given to a strategy's ledger by a person: `hftctl positions claim`.

They change ledgers at the market's mid (without one: at what they cost), so the strategy's profit begins when they
become its own; the sum of all ledgers stays what it is. Each claim has a key: the same key again changes nothing.
Rule: only while broker and book agree on the symbol, and never more than is unclaimed. It asks nothing of the venue.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hft.control import Claim, ClaimDone
from risk.limits import usd
from router import records
from router.ids import RESERVED_LEDGERS, UNCLAIMED

if TYPE_CHECKING:
    from router.desk import Desk
    from router.gates import Gates


class Claims:
    """The way of a claim into the journal."""

    def __init__(self, desk: Desk, gates: Gates) -> None:
        self.desk, self.gates = desk, gates

    def claim(self, message: Claim) -> None:
        """Give the shares over and answer; or answer why not."""
        held = self.desk.book.qty(UNCLAIMED, message.symbol)
        wrong = "" if message.key in self.desk.book.claims else self._objection(message, held)
        if message.key in self.desk.book.claims:
            self._answer(message, ok=True, text="this claim was done before; nothing changed")
        elif wrong:
            self._answer(message, ok=False, text=wrong)
        elif not held:
            self._answer(message, ok=True, text=f"nothing of {message.symbol} is unclaimed")
        else:
            self._give(message, held)

    def _objection(self, message: Claim, held: int) -> str:
        desk, symbol = self.desk, message.symbol
        known = {*desk.config.strategies, *desk.book.ledgers} - RESERVED_LEDGERS
        if message.strategy not in known:
            return f"no strategy {message.strategy!r}; known: {', '.join(sorted(known))}"
        if self.gates.reconciling or not self.gates.reconciled:
            return f"the book is being compared with the broker: {self.gates.note()}"
        if symbol in desk.broken:
            return f"{symbol}: {desk.broken[symbol]}; hftctl resume takes the broker's word first"
        if desk.flattening.get("") or desk.flattening.get(message.strategy):
            return "a flatten is at work"
        if message.qty > abs(held):
            return f"{message.qty} {symbol} asked for, {abs(held)} are unclaimed"
        return ""

    def _give(self, message: Claim, held: int) -> None:
        desk, symbol = self.desk, message.symbol
        qty, sign = message.qty or abs(held), 1 if held > 0 else -1
        cost_px = desk.book.ledgers[UNCLAIMED][symbol].avg_px
        px = max(1, round(desk.market.mark_px(symbol) or cost_px))
        desk.write(
            records.Claimed(
                at_ns=desk.now_ns, key=message.key, symbol=symbol, ledger=message.strategy, signed_qty=sign * qty, px=px
            )
        )
        text = f"{sign * qty:+d} {symbol} at {usd(px)} to {message.strategy}, which now holds "
        text += f"{desk.book.qty(message.strategy, symbol):+d}; {desk.book.qty(UNCLAIMED, symbol):+d} stay unclaimed"
        self._answer(message, ok=True, text=text, qty=sign * qty, px=px)

    def _answer(self, message: Claim, *, ok: bool, text: str, qty: int = 0, px: int = 0) -> None:
        self.desk.say(ClaimDone(peer=message.peer, ok=ok, text=text, qty=qty, px=px))
