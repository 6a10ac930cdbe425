"""The class a family is: handlers that take one message and return the messages that follow.

Rule: a family sees messages and `self.now_ns`, nothing else. Position, working orders and intents on their way are kept
here for it, once; what the router or the venue would refuse is not asked for (`sdk/checks.py`).
A handler with side effects and no output returns `()`: a generator does nothing until somebody iterates over it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar, get_args

from hft.messages import ALL_SYMBOLS
from hft.words import Side, Tif
from strategies.sdk.params import P, Params
from strategies.sdk.rules import tick_size

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hft.messages import (
        Bar,
        CancelAll,
        CancelOrder,
        ExecutionReport,
        Gate,
        Message,
        NewOrder,
        News,
        Quote,
        ReplaceOrder,
        Status,
        Trade,
    )
    from strategies.sdk.desk import Desk
    from strategies.sdk.session import Phase

V = TypeVar("V")


class Strategy(Generic[P]):
    """One family. `idea` is its one line for people."""

    idea = ""
    freezes = (
        False  # in a blackout (sdk/blackout.py): whether what rests is taken back, besides that nothing is entered
    )
    keeps_s = 3_600.0  # market seconds for which its memory is worth anything

    def __init__(self, params: P, desk: Desk) -> None:
        self.params, self.desk = params, desk
        self.is_keeping = False  # whether its memory is written down

    @classmethod
    def params_type(cls) -> type[Params]:
        """Return the P of `Strategy[P]`."""
        for base in getattr(cls, "__orig_bases__", ()):
            for argument in get_args(base):
                if isinstance(argument, type) and issubclass(argument, Params):
                    return argument
        return Params

    @classmethod
    def watches(cls, params: P, fleet: tuple[str, ...]) -> tuple[str, ...]:
        """Return the symbols it wants ticks of: by default those it is given, or all of the fleet's."""
        return params.symbols or fleet

    # --- what happens: a family overrides what it needs

    def on_quote(self, quote: Quote) -> Iterable[Message]:
        """Take a quote; `self.acting` is false for all but the newest of a batch, and for late ones."""
        return ()

    def on_trade(self, trade: Trade) -> Iterable[Message]:
        """Take a print."""
        return ()

    def on_bar(self, bar: Bar) -> Iterable[Message]:
        """Take a minute bar."""
        return ()

    def on_status(self, status: Status) -> Iterable[Message]:
        """Take a trading status. By default a halt cancels what works in the symbol."""
        return self.cancel_all(status.symbol) if status.halted else ()

    def on_news(self, news: News) -> Iterable[Message]:
        """Take a headline; the blackout that follows from it stands already. One may come twice: `id` tells."""
        return ()

    def on_report(self, report: ExecutionReport) -> Iterable[Message]:
        """Take news of an order of ours; position and working orders are up to date already."""
        return ()

    def on_timer(self) -> Iterable[Message]:
        """Do what time asks for; called some ten times a second."""
        return ()

    def memory(self) -> Mapping[str, object]:
        """Return the objects that are kept across a restart (`sdk/memory.py`), by name."""
        return {}

    def begin_anew(self) -> None:
        """Forget what was wanted, keep what was learnt: the last run did not crash, a person had it stopped."""

    # --- what it says of itself

    @property
    def is_warm(self) -> bool:
        """Return whether it has seen enough to trade on."""
        return True

    def why(self) -> str:
        """Return in one line why it does what it does at this moment."""
        shares = [f"{qty} {symbol}" for symbol, qty in self.desk.orders.positions.items() if qty]
        held = [f"holds {', '.join(shares)}"] if shares else []
        in_the_way = "" if self.desk.silence else self.desk.in_the_way  # without quotes that is the reason
        held_back = [f"held back by {in_the_way}"] if in_the_way else []
        return "; ".join([*held, *held_back]) or "nothing to do"

    def gates(self) -> tuple[Gate, ...]:
        """Return its conditions with value and threshold, for people."""
        return ()

    def flat(self, views: Mapping[str, V]) -> Iterator[tuple[str, V]]:
        """Return those of the views by symbol of which nothing is held: they wait to enter."""
        return ((symbol, view) for symbol, view in views.items() if not self.position(symbol))

    # --- what it can do

    @property
    def now_ns(self) -> int:
        """Return the market time of what is being handled, ns UTC."""
        return self.desk.now_ns

    @property
    def acting(self) -> bool:
        """Return whether an order may follow from what is being handled."""
        return self.desk.acting

    @property
    def phase(self) -> Phase:
        """Return the phase of the session."""
        return self.desk.phase

    def position(self, symbol: str) -> int:
        """Return the shares held (negative: short)."""
        return self.desk.position(symbol)

    def quote(
        self, symbol: str, side: Side, qty: int, px: int, *, basis_ns: int, keep_within: int = 0
    ) -> Iterator[NewOrder | ReplaceOrder | CancelOrder]:
        """Wish for one resting order here: kept if near enough, else moved, or cancelled first and then placed."""
        return self.desk.quote(symbol, side, qty, px, basis_ns=basis_ns, keep_within=keep_within)

    def unquote(self, symbol: str, side: Side) -> Iterator[CancelOrder]:
        """Wish for no resting order here."""
        return self.desk.unquote(symbol, side)

    def limit(
        self, symbol: str, side: Side, qty: int, px: int, *, basis_ns: int, tif: Tif = Tif.DAY
    ) -> Iterator[NewOrder]:
        """Ask for a limit order now, or for nothing when it would be refused."""
        return self.desk.limit(symbol, side, qty, px, basis_ns=basis_ns, tif=tif)

    def take(self, quote: Quote, side: Side, qty: int) -> Iterator[NewOrder]:
        """Ask for shares at the far side of the quote, immediate or cancel."""
        px = quote.ask_px if side is Side.BUY else quote.bid_px
        return self.limit(quote.symbol, side, qty, px, basis_ns=quote.recv_ns, tif=Tif.IOC)

    def cancel_all(self, symbol: str = ALL_SYMBOLS) -> Iterator[CancelAll]:
        """Ask for all orders (of one symbol) to be cancelled."""
        return self.desk.cancel_all(symbol)

    def disable(self, reason: str) -> Iterator[CancelAll]:
        """Stop entering, for the reason given, until a person starts the family anew; exits go on."""
        if self.desk.disabled_because:
            return
        self.desk.disabled_because = reason
        yield from self.cancel_all()


def passive_px(quote: Quote, side: Side, wanted: float) -> int:
    """Return `wanted` on the tick grid, away from the market, and at least a tick from the opposite side."""
    tick = tick_size(wanted)
    if side is Side.BUY:
        return min(int(wanted // tick) * tick, quote.ask_px - tick)
    return max(-int(-wanted // tick) * tick, quote.bid_px + tick)
