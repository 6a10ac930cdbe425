"""Families without an idea: they quote, take and cancel by the dice, to put every path of the fleet to work."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from strategies import base

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hft.messages import Message, Quote
    from strategies.sdk.desk import Desk


class Params(base.Params, frozen=True, kw_only=True):
    """The dice's seed, and how often it acts on a quote."""

    seed: int = 1
    act_share: float = 0.5
    qty_max: int = 9
    observe_min: float = 0.0
    orders_per_min_max: int = 1_000


class Wild(base.Strategy[Params]):
    """Anything, any time."""

    idea = "random orders"

    def __init__(self, params: Params, desk: Desk) -> None:
        super().__init__(params, desk)
        self._dice = random.Random(f"{params.seed}/{desk.name}/{desk.epoch}")

    def on_quote(self, quote: Quote) -> Iterator[Message]:
        if not quote.is_two_sided or not self.acting or self._dice.random() > self.params.act_share:
            return
        side = self._dice.choice(list(base.Side))
        qty = self._dice.randint(1, self.params.qty_max)
        far = quote.ask_px if side is base.Side.BUY else quote.bid_px
        near = quote.bid_px if side is base.Side.BUY else quote.ask_px
        chance = self._dice.random()
        if chance < 0.35:
            yield from self.limit(quote.symbol, side, qty, near, basis_ns=quote.recv_ns)
        elif chance < 0.55:
            yield from self.limit(quote.symbol, side, qty, far, basis_ns=quote.recv_ns)
        elif chance < 0.75:
            yield from self.take(quote, side, qty)
        elif chance < 0.95:
            behind = near - side.sign * base.CENT * self._dice.randint(0, 3)
            yield from self.quote(quote.symbol, side, qty, behind, basis_ns=quote.recv_ns)
        else:
            yield from self.cancel_all(quote.symbol)
