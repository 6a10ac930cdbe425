"""A core with its time, and a family that wishes for the same whatever happens: for the tests of the core."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from hft.clock import NS_PER_MS
from hft.messages import Ticks, Trade
from hft.schema import Limits
from hft.words import Side
from strategies import base
from strategies.sdk.core import WAKE_MS, StrategyCore
from strategies.sdk.fit import made
from tests.strategies.sdk.example import ELEVEN_NS, quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hft.messages import Message, Quote

WISH_PX = 4_499_900


class Bidder(base.Strategy[base.Params]):
    """Wishes for four shares at one price, whatever happens."""

    seen: tuple[tuple[bool, int], ...] = ()

    def on_quote(self, quote: Quote) -> Iterator[Message]:
        """Note whether it may act; wish."""
        self.seen = (*self.seen, (self.acting, quote.bid_px))
        if self.acting:
            yield from self.quote("SPY", Side.BUY, 4, WISH_PX, basis_ns=quote.recv_ns)

    def on_trade(self, trade: Trade) -> Iterator[Message]:
        """Give up at a price that cannot be."""
        if trade.px == 1:
            yield from self.disable("a share for nothing")


class Driver:
    """A core with its time."""

    def __init__(self) -> None:
        limits = msgspec.structs.asdict(Limits())
        strategy = made(Bidder, name="mm", epoch=3, symbols=("SPY",), given={}, limits=limits)
        self.bidder = strategy
        self.core = StrategyCore(strategy, pid=11)
        self.now_ns = ELEVEN_NS
        self.ticks_seq = 0

    def wake(self, times: int = 1) -> list[Any]:
        """Wake it so many times; return everything it said."""
        said: list[Any] = []
        for _ in range(times):
            self.now_ns += WAKE_MS * NS_PER_MS
            said += self.core.wake(self.now_ns)
        return said

    def tell(self, message: Any) -> list[Any]:  # noqa: ANN401 any message the core knows
        """Give it a message."""
        return list(self.core.handle(message, self.now_ns))

    def tick(self, *ticks: Any) -> list[Any]:  # noqa: ANN401 any kind of tick
        """Give it a batch."""
        self.ticks_seq += 1
        return self.tell(Ticks(epoch=1, seq=self.ticks_seq, ticks=ticks or (quote(now_ns=self.now_ns),)))

    @property
    def note(self) -> str:
        """Return its one line."""
        return self.core.standing().note
