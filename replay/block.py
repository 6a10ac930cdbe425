"""Quotes in blocks: from the exchange through the feed to whoever listens, in one go, while nothing else is due.

A quote concerns nobody but the strategies as a rule. So the exchange turns here without the diary until the next thing
that is due elsewhere. What would still be on its way then is put into the diary, at the time that was drawn; who does
not act on a single quote (router, recorder) reads what came when he is next asked.
Rule: the same rows, dice, numbers and times as by events, one by one. Within a block a strategy may hear a quote before
the exchange has made those of the milliseconds until then: nothing passes between the two but quotes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from replay import plain
from replay.venue import TURN_NS
from venue.outbox import Frames
from venue.rows import Nbbo, Quote

if TYPE_CHECKING:
    from hft.messages import Ticks
    from replay.bus import Bus, Ends, Programs
    from replay.scheduler import Scheduler
    from replay.venue import Venue
    from venue.resting import Resting
    from venue.rows import Row


class Block:
    """The short way of quotes, for a fleet whose programs neither die nor miss anything."""

    def __init__(self, scheduler: Scheduler, venue: Venue, bus: Bus, fleet: Programs) -> None:
        self._scheduler, self._venue, self._feed = scheduler, venue, fleet.feed
        self._exchange, self._engine = venue.exchange, venue.exchange.engine
        self._router, self._record, self._bus = fleet.router, fleet.recorder.hear, bus
        self._batches, self._bus_due_ns = fleet.feed.core.ready, bus.ticks.due_ns
        self._line = fleet.feed.market
        self._line_due_ns = self._line.socket.due_ns
        self._tops: dict[str, Nbbo] = {}  # the newest of each symbol that the exchange has not noted yet
        self._waits: dict[str, Resting] = {}  # what rests in the symbols of which the newest prices are enough
        self._ends: dict[str, Ends] = {}  # who listens, as far as all of them are in step
        self._last: dict[str, tuple[Ticks, int]] = {}  # the last batch of each symbol in this block, and when it came

    def run(self) -> bool:
        """Turn the exchange now, and again until something else is due; return whether that was possible."""
        venue, scheduler, exchange = self._venue, self._scheduler, self._exchange
        if not (venue.is_plain and self._feed.hearts):
            return False
        heap, next_ns = scheduler.heap, exchange.source.next_ns
        at_ns, until_ns, quiet_ns = scheduler.now_ns, scheduler.until_ns, exchange.quiet_until_ns
        if at_ns >= quiet_ns:
            return False
        while True:
            if not self._turn(at_ns):
                quiet_ns = exchange.quiet_until_ns
            due_ns = next_ns()
            if due_ns is None:
                break
            due_ns = max(due_ns, at_ns + TURN_NS)
            if due_ns > until_ns or due_ns >= heap[0][0] or due_ns >= quiet_ns:
                break
            at_ns = due_ns
        self._note_tops()
        self._note_heard()
        scheduler.now_ns = at_ns
        venue.plan_turn()
        return True

    # --- the exchange

    def _turn(self, at_ns: int) -> bool:
        """Let what is due be published, and bring it to those who listen; return whether it was quotes alone."""
        exchange, outbox, tops, waits = self._exchange, self._engine.outbox, self._tops, self._waits
        is_usual = True
        for row in exchange.source.until(at_ns):
            if isinstance(row, Quote):
                exchange.rows_published += 1
                outbox.rows.append(row)
            elif (
                isinstance(row, Nbbo)
                and is_usual
                and row.symbol in waits
                and not waits[row.symbol].is_reached(row.bid_px, row.ask_px)
            ):
                tops[row.symbol] = row
            else:
                self._note_tops()
                exchange.take(row)
                self._know(getattr(row, "symbol", ""))
                is_usual = False
        if not is_usual:
            exchange.advance(at_ns)  # what followed may be due
        rows = outbox.rows
        if outbox.updates:
            self._scheduler.now_ns = at_ns
            self._venue.send(outbox.frames())
        elif rows:
            outbox.rows = []
            self._publish(rows, at_ns)
        return is_usual

    def _note_tops(self) -> None:
        """Let the exchange note the newest prices."""
        if self._tops:
            for row in self._tops.values():
                self._engine.on_nbbo(row)
            self._tops.clear()

    def _know(self, symbol: str) -> None:
        """Take notice of a symbol with a close of the day before: of its prices the exchange needs the newest only."""
        if symbol and self._engine.level(symbol).prior_close_px:
            self._waits[symbol] = self._engine.resting(symbol)

    # --- the feed

    def _publish(self, rows: list[Row], at_ns: int) -> None:
        """Let rows go to the feed, and on from there while nothing else is due before they arrive."""
        scheduler = self._scheduler
        scheduler.now_ns = at_ns
        found = plain.plain(rows, self._venue.wanted)
        if found is None:
            self._venue.send(Frames(rows, []))
        elif found:
            arrives_ns = self._line_due_ns(at_ns)
            if arrives_ns > scheduler.until_ns or arrives_ns >= scheduler.heap[0][0]:
                scheduler.at(arrives_ns, self._line.frame, (self._line.number, found))
            else:
                for batch in self._batches(plain.read(found, arrives_ns)):
                    self._pass_on(batch, arrives_ns)

    def _pass_on(self, batch: Ticks, at_ns: int) -> None:
        """Let a batch go to those who listen."""
        scheduler, topic = self._scheduler, batch.ticks[0].symbol
        arrives_ns = self._bus_due_ns(at_ns)
        if arrives_ns > scheduler.until_ns or arrives_ns >= scheduler.heap[0][0]:
            scheduler.now_ns = at_ns
            scheduler.at(arrives_ns, self._bus.deliver, batch)
            return
        scheduler.now_ns = arrives_ns
        ends = self._ends.get(topic) or self._find_ends(topic, batch)
        if ends is None:
            self._bus.deliver(batch)
            return
        for node in ends.strategies:
            node.hear(batch)
        if self._router.is_put_off(batch):
            self._last.pop(topic, None)
            self._last[topic] = batch, arrives_ns
        else:
            self._tell_router()
            self._router.hear(batch)
            self._last[topic] = batch, -1
        self._record(batch)

    def _find_ends(self, topic: str, batch: Ticks) -> Ends | None:
        """Return who hears a topic, None where one of them does not expect this number."""
        ends = self._bus.ends(topic)
        if not all(reader.expects(topic, batch) for reader in ends.readers):
            return None
        self._ends[topic] = ends
        return ends

    def _tell_router(self) -> None:
        """Let the router know of the newest quote of each symbol."""
        for topic, (batch, at_ns) in self._last.items():
            if at_ns >= 0:
                self._router.put_off(batch, at_ns)
                self._last[topic] = batch, -1

    def _note_heard(self) -> None:
        """Let the router know, and all readers count, what was heard in this block."""
        self._tell_router()
        for topic, (batch, _) in self._last.items():
            for reader in self._ends[topic].readers:
                reader.count(topic, batch)
        self._last.clear()
        self._ends.clear()
