"""The blotter: what all parts of the router share while one message is handled, its orders, and the ways out of it.

A part reads the book and the market, and calls `write` (a record: the only way to change the book), `ask` (a request to
the broker), `say` (a message to a process) and `tell` (an event). What they put into `out` is the core's answer.
Rule: an event that stems from a record waits until the recorder has said what it holds (router/withheld.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from hft.events import JournalMissing
from hft.messages import StateChanged
from hft.words import OrdStatus
from risk.state import ACTIVE, Standing
from router import broker, records
from router.broker import Priority
from router.budget import Budget
from router.central import SETTLE_MS, STALE_MS, Central
from router.ids import client_order_id
from router.links import Link
from router.market import Market
from router.orders import OrdEvent
from router.outage import Outage
from router.reports import reports
from router.skew import Skew
from router.telling import events_of
from router.withheld import Withheld

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hft.events import Event
    from hft.words import Side, Tif
    from router.book import Book
    from router.config import Config
    from router.orders import Order, Purpose
    from router.splits import Split

WARNED_MS = 600_000
BACK_MS_MAX = 2_000  # a clock may go back so far without consequences
AGES_NS = 1 << 62
R = TypeVar("R", bound=broker.Request)


class Cancel:
    """A cancel that we want, until the order is terminal."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        self.asked_ns = 0
        self.tries = 0


class Blotter:
    """The state of the router core, and its output."""

    def __init__(self, config: Config, book: Book, now_ns: int) -> None:
        self.config, self.book, self.now_ns = config, book, now_ns
        self.steady_ns = now_ns  # what every wait is measured by: it stands still while `now_ns` goes back
        self.market, self.budget = Market(), Budget(config)
        self.central = Central(stale_ns=config.ns(STALE_MS), settle_ns=config.ns(SETTLE_MS), now_ns=now_ns)
        self.out: list[Any] = []
        self.links: dict[str, Link] = {}
        self.account: broker.AccountReply | None = None
        self.updates_up = False
        self.updates_note = "not connected yet"
        self.updates_refused = False  # it did not take the keys, and has not come up since
        self.stopping = ""
        self.cancels: dict[str, Cancel] = {}
        self.asked: dict[int, broker.Request] = {}
        self.broker_qty: dict[str, int] = {}  # symbol → what the venue last said it holds
        self.broken = {symbol: book.frozen.why(symbol) for symbol in book.frozen.symbols}  # → why it is reduce-only
        self.splits: dict[str, Split] = {}  # of the broken: those that look like a split
        self.assets: dict[str, broker.AssetReply] = {}  # symbol → what the venue allows in it
        self.exits_first: dict[str, str] = {}  # symbol → whose exit others must make way for
        self.closing: dict[str, str] = {}  # symbol → whose ledger a flatten is closing in it
        self.paused: dict[str, int] = {}  # strategy → until when it rests
        self.outage = Outage()
        self.skew = Skew()
        self.sent_ns: dict[int, int] = {}  # ticket → when the request left
        self.flattening: dict[str, int] = {}  # ledger or "" (all) → how many flattens work on it
        self._warnings: dict[str, tuple[int, str]] = {}
        self.wakes = 0
        self._ticket = 0
        self._withheld = Withheld(is_new=not book.epoch)

    def set_time(self, now_ns: int) -> int:
        """Take the time; return by how many ns the clock was set back since the last one."""
        step_ns = now_ns - self.now_ns
        self.now_ns = now_ns
        if step_ns >= 0:
            self.steady_ns += step_ns
            return 0
        return -step_ns

    def age_ns(self, order: Order) -> int:
        """Return how old an order is; one made before the clock was set back, by a time still to come, is very old."""
        age_ns = self.now_ns - order.created_ns
        return age_ns if age_ns > -self.config.ns(BACK_MS_MAX) else AGES_NS

    # --- the ways out

    def write(self, record: records.AnyRecord) -> None:
        """Apply a record, put it on the way to the journal, and tell of it."""
        order = self.book.orders.get(getattr(record, "client_order_id", ""))
        before: OrdStatus | None = order.status if order else None
        self.book.apply(record)
        self.out.append(record)
        for event in events_of(record, self.book, before):
            self.tell(event)
        for report in reports(record, self.book, self._next_seq):
            self.say(report)
        if isinstance(record, records.SharesSplit):
            for link in self.links.values():  # an update that nobody hears: they miss it and ask for their book anew
                link.told, link.update_seq = None, link.update_seq + 1

    def _next_seq(self, name: str) -> int:
        link = self.link(name)
        link.update_seq += 1
        return link.update_seq

    def say(self, message: object) -> None:
        """Send a message to another process."""
        self.out.append(message)

    def tell(self, event: Event) -> None:
        """Record an event; a marked one waits for the recorder's word."""
        if not self._withheld.keeps(event):
            self.out.append(event)

    def recorded(self, mark: int, replayed: Iterable[Event]) -> None:
        """Take the recorder's word: tell again what it does not hold, then what waited."""
        told = self._withheld.told(mark, replayed)
        for missing in [event for event in told if isinstance(event, JournalMissing)]:
            self.warn("journal", missing.text)
        self.out += told

    def ask(self, kind: type[R], priority: Priority, **fields: object) -> int:
        """Queue a request to the broker; return its ticket."""
        self._ticket += 1
        request = kind(ticket=self._ticket, priority=priority, **fields)
        self.asked[self._ticket] = request
        self.budget.ask(request)  # type: ignore[arg-type]  # R is one of AnyRequest
        return self._ticket

    def release(self) -> None:
        """Let out the requests whose turn has come."""
        for request in self.budget.due(self.steady_ns):
            self.sent_ns[request.ticket] = self.steady_ns
            self.out.append(request)

    def flush(self) -> list[Any]:
        """Return what has gathered, and begin anew."""
        out, self.out = self.out, []
        return out

    def warn(self, about: str, text: str) -> None:
        """Remember something that a person should see; one text for each subject, for a while."""
        self._warnings[about] = (self.steady_ns, text)

    def unwarn(self, about: str) -> None:
        """Forget a warning: what it was about is over."""
        self._warnings.pop(about, None)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return what was warned of lately."""
        since_ns = self.steady_ns - self.config.ns(WARNED_MS)
        return tuple(text for at_ns, text in self._warnings.values() if at_ns >= since_ns)

    # --- strategies

    def link(self, name: str) -> Link:
        """Return a strategy's line, made if it is not there yet."""
        found = self.links.get(name)
        if found is None:
            found = self.links[name] = Link(name, self.steady_ns)
        return found

    def tell_state(self, link: Link, standing: Standing) -> None:
        """Tell a strategy what it may do, if that has changed."""
        if link.told == standing:
            return
        link.told = standing
        link.update_seq += 1
        self.say(
            StateChanged(
                strategy=link.name,
                router_epoch=self.book.epoch,
                seq=link.update_seq,
                state=standing.state,
                reason=standing.reason,
            )
        )

    def latch(self, strategy: str) -> Standing:
        """Return the latched standing of a strategy, or of the account for the empty name."""
        return self.book.standings.get(strategy, ACTIVE) if strategy else self.book.standing

    # --- orders

    def open_order(
        self,
        *,
        ledger: str,
        symbol: str,
        side: Side,
        qty: int,
        px: int,
        tif: Tif,
        purpose: Purpose,
        priority: Priority,
        expires_ns: int = 0,
        epoch: int = 0,
        seq: int = 0,
        tick_ns: int = 0,
        decided_ns: int = 0,
        instead: Order | None = None,
    ) -> str:
        """Write an order down and queue it for the venue; return its name. `instead`: whose place it takes there."""
        number, exits = self.book.number + 1, purpose.value == "flatten"
        name = client_order_id(ledger, self.book.run, number, flatten=exits)
        quote = self.market.quotes.get(symbol)
        self.write(
            records.OrderOpened(
                at_ns=self.now_ns,
                client_order_id=name,
                ledger=ledger,
                symbol=symbol,
                side=side,
                qty=qty,
                px=px,
                tif=tif,
                purpose=purpose,
                number=number,
                epoch=epoch,
                seq=seq,
                bid_px=quote.bid_px if quote else 0,
                ask_px=quote.ask_px if quote else 0,
                replaces=instead.client_order_id if instead else "",
                tick_ns=tick_ns,
                decided_ns=decided_ns,
            )
        )
        self.link(ledger).requests += 1
        if instead is not None:
            self.move(instead, OrdEvent.REPLACE_ASKED)
            self.ask(
                broker.ReplaceRequest,
                priority,
                client_order_id=name,
                order_id=instead.order_id,
                px=px,
                qty=qty if qty != instead.qty else 0,
                expires_ns=expires_ns,
                exits=priority is Priority.REDUCE,
            )
            return name
        self.ask(
            broker.SubmitOrder,
            priority,
            client_order_id=name,
            symbol=symbol,
            side=side,
            qty=qty,
            px=px,
            tif=tif,
            expires_ns=expires_ns,
            exits=exits,
        )
        return name

    def move(self, order: Order, event: OrdEvent, *, order_id: str = "", text: str = "") -> bool:
        """Write a step of an order if its table has it; return whether it has."""
        if order.step(event) is None:
            return False
        self.write(
            records.OrderMoved(
                at_ns=self.now_ns,
                client_order_id=order.client_order_id,
                event=event,
                order_id=order_id if order_id != order.order_id else "",
                text=text,
            )
        )
        if order.is_done:
            self.cancels.pop(order.client_order_id, None)
            self._give_back(order)
        return True

    def _give_back(self, order: Order) -> None:
        """Let the order whose place another was to take go on, when that other did not come to life."""
        old = self.book.orders.get(order.replaces) if order.status is OrdStatus.REJECTED else None
        if old is not None and self.move(old, OrdEvent.REPLACE_REFUSED, text=order.text) and order.order_id:
            self.query(old)  # the venue had both: which of them it let go is its to say

    def query(self, order: Order, priority: Priority = Priority.QUERY) -> None:
        """Ask for an order's state, unless that is on its way already."""
        if not any(
            isinstance(request, broker.QueryOrder) and request.client_order_id == order.client_order_id
            for request in self.asked.values()
        ):
            self.ask(broker.QueryOrder, priority, client_order_id=order.client_order_id, order_id=order.order_id)
