"""What the venue says of each symbol: tradable or not, to be sold short or not. Asked at start, each day, at each open.

One symbol after another, with the priority of a poll: no order and no comparison waits for it.
Rule: it can only forbid entries. A symbol whose answer is not there yet trades (the venue refuses what it will not
have), and an exit is always tried.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hft import events
from hft.words import Refusal, Side
from risk.limits import Denied
from router import broker
from router.arbitration import closable
from router.broker import Priority
from router.day import day_of

if TYPE_CHECKING:
    from hft.messages import NewOrder
    from router.broker import AssetReply
    from router.desk import Desk
    from router.gates import Gates

RETRY_MS = 60_000
HTTP_NOT_FOUND = 404


class Assets:
    """Asks, and keeps the answers at the desk."""

    def __init__(self, desk: Desk, gates: Gates) -> None:
        self.desk, self.gates = desk, gates
        self._ticket = self._retry_ns = 0
        self._symbol, self._when = "", ("", False)
        self._left: list[str] = []

    def wake(self) -> None:
        """Ask for the next symbol, if the last one is answered and there is one."""
        desk = self.desk
        if self._ticket or not self.gates.reconciled or desk.steady_ns < self._retry_ns:
            return
        when = str(day_of(desk.now_ns)), desk.market.is_open(desk.now_ns)
        if when != self._when:
            self._when, self._left = when, sorted(desk.config.symbols, reverse=True)
        if self._left:
            self._symbol = self._left.pop()
            self._ticket = desk.ask(broker.GetAsset, Priority.POLL, symbol=self._symbol)

    def told(self, reply: AssetReply) -> None:
        """Keep an answer; tell of it when it forbids something, or no longer does."""
        if reply.ticket != self._ticket:
            return
        self._ticket = 0
        before, after = why_limited(self.desk.assets.get(reply.symbol)), why_limited(reply)
        self.desk.assets[reply.symbol] = reply
        if before != after:
            self.desk.tell(
                events.AssetNoted(
                    symbol=reply.symbol, tradable=reply.is_tradable, shortable=reply.is_shortable, text=after
                )
            )

    def failed(self, ticket: int, status: int = 0) -> None:
        """Take a refusal: a venue that does not know the symbol will not trade it; anything else is asked again."""
        if not ticket or ticket != self._ticket:
            return
        if status == HTTP_NOT_FOUND:
            self.told(broker.AssetReply(ticket=ticket, symbol=self._symbol, status="not an asset of the venue"))
            return
        self._ticket, self._retry_ns = 0, self.desk.steady_ns + self.desk.config.ns(RETRY_MS)
        self._left.append(self._symbol)


def why_limited(asset: AssetReply | None) -> str:
    """Return what an asset does not allow, in words; nothing when it allows all that we do, or is not known."""
    if asset is None:
        return ""
    if not asset.is_tradable:
        return f"{asset.symbol} is not tradable at the venue ({asset.status}): only exits are tried"
    if not asset.is_shortable:
        return (
            f"{asset.symbol} cannot be sold short at the venue (not easy to borrow): only shares that are held are sold"
        )
    return ""


def objection(desk: Desk, message: NewOrder, freed: int) -> Denied | None:
    """Return why the venue would not take this entry, or None. `freed`: shares of the order whose place it takes."""
    asset = desk.assets.get(message.symbol)
    if asset is None:
        return None
    if not asset.is_tradable:
        return Denied(Refusal.NOT_TRADABLE, why_limited(asset))
    held = closable(desk.book, message.symbol, message.side, freed=freed)
    if message.side is Side.SELL and not asset.is_shortable and message.qty > held:
        return Denied(Refusal.NOT_SHORTABLE, why_limited(asset))
    return None
