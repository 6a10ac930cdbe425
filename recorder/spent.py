"""What a strategy's orders took already of the size that is shown now, so that no share is given to it twice. Pure.

Each strategy by itself: its books never touch another's. Forgotten when the price goes; a size that grows gives more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from recorder.fillmodels import across_px

if TYPE_CHECKING:
    from hft.messages import Quote

Shares = tuple[int, int]  # of the strict model, of the expected one
NOTHING: Shares = (0, 0)
Side = dict[str, tuple[int, "dict[str, Shares]"]]  # symbol → its price, and what each strategy took there


class Spent:
    """Of each symbol's touch: what was bought of the ask, and sold to the bid."""

    def __init__(self) -> None:
        self._asks: Side = {}
        self._bids: Side = {}

    def show(self, quote: Quote) -> None:
        """Forget what was taken at prices that this quote no longer shows."""
        symbol = quote.symbol  # asked of each quote: no loop over the sides
        ask, bid = self._asks.get(symbol), self._bids.get(symbol)
        if ask is not None and ask[0] != quote.ask_px:
            del self._asks[symbol]
        if bid is not None and bid[0] != quote.bid_px:
            del self._bids[symbol]

    def by(self, strategy: str, symbol: str, sign: int) -> Shares:
        """Return what a strategy's orders with this sign have taken of the size on their other side."""
        found = (self._asks if sign > 0 else self._bids).get(symbol)
        return found[1].get(strategy, NOTHING) if found is not None else NOTHING

    def add(self, strategy: str, sign: int, quote: Quote, shares: Shares) -> None:
        """Note what one of them has taken of it now."""
        side = self._asks if sign > 0 else self._bids
        _, taken = side.setdefault(quote.symbol, (across_px(quote, sign), {}))
        strict, expected = taken.get(strategy, NOTHING)
        taken[strategy] = strict + shares[0], expected + shares[1]
