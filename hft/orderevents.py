"""The events of an order's life, and the base of all events; hft/events.py has the others and the rules."""

from __future__ import annotations

import msgspec

from hft.words import OrdStatus, Refusal, Side


class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="event"):
    """Base of all events; stamped with the market time at which it leaves the core."""

    mark: int = 0


class OrderSent(Event, frozen=True, kw_only=True, tag="order.sent"):
    """An order passed every check, is in the journal, and goes to the venue.

    Its way: `tick_ns`, the feed received the tick that called for it; `decided_ns`, its strategy had decided;
    `intent_ns`, the router opened it in the journal. The first two are 0 where no tick called for it (a wish that
    waited, a leg that followed a fill, a flatten), in a replay, and in a record from before.
    """

    strategy: str
    client_order_id: str
    symbol: str
    side: Side
    qty: int
    px: int
    tif: str
    bid_px: int
    ask_px: int
    intent_ns: int
    replaces: str = ""  # the order whose place it takes at the venue, in one request
    tick_ns: int = 0
    decided_ns: int = 0


class OrderRefused(Event, frozen=True, kw_only=True, tag="order.refused"):
    """The router refused an intent; equal refusals in a row are counted in one line (`count`).

    `side` null and `symbol` empty: a cancel or replace of an order that the router does not know.
    """

    strategy: str
    symbol: str
    side: Side | None
    qty: int
    px: int
    reason: Refusal
    text: str
    count: int = 1


class OrderAccepted(Event, frozen=True, kw_only=True, tag="order.accepted"):
    """The venue has the order."""

    strategy: str
    client_order_id: str
    order_id: str
    ack_ms: float


class OrderFilled(Event, frozen=True, kw_only=True, tag="order.filled"):
    """Shares changed hands. `cum_qty` is the identity of the fill: it is booked as the increase of this number."""

    strategy: str
    client_order_id: str
    order_id: str
    symbol: str
    side: Side
    last_qty: int
    last_px: int
    cum_qty: int
    leaves_qty: int
    position: int
    broker_position: int
    realised: int
    mid_px: int
    source: str
    exch_ns: int
    fee: int = 0


class OrderResized(Event, frozen=True, kw_only=True, tag="order.resized"):
    """The venue gave a replacing order another quantity than was asked: fills crossed the replace."""

    strategy: str
    client_order_id: str
    qty: int


class TradeAmended(Event, frozen=True, kw_only=True, tag="trade.amended"):
    """The venue took a fill back (`trade_bust`) or booked it anew (`trade_correct`): its symbol takes exits only.

    `qty` and `px` as the venue told them; `text` says what a person should do. It is booked by `trade.corrected`.
    """

    strategy: str
    client_order_id: str
    symbol: str
    kind: str
    qty: int
    px: int
    text: str


class TradeCorrected(Event, frozen=True, kw_only=True, tag="trade.corrected"):
    """Order and positions of the venue show an amended fill: `taken_qty` left the ledger, `given_qty` entered it anew.

    `side` and `cum_qty` are the order's, `fee` the change of fees. The symbol takes exits only until a resume.
    """

    strategy: str
    client_order_id: str
    symbol: str
    side: Side
    taken_qty: int
    taken_px: int
    given_qty: int
    given_px: int
    cum_qty: int
    position: int
    broker_position: int
    realised: int
    fee: int
    text: str

    @property
    def parts(self) -> list[tuple[Side, int, int]]:
        """Return (side, shares, price) of what moved: out of the ledger against the order's side, into it along it."""
        both = (self.side.opposite, self.taken_qty, self.taken_px), (self.side, self.given_qty, self.given_px)
        return [part for part in both if part[1]]


class FreezeLifted(Event, frozen=True, kw_only=True, tag="freeze.lifted"):
    """A person looked at what the venue amended in a symbol, and resumed."""

    symbol: str


class CancelRequested(Event, frozen=True, kw_only=True, tag="order.cancel_requested"):
    """A cancel goes to the venue."""

    strategy: str
    client_order_id: str
    reason: str


class OrderDone(Event, frozen=True, kw_only=True, tag="order.done"):
    """The canonical line of an order: it is terminal."""

    strategy: str
    client_order_id: str
    order_id: str
    symbol: str
    side: Side
    qty: int
    cum_qty: int
    px: int
    status: OrdStatus
    text: str
    age_ms: float


class OrderUnknown(Event, frozen=True, kw_only=True, tag="order.unknown"):
    """Whether the venue has the order is not known; it counts against the limits until it is."""

    strategy: str
    client_order_id: str
    reason: str


class OrderResolved(Event, frozen=True, kw_only=True, tag="order.resolved"):
    """What became of an unknown order."""

    strategy: str
    client_order_id: str
    status: OrdStatus
    unknown_ms: float
