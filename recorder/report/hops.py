"""How long each hop of a day took, from the market's stamp on a quote to the record of a fill. Milliseconds.

An order that a tick called for says when the feed received that, when its strategy had decided and when the router
opened it in the journal. One that does not say so (a wish that waited, a leg that followed a fill, a flatten, all in
a record from before) has one hop for all three: the age of the newest quote of the symbol when it was sent.
Where the broker's clock is not ours (paper), the two hops that begin with its stamp carry the difference of the clocks.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from typing import TYPE_CHECKING

from hft.clock import NS_PER_MS
from hft.words import OrdStatus

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from hft.events import CancelRequested, OrderAccepted, OrderDone, OrderFilled, OrderSent
    from hft.messages import Quote

MS_PER_S = 1_000
BY_STRATEGY = DECISION, JOURNAL, ALL_THREE, ACK = (
    "tick to decision",
    "decision to journal",
    "newest quote to order",
    "order to acknowledgement",
)


def _floats() -> array[float]:
    return array("d")


class Hops:
    """What was measured; of one reader of the day, until another's is absorbed."""

    def __init__(self) -> None:
        self.feed_ms, self.cancel_ms, self.fill_ms = _floats(), _floats(), _floats()
        self.by_strategy: dict[str, defaultdict[str, array[float]]] = {hop: defaultdict(_floats) for hop in BY_STRATEGY}
        self._cancel_s: dict[str, float] = {}

    def on_quote(self, quote: Quote) -> None:
        """Take a quote: from its venue's stamp to its receipt."""
        self.feed_ms.append((quote.recv_ns - quote.exch_ns) / NS_PER_MS)

    def on_sent(self, event: OrderSent, now_ns: int, quote_ns: int) -> None:
        """Take an order that was sent; the newest quote of its symbol had come at `quote_ns`, 0 when there is none."""
        name, decided_ns, hops = event.strategy, event.decided_ns, self.by_strategy
        if event.tick_ns and decided_ns:
            hops[DECISION][name].append((decided_ns - event.tick_ns) / NS_PER_MS)
            hops[JOURNAL][name].append((event.intent_ns - decided_ns) / NS_PER_MS)
        elif quote_ns:
            hops[ALL_THREE][name].append((now_ns - quote_ns) / NS_PER_MS)

    def on_accepted(self, event: OrderAccepted) -> None:
        """Take an acknowledgement."""
        self.by_strategy[ACK][event.strategy].append(event.ack_ms)

    def on_cancel(self, event: CancelRequested, at_s: float) -> None:
        """Take the wish to cancel; only the first of an order counts."""
        self._cancel_s.setdefault(event.client_order_id, at_s)

    def on_done(self, event: OrderDone, at_s: float) -> None:
        """Take the end of an order."""
        asked_s = self._cancel_s.pop(event.client_order_id, None)
        if event.status is OrdStatus.CANCELED and asked_s is not None:
            self.cancel_ms.append((at_s - asked_s) * MS_PER_S)

    def on_filled(self, event: OrderFilled, now_ns: int) -> None:
        """Take a fill that the venue pushed to us."""
        if event.exch_ns and event.source == "stream":
            self.fill_ms.append((now_ns - event.exch_ns) / NS_PER_MS)

    def absorb(self, other: Hops, strategies: Container[str]) -> None:
        """Take over what another reader found of these strategies, and of nobody."""
        for hop, theirs in other.by_strategy.items():
            self.by_strategy[hop].update({name: found for name, found in theirs.items() if name in strategies})
        self.feed_ms += other.feed_ms
        self.cancel_ms += other.cancel_ms
        self.fill_ms += other.fill_ms

    def named(self) -> Iterator[tuple[str, array[float]]]:
        """Return each hop that was ever gone, with its name."""
        hops = [
            ("quote: market to feed", self.feed_ms),
            *((f"{hop}, {name}", ms) for hop, each in self.by_strategy.items() for name, ms in sorted(each.items())),
            ("cancel to acknowledgement", self.cancel_ms),
            ("fill: market to record", self.fill_ms),
        ]
        return ((name, found) for name, found in hops if found)
