"""Would this limit order have been filled? Three answers from level-1 quotes and prints, for one order each.

- Strict: only when the market trades through the price, or the other side comes to it; sizes capped by what was shown.
  No assumption about the queue: a lower bound of fills.
- Expected: a place in the queue. Ahead is what was shown at the price; prints there move us on; cancels are assumed
  behind us until the shown size forces otherwise (the risk-averse model of hftbacktest). Depth and flow of the one
  venue that we see are scaled to the whole market.
- Optimistic: any print at the price fills everything. Where only a part of all prints is seen, so does the shown near
  side leaving the price, because nobody saw whether that was cancels or trades. An upper bound, never to be believed.

All three take (an order that crosses the spread on arrival) by walking the book one tick for each further shown size,
except the optimistic one, which gets everything at the far side as Alpaca's paper engine gives it.
`spent` is what the strategy's other orders took of the same shown size or print (recorder/spent.py).
A market order has the price 0: every price reaches it, and what it gets has the price of the quote or the print.
Pure; both sides share one path through `side.sign`. Prices int 1e-4 dollar, quantities int shares.
"""

from __future__ import annotations

from typing import NamedTuple

from hft.messages import Quote  # noqa: TC001 part of the signature that callers fill in
from hft.words import Side

TICK_PX = 100
SUB_DOLLAR_TICK_PX = 1
PX_PER_USD = 10_000
LEVELS_MAX = 50  # a walk deeper than this is not a fill that anybody would believe


class Fill(NamedTuple):
    """Shares at a price."""

    qty: int
    px: int


class Scale(NamedTuple):
    """How much larger the whole market is than what we see: its depth at the touch, and its flow of prints."""

    depth: float = 1.0
    flow: float = 1.0


WHOLE = Scale()  # everything is seen


class Limit:
    """The order: its side, price and quantity; `typical_qty` is what is usually shown at the touch of its symbol."""

    __slots__ = ("px", "qty", "side", "sign", "typical_qty")

    def __init__(self, side: Side, px: int, qty: int, typical_qty: int = 0) -> None:
        self.side, self.px, self.qty, self.typical_qty = side, px, qty, typical_qty
        self.sign = side.sign


def near(quote: Quote, side: Side) -> tuple[int, int]:
    """Return price and size of the side on which an order of `side` rests."""
    return (quote.bid_px, quote.bid_qty) if side is Side.BUY else (quote.ask_px, quote.ask_qty)


def far(quote: Quote, side: Side) -> tuple[int, int]:
    """Return price and size of the side that an order of `side` takes from."""
    return (quote.ask_px, quote.ask_qty) if side is Side.BUY else (quote.bid_px, quote.bid_qty)


def across_px(quote: Quote, sign: int) -> int:
    """Return only the price of that side, for an order with this sign."""
    return quote.ask_px if sign > 0 else quote.bid_px


def reaches(limit: Limit, far_px: int) -> bool:
    """Return whether the far side is at the order's price or better."""
    return far_px > 0 and (limit.px == 0 or limit.sign * (limit.px - far_px) >= 0)


def has_left(limit: Limit, quote: Quote) -> bool:
    """Return whether nobody is shown any more at the order's price or better, on its own side."""
    near_px, _ = near(quote, limit.side)
    return limit.px > 0 and (near_px == 0 or limit.sign * (limit.px - near_px) > 0)


def left_of(leaves: int, before: Limit, now: Limit) -> int:
    """Return what is left of an order that has another size now: what it has filled stays filled."""
    return max(0, now.qty - (before.qty - leaves))


def shares_of(fills: list[Fill]) -> int:
    """Return how many shares these fills are together."""
    return sum([qty for qty, _ in fills]) if fills else 0


def is_through(limit: Limit, px: int) -> bool:
    """Return whether a print went strictly beyond the order's price."""
    return limit.px == 0 or limit.sign * (limit.px - px) > 0


class Strict:
    """The lower bound."""

    __slots__ = ("_taken", "leaves", "limit")

    def __init__(self, limit: Limit) -> None:
        self.limit, self.leaves = limit, limit.qty
        self._taken = (0, 0)  # price and size of the far side that was counted already

    def arrive(self, quote: Quote, *, take: bool, spent: int = 0) -> list[Fill]:
        """Return what the order takes when it gets there; nothing from a quote that nobody should believe."""
        far_px, far_qty = far(quote, self.limit.side)
        fills = walk(self.limit, self.leaves, far_px, far_qty, spent) if take else []
        takes = bool(fills) or (take and reaches(self.limit, far_px))  # or others of ours had taken it all
        self._taken = (far_px, far_qty) if takes else (0, 0)
        self.leaves -= shares_of(fills)
        return fills

    def move(self, limit: Limit, quote: Quote, *, take: bool, spent: int = 0) -> list[Fill]:
        """Return what the order takes where it is moved to; what it took of a size that is still shown stays taken."""
        self.leaves, self.limit = left_of(self.leaves, self.limit, limit), limit
        again = self._taken[0] > 0 and self._taken[0] == far(quote, limit.side)[0]
        return self.on_quote(quote, spent) if again else self.arrive(quote, take=take, spent=spent)

    def on_quote(self, quote: Quote, spent: int = 0) -> list[Fill]:
        """Return what follows from a new top of book: what is newly shown on the far side at our price."""
        far_px, far_qty = far(quote, self.limit.side)
        if not self.leaves or not reaches(self.limit, far_px):
            self._taken = (0, 0)
            return []
        before = self._taken[1] if self._taken[0] == far_px else 0
        self._taken = (far_px, max(far_qty, before))
        return self._fill(far_qty - max(before, spent), far_px)

    def on_trade(self, px: int, qty: int, spent: int = 0) -> list[Fill]:
        """Return what follows from a print."""
        return self._fill(qty - spent, px) if is_through(self.limit, px) else []

    def _fill(self, qty: int, px: int) -> list[Fill]:
        qty = min(qty, self.leaves)
        if qty <= 0:
            return []
        self.leaves -= qty
        return [Fill(qty, self.limit.px or px)]


class Expected:
    """The central estimate: our place in the queue, in shares of the whole market."""

    __slots__ = ("_scale", "_taken", "ahead", "leaves", "limit")

    def __init__(self, limit: Limit, scale: Scale) -> None:
        self.limit, self.leaves = limit, limit.qty
        self._scale = scale
        self.ahead = 0.0
        self._taken = (0, 0.0)

    def arrive(self, quote: Quote, *, take: bool, spent: int = 0) -> list[Fill]:
        """Return what the order takes when it gets there, and join the queue with the rest."""
        far_px, far_qty = far(quote, self.limit.side)
        fills = walk(self.limit, self.leaves, far_px, int(far_qty * self._scale.depth), spent) if take else []
        takes = bool(fills) or (take and reaches(self.limit, far_px))
        self.leaves -= shares_of(fills)
        self._taken = (far_px, far_qty * self._scale.depth) if takes else (0, 0.0)
        self.ahead = 0.0 if takes else self._queue(quote)
        return fills

    def move(self, limit: Limit, quote: Quote, *, take: bool, spent: int = 0) -> list[Fill]:
        """Return what the order takes where it is moved to; it joins the queue there as the last."""
        self.leaves, self.limit = left_of(self.leaves, self.limit, limit), limit
        again = self._taken[0] > 0 and self._taken[0] == far(quote, limit.side)[0]
        return self.on_quote(quote, spent) if again else self.arrive(quote, take=take, spent=spent)

    def on_quote(self, quote: Quote, spent: int = 0) -> list[Fill]:
        """Return what follows from a new top of book; move up when less is shown than we thought to be ahead."""
        if not self.leaves:
            return []
        far_px, far_qty = far(quote, self.limit.side)
        if reaches(self.limit, far_px):
            shown = far_qty * self._scale.depth
            before = self._taken[1] if self._taken[0] == far_px else 0.0
            self._taken = (far_px, max(shown, before))
            self.ahead = 0.0
            return self._fill(shown - max(before, spent), far_px)
        self._taken = (0, 0.0)
        near_px, near_qty = near(quote, self.limit.side)
        if near_px == self.limit.px:
            self.ahead = min(self.ahead, near_qty * self._scale.depth)
        elif has_left(self.limit, quote):
            self.ahead = 0.0  # nobody else is left at our price
        return []

    def on_trade(self, px: int, qty: int, spent: int = 0) -> list[Fill]:
        """Return what follows from a print: at our price it moves the queue, beyond it we were reached."""
        volume = qty * self._scale.flow - spent
        if is_through(self.limit, px):
            self.ahead = 0.0
            return self._fill(volume, px)
        if px != self.limit.px or not self.leaves:
            return []
        beyond = volume - self.ahead
        self.ahead = max(0.0, -beyond)
        return self._fill(beyond, px)

    def _queue(self, quote: Quote) -> float:
        near_px, near_qty = near(quote, self.limit.side)
        better = self.limit.sign * (self.limit.px - near_px)
        if near_px == 0 or better > 0 or not self.limit.px:
            return 0.0
        shown = near_qty if better == 0 else max(near_qty, self.limit.typical_qty)
        return shown * self._scale.depth

    def _fill(self, qty: float, px: int) -> list[Fill]:
        whole = min(int(qty), self.leaves)
        if whole <= 0:
            return []
        self.leaves -= whole
        return [Fill(whole, self.limit.px or px)]


class Optimistic:
    """The upper bound."""

    __slots__ = ("_is_blind", "leaves", "limit")

    def __init__(self, limit: Limit, scale: Scale = WHOLE) -> None:
        self.limit, self.leaves = limit, limit.qty
        self._is_blind = scale.flow > 1

    def arrive(self, quote: Quote, *, take: bool) -> list[Fill]:
        """Return everything at the far side, if that is there; believed or not."""
        far_px, _ = far(quote, self.limit.side)
        return self._all(far_px) if reaches(self.limit, far_px) else []

    def move(self, limit: Limit, quote: Quote, *, take: bool) -> list[Fill]:
        """Return everything that is left, if the far side is there already."""
        self.leaves, self.limit = left_of(self.leaves, self.limit, limit), limit
        return self.arrive(quote, take=take)

    def on_quote(self, quote: Quote) -> list[Fill]:
        """Return everything once the far side comes to the price, or the near side left it and trades are unseen."""
        far_px, _ = far(quote, self.limit.side)
        left = self._is_blind and has_left(self.limit, quote)
        return self._all(self.limit.px or far_px) if left or reaches(self.limit, far_px) else []

    def on_trade(self, px: int, qty: int) -> list[Fill]:
        """Return everything once anything prints at the price or beyond."""
        return self._all(self.limit.px or px) if px == self.limit.px or is_through(self.limit, px) else []

    def _all(self, px: int) -> list[Fill]:
        qty, self.leaves = self.leaves, 0
        return [Fill(qty, px)] if qty else []


Model = Strict | Expected | Optimistic
Fills = tuple[list[Fill], list[Fill], list[Fill]]  # of the three models


def walk(limit: Limit, qty: int, far_px: int, shown_qty: int, spent: int = 0) -> list[Fill]:
    """Return the fills of taking `qty`: what is shown at the far side, then as much again for each tick beyond.

    `spent` of these shares, from the touch on, were taken by others before.
    """
    fills: list[Fill] = []
    if not reaches(limit, far_px):
        return fills
    if 0 < qty <= shown_qty - spent:  # nearly always
        return [Fill(qty, far_px)]
    tick = TICK_PX if far_px >= PX_PER_USD else SUB_DOLLAR_TICK_PX
    for level in range(LEVELS_MAX):
        px = far_px + limit.sign * level * tick
        if qty <= 0 or shown_qty <= 0 or not reaches(limit, px):
            break
        here, spent = max(shown_qty - spent, 0), max(spent - shown_qty, 0)
        if here:
            fills.append(Fill(min(qty, here), px))
            qty -= fills[-1].qty
    return fills
