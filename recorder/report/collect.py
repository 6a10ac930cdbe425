"""Everything that the report shows of one day, gathered in one pass over its events and ticks.

It runs the day's own folds (recorder/counts.py, recorder/session.py), so the page says what the summary says, and notes
on the way what only a picture needs: how profit grew, what was refused, how long the broker took.
A strategy's books never touch another's, so several readers may each take some strategies (recorder/report/shares.py)
and be put together: nothing here may depend on the order of two strategies' events.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from hft import events
from hft.clock import NS_PER_S
from hft.messages import Quote, Ticks
from hft.words import OrdStatus
from recorder.alerts import tag_of
from recorder.counts import Counts
from recorder.report.fills import Fills, fill_of
from recorder.report.holding import Holding
from recorder.report.hops import Hops
from recorder.report.profits import Profits
from recorder.session import Session, Watch

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from hft.eventline import Stamp
    from recorder.fillmodels import Scale
    from recorder.report.profits import Point

MINUTE_S = 60
RISKS_MAX = 200
PRICE_EVERY_S = 1.0
PRICE_WIDTH = 3  # s, bid, ask
Told = tuple["Stamp", events.AnyEvent, int]
Count = Callable[[Any], None]
Note = Callable[[Any, float], None]
Listeners = tuple[Count | None, Note | None]
DEAF: Listeners = None, None  # to what nobody counts or notes


class Collected:
    """One day: its folds, and what was noted on the way. Times in seconds UTC, profit in 1e-4 dollar."""

    def __init__(self, day: str, scale: Scale) -> None:
        self.day, self.scale = day, scale
        self.counts = Counts()
        watch: Watch = {
            events.OrderSent: self._on_sent_turn,
            events.OrderFilled: self._on_fill_turn,
            events.MarketMarked: self._on_mark_turn,
        }
        self.session = Session(day, scale, watch)
        self.profits = Profits()
        self.holdings: defaultdict[str, Holding] = defaultdict(Holding)  # by strategy
        self._end_ns = 0  # of the other reader
        self.fills = Fills()
        self._prices: defaultdict[str, array[float]] = defaultdict(_floats)  # symbol → PRICE_WIDTH numbers
        self.hops = Hops()
        self.requests: Counter[int] = Counter()  # minute → requests that orders and cancels cost
        self.refusals: Counter[tuple[str, str]] = Counter()
        self.broker_refusals: Counter[tuple[str, int, int]] = Counter()  # request, status, code
        self.breaks = 0  # broker and ledgers disagreed
        self.crossed: Counter[tuple[str, str, str]] = Counter()  # seller, buyer, symbol → shares past the market
        self.risks: list[tuple[float, str, str]] = []
        self.builds: Counter[str] = Counter()  # version / hash of the settings
        self.runs: list[dict[str, str]] = []
        self.missed_ticks = self.events = self.ticks = self.malformed = 0
        self.cost: Counter[str] = Counter()  # strategy → requests of every kind
        self.equity = 0  # the last that the broker said, 1e-4 dollar
        self._price_s: defaultdict[str, float] = defaultdict(float)
        self._sent_s: dict[str, float] = {}
        self.rest_s: defaultdict[str, array[float]] = defaultdict(_floats)  # strategy → how long filled orders rested
        self._listeners = self._with_counts(dict.fromkeys(RISKS, self._on_risk) | {
            events.FleetStarted: self._on_launch,
            events.ProcessStarted: self._on_started,
            events.OrderSent: self._on_sent,
            events.OrderAccepted: self._on_accepted,
            events.CancelRequested: self._on_cancel,
            events.OrderDone: self._on_done,
            events.OrderRefused: self._on_refused,
            events.RequestRefused: self._on_broker_refusal,
            events.ReconcileBroken: self._on_break,
            events.SharesCrossed: self._on_crossed,
            events.TicksMissed: self._on_missed,
            events.RecordMalformed: self._on_malformed,
            events.AccountMarked: self._on_account,
            events.RequestsCounted: self._on_requests,
        })  # fmt: skip

    def _with_counts(self, notes: dict[type[events.Event], Note]) -> dict[type[events.Event], Listeners]:
        counts = self.counts.handlers
        return {kind: (counts.get(kind), notes.get(kind)) for kind in counts.keys() | notes.keys()}

    # --- in the order of the file: counts that need no ticks

    def _on_risk(self, event: events.AnyEvent, at_s: float) -> None:
        self.risks.append((at_s, tag_of(type(event)), RISKS[type(event)](event)))
        if len(self.risks) >= 2 * RISKS_MAX:
            self._sort_risks()

    def _sort_risks(self) -> None:
        self.risks.sort()
        del self.risks[RISKS_MAX:]

    def _on_launch(self, event: events.FleetStarted, at_s: float) -> None:
        self.runs.append(
            {
                "launch": event.launch_id,
                "mode": event.mode,
                "strategies": ", ".join(event.strategies),
                "symbols": ", ".join(event.symbols),
            }
        )

    def _on_started(self, event: events.ProcessStarted, _: float) -> None:
        self.builds[f"{event.version} / {event.config_hash}"] += 1

    def _on_sent(self, event: events.OrderSent, at_s: float) -> None:
        self._sent_s[event.client_order_id] = at_s
        self.requests[int(at_s // MINUTE_S)] += 1

    def _on_accepted(self, event: events.OrderAccepted, _: float) -> None:
        self.hops.on_accepted(event)

    def _on_cancel(self, event: events.CancelRequested, at_s: float) -> None:
        self.hops.on_cancel(event, at_s)
        self.requests[int(at_s // MINUTE_S)] += 1

    def _on_done(self, event: events.OrderDone, at_s: float) -> None:
        sent_s = self._sent_s.pop(event.client_order_id, None)
        self.hops.on_done(event, at_s)
        if event.status is OrdStatus.FILLED and sent_s is not None:
            self.rest_s[event.strategy].append(at_s - sent_s)

    def _on_refused(self, event: events.OrderRefused, _: float) -> None:
        self.refusals[event.strategy, event.reason.value] += event.count

    def _on_broker_refusal(self, event: events.RequestRefused, at_s: float) -> None:
        self.broker_refusals[event.request, event.status, event.code] += 1
        self._on_risk(event, at_s)

    def _on_break(self, event: events.ReconcileBroken, at_s: float) -> None:
        self.breaks += 1
        self._on_risk(event, at_s)

    def _on_crossed(self, event: events.SharesCrossed, _: float) -> None:
        self.crossed[event.seller, event.buyer, event.symbol] += event.qty

    def _on_missed(self, event: events.TicksMissed, at_s: float) -> None:
        self.missed_ticks += event.missed
        self._on_risk(event, at_s)

    def _on_malformed(self, _: events.RecordMalformed, __: float) -> None:
        self.malformed += 1

    def _on_requests(self, event: events.RequestsCounted, _: float) -> None:
        self.cost.update(event.requests)

    def _on_account(self, event: events.AccountMarked, _: float) -> None:
        self.equity = event.equity

    # --- in the order of time: what needs to know the market

    def _on_sent_turn(self, event: events.OrderSent, now_ns: int) -> None:
        self.hops.on_sent(event, now_ns, self.session.honest.quoted_ns(event.symbol))

    def _on_fill_turn(self, event: events.OrderFilled, now_ns: int) -> None:
        at_s = now_ns / NS_PER_S
        self.hops.on_filled(event, now_ns)
        self.fills.append(fill_of(event, at_s, self.session.value_of(event.symbol), len(self.fills)))
        self.holdings[event.strategy].fill(event.symbol, at_s, event.side.sign * event.last_qty)
        self._note_profit(event.strategy, at_s)

    def _on_mark_turn(self, _: events.MarketMarked, now_ns: int) -> None:
        for name in self.session.honest.accounts:
            self._note_profit(name, now_ns / NS_PER_S)

    def _note_profit(self, name: str, at_s: float) -> None:
        if self.profits.is_due(name, at_s):
            self._note_profit_now(name, at_s)

    def _note_profit_now(self, name: str, at_s: float) -> None:
        honest = self.session.honest
        self.profits.note(name, at_s, honest.account(name).paper.pnl, *honest.worth(name))

    def _note_price(self, quote: Quote) -> None:
        at_s = quote.recv_ns / NS_PER_S
        if at_s >= self._price_s[quote.symbol] + PRICE_EVERY_S and quote.is_two_sided:
            self._price_s[quote.symbol] = at_s
            self._prices[quote.symbol].extend((at_s, quote.bid_px, quote.ask_px))
            self.hops.on_quote(quote)

    def quotes(self, symbol: str) -> list[Point]:
        """Return what the symbol's market showed, at most once a second: (s, bid, ask)."""
        return list(zip(*[iter(self._prices.get(symbol, ()))] * PRICE_WIDTH, strict=True))

    def absorb(self, other: Collected, strategies: Container[str]) -> None:
        """Take over what another reader found of these strategies, which were not ours."""
        for name, line in other.counts.lines.items():
            if name in strategies:
                self.counts.line(name).add(line)
        self.session.honest.absorb(other.session.honest, strategies)
        self.session.markouts.absorb(other.session.markouts, strategies)
        self.hops.absorb(other.hops, strategies)
        self._end_ns = other.session.now_ns
        self.profits.absorb(other.profits, strategies)
        self.rest_s.update({name: rested for name, rested in other.rest_s.items() if name in strategies})
        self.holdings.update({name: held for name, held in other.holdings.items() if name in strategies})
        self.fills.absorb(other.fills)
        self.risks += other.risks
        self.requests += other.requests
        self.refusals += other.refusals
        self.events += other.events

    def close(self) -> None:
        """Note how the day ended, and bring into one order what several readers may have found."""
        end_s = max(self.session.now_ns, self._end_ns) / NS_PER_S
        for name in self.session.honest.accounts:
            self._note_profit_now(name, end_s)
        self.profits.add_up()
        self.fills.sort(key=itemgetter(0, 1))  # when, whose
        self._sort_risks()

    def noted(self, told: list[Told], *, ownerless: bool = True) -> list[Told]:
        """Return the events as they are, having noted all, or only those that belong to a strategy."""
        listeners, noted = self._listeners, 0
        for _, event, ts_ns in told:
            if ownerless or getattr(event, "strategy", None):
                noted += 1
                count, note = listeners.get(type(event), DEAF)
                if count is not None:
                    count(event)
                if note is not None:
                    note(event, ts_ns / NS_PER_S)
        self.events += noted
        return told

    def watched(self, batches: Iterator[Ticks]) -> Iterator[Ticks]:
        """Return the batches as they are, noting quotes for the price charts."""
        for batch in batches:
            self.ticks += len(batch.ticks)
            for tick in batch.ticks:
                if type(tick) is Quote:
                    self._note_price(tick)
            yield batch


def _floats() -> array[float]:
    return array("d")


def _stood(event: events.HaltSet | events.StateNoted) -> str:
    why = f": {event.reason}" if event.reason else ""
    return f"{event.strategy or 'account'} {event.state.value}{why}"


RISKS: dict[type[events.Event], Callable[[Any], str]] = {
    events.HaltSet: _stood,
    events.HaltCleared: lambda event: f"{event.strategy or 'account'} trades again",
    events.StateNoted: _stood,
    events.StrategyDisabled: lambda event: f"{event.strategy}: {event.reason}",
    events.StrategyLost: lambda event: f"{event.strategy} silent for {event.silent_ms} ms",
    events.ReconcileBroken: lambda event: f"{event.symbol}: broker {event.broker}, ledgers {event.ledgers}",
    events.TradeAmended: lambda event: event.text,
    events.TradeCorrected: lambda event: event.text,
    events.FreezeLifted: lambda event: f"{event.symbol} trades again",
    events.OrderUnknown: lambda event: f"{event.client_order_id}: {event.reason}",
    events.OrderResolved: lambda event: f"{event.client_order_id}: {event.status.value}",
    events.FeedDisconnected: lambda event: event.reason,
    events.FeedConnected: lambda event: f"{len(event.symbols)} symbols",
    events.SymbolHalted: lambda event: f"{event.symbol} {'halted' if event.halted else 'trades'}: {event.reason}",
    events.RequestRefused: lambda event: f"{event.request} {event.status}: {event.text}",
    events.FlattenDone: lambda event: f"{event.scope}: {'flat' if event.ok else ', '.join(event.left)}",
    events.NewsUnavailable: lambda event: event.reason,
    events.TicksMissed: lambda event: f"{event.reader} missed {event.missed} batches",
    events.RecordGap: lambda event: f"{event.lost} events were not recorded",
}
