"""What became of one order on paper and in the expected book, and the one reason for the difference.

The reasons: `latency` (the same shares at another price), `paper_never_filled` (the market would have filled it, paper
did not), `stale_quote` (it arrived on a quote that is no price), `size` (paper gave more than was shown), `queue`
(others were before it), `never_traded` (nothing printed at its price while it stood there), `same`. What paper does not
charge is `fee`, and the way out of what only the expected book holds is `leftover`: both belong to the account, not to
an order.

An order that is moved (one request; a name of its own) stays one fate: what each model has filled of it stays filled.
Rule: it keeps its place in the queue only where the price stays and it does not grow; anywhere else it is the last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from recorder.fillmodels import Expected, Limit, Optimistic, Scale, Strict, across_px, left_of, reaches
from recorder.spent import NOTHING

if TYPE_CHECKING:
    from hft.events import OrderSent
    from hft.messages import Quote
    from recorder.fillmodels import Fills
    from recorder.spent import Shares, Spent

REASONS = ("stale_quote", "paper_never_filled", "never_traded", "size", "queue", "latency", "leftover", "fee")
SAME = "same"
SPREAD_BPS_MAX = 50.0  # wider than this, a quote is no price
BPS = 10_000
Models = tuple[Strict, Expected, Optimistic]


class Move(NamedTuple):
    """Where an order is to rest instead: under which name, with what quantity of its own, and with what was filled."""

    name: str
    px: int
    told_qty: int
    total_qty: int


class Fate:
    """One order from the moment it was sent. Quantities in shares, cash in 1e-4 dollar (negative when it paid).

    `name` is what it was called first, `current` what it is called since it was last moved; `limit.qty` counts what was
    filled under every name.
    Most orders are cancelled before anything happens to them, so the models are made when the first tick comes.
    """

    __slots__ = (
        "_models",
        "_quote",
        "_scale",
        "arrived",
        "current",
        "expected_cash",
        "expected_qty",
        "is_ioc",
        "is_settled",
        "later_names",
        "limit",
        "move",
        "name",
        "paper_cash",
        "paper_qty",
        "printed",
        "strategy",
        "symbol",
        "told_qty",
        "trusted",
    )

    def __init__(self, sent: OrderSent, limit: Limit, scale: Scale) -> None:
        self.name, self.strategy, self.symbol = sent.client_order_id, sent.strategy, sent.symbol
        self.current, self.told_qty = sent.client_order_id, sent.qty
        self.later_names: list[str] = []
        self.move: Move | None = None  # on its way to the venue
        self.limit, self._scale, self.is_ioc = limit, scale, sent.tif == "ioc"
        self.arrived = self.printed = False
        self.is_settled = False  # no model can fill any more of it
        self.trusted = True
        self.paper_qty = self.paper_cash = self.expected_qty = self.expected_cash = 0
        self._models: Models | None = None
        self._quote: Quote | None = None  # on which it arrived

    @property
    def is_market(self) -> bool:
        """Return whether it takes any price."""
        return self.limit.px == 0

    @property
    def models(self) -> Models:
        """Return the three models, arrived on the quote that was there."""
        if self._models is None:
            limit, scale = self.limit, self._scale
            self._models = (Strict(limit), Expected(limit, scale), Optimistic(limit, scale))
            if self._quote is not None:
                self._arrive(self._models, self._quote)
        return self._models

    def arrive(self, quote: Quote, trusted: bool, spent: Spent) -> Fills | None:  # noqa: FBT001 asked of each order: no keyword
        """Return what each model takes on arrival, None when the other side is out of reach."""
        self.trusted = trusted
        if reaches(self.limit, across_px(quote, self.limit.sign)):
            return self._arrive(self.models, quote, spent.by(self.strategy, self.symbol, self.limit.sign))
        self._quote = quote
        return None

    def _arrive(self, models: Models, quote: Quote, spent: Shares = NOTHING) -> Fills:
        strict, expected, optimistic = models
        return (
            strict.arrive(quote, take=self.trusted, spent=spent[0]),
            expected.arrive(quote, take=self.trusted, spent=spent[1]),
            optimistic.arrive(quote, take=self.trusted),
        )

    def ask_move(self, sent: OrderSent) -> None:
        """Note that another order is to take this one's place, as soon as the venue says so."""
        self.later_names.append(sent.client_order_id)
        total_qty = self.limit.qty + sent.qty - self.told_qty
        self.move = Move(sent.client_order_id, sent.px, sent.qty, total_qty)

    def take_place(self, quote: Quote | None, *, trusted: bool, typical_qty: int, spent: Spent) -> Fills | None:
        """Return what each model takes where the order is moved to; None when nothing can be taken there."""
        move, before = self.move, self.limit
        assert move is not None
        self.move, self.current, self.told_qty = None, move.name, move.told_qty
        keeps = move.px == before.px and move.total_qty <= before.qty
        limit = Limit(before.side, move.px, move.total_qty, before.typical_qty if keeps else typical_qty)
        if not keeps and quote is not None:
            return self._rest_at(limit, quote, trusted=trusted, spent=spent)
        self._keep(limit)
        return None

    def _keep(self, limit: Limit) -> None:
        self.limit = limit
        for model in self._models or ():
            model.leaves, model.limit = left_of(model.leaves, model.limit, limit), limit
        self.look()

    def _rest_at(self, limit: Limit, quote: Quote, *, trusted: bool, spent: Spent) -> Fills | None:
        self.limit, self.printed = limit, False
        if self._models is None:
            self._quote = None
            return self.arrive(quote, trusted, spent)
        self.trusted, taken = trusted, spent.by(self.strategy, self.symbol, self.limit.sign)
        strict, expected, optimistic = self._models
        fills = (
            strict.move(limit, quote, take=trusted, spent=taken[0]),
            expected.move(limit, quote, take=trusted, spent=taken[1]),
            optimistic.move(limit, quote, take=trusted),
        )
        self.look()
        return fills

    def resize(self, name: str, qty: int) -> None:
        """Take the venue's quantity of an order that took, or is to take, another's place.

        A smaller one says what was filled under the former name; where that is known here, it counts already.
        """
        if self.move is not None and name == self.move.name:
            grown = max(0, qty - self.move.told_qty)
            self.move = self.move._replace(told_qty=qty, total_qty=self.move.total_qty + grown)
        elif name == self.current:
            limit, grown = self.limit, qty - self.told_qty
            if self.later_names:
                grown = max(0, grown)
            self.told_qty = qty
            self._keep(Limit(limit.side, limit.px, limit.qty + grown, limit.typical_qty))

    def on_quote(self, quote: Quote, spent: Shares = NOTHING) -> Fills:
        """Return what each model fills on a new top of book; a market order waits for one that is a price."""
        strict, expected, optimistic = self.models
        if self.is_market and not is_trusted(quote):
            return [], [], optimistic.on_quote(quote)
        return strict.on_quote(quote, spent[0]), expected.on_quote(quote, spent[1]), optimistic.on_quote(quote)

    def on_trade(self, px: int, qty: int, spent: Shares = NOTHING) -> Fills:
        """Return what each model fills on a print, and note whether it was at the order's price or beyond."""
        self.printed = self.printed or self.is_market or self.limit.sign * (self.limit.px - px) >= 0
        strict, expected, optimistic = self.models
        return strict.on_trade(px, qty, spent[0]), expected.on_trade(px, qty, spent[1]), optimistic.on_trade(px, qty)

    def look(self) -> None:
        """Note whether anything is left to fill."""
        if self._models is not None:
            strict, expected, optimistic = self._models
            self.is_settled = not (strict.leaves or expected.leaves or optimistic.leaves)

    @property
    def reason(self) -> str:
        """Return why paper and the expected book differ on this order."""
        if self.paper_qty == self.expected_qty:
            return SAME if self.paper_cash == self.expected_cash else "latency"
        if self.paper_qty < self.expected_qty:
            return "paper_never_filled"
        if not self.trusted:
            return "stale_quote"
        if self.expected_qty:
            return "size"
        return "queue" if self.printed else "never_traded"


def is_trusted(quote: Quote) -> bool:
    """Return whether a quote has two sides that are not absurdly far apart."""
    bid_px, ask_px = quote.bid_px, quote.ask_px  # asked of each quote: no property
    return 0 < bid_px < ask_px and ask_px - bid_px <= SPREAD_BPS_MAX / BPS * ((bid_px + ask_px) / 2)
