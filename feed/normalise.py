"""Alpaca's messages to ours: floats to whole ten-thousandths of a dollar, letters to words. Pure.

Rule: what cannot be a price, a size or a time raises BadValue here, so no NaN and no negative size gets further.
A price of 0 is an empty side and stays 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from feed.frames import BarPart, QuotePart, StatusPart, TradePart, ns_of
from hft.messages import Bar, Quote, Status, Trade

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from hft.messages import Tick

PX_PER_USD = 10_000
PX_USD_MAX = 1e8
QTY_MAX = 10**9
# Half up: a decimal half such as 1.00005 lies a hair below itself as a float, so the threshold does too.
ROUND_UP = 0.5 + 1e-6

# Status codes of tapes A and B (digits) and C (letters). A code that is not here informs, and changes nothing:
# price indications, imbalances and the like come both inside and outside of halts.
HALTED = {"2": True, "3": False, "H": True, "P": True, "Q": True, "T": False}


class BadValue(ValueError):
    """A number that cannot be what it should be."""


def px_of(dollars: float) -> int:
    """Return dollars in 1e-4 dollar, rounded half up; raise BadValue unless 0 <= dollars < 1e8."""
    if not 0.0 <= dollars < PX_USD_MAX:  # also false for NaN
        raise BadValue(f"not a price: {dollars}")
    return int(dollars * PX_PER_USD + ROUND_UP)


def qty_of(shares: float) -> int:
    """Return whole shares, fractions cut off; raise BadValue unless 0 <= shares <= 1e9."""
    if not 0.0 <= shares <= QTY_MAX:
        raise BadValue(f"not a size: {shares}")
    return int(shares)


def _quote(part: QuotePart, recv_ns: int, _: bool) -> Quote:  # noqa: FBT001 one signature for the whole table
    return Quote(
        symbol=part.S,
        exch_ns=ns_of(part.t),
        recv_ns=recv_ns,
        bid_px=px_of(part.bp),
        bid_qty=qty_of(part.bs),
        ask_px=px_of(part.ap),
        ask_qty=qty_of(part.as_),
    )


def _trade(part: TradePart, recv_ns: int, _: bool) -> Trade:  # noqa: FBT001 one signature for the whole table
    if not part.p > 0:
        raise BadValue(f"not a print: {part.p}")
    return Trade(
        symbol=part.S,
        exch_ns=ns_of(part.t),
        recv_ns=recv_ns,
        px=px_of(part.p),
        qty=qty_of(part.s),
        conditions="".join(part.c or ()),
    )


def _bar(part: BarPart, recv_ns: int, _: bool) -> Bar:  # noqa: FBT001 one signature for the whole table
    return Bar(
        symbol=part.S,
        start_ns=ns_of(part.t),
        recv_ns=recv_ns,
        open_px=px_of(part.o),
        high_px=px_of(part.h),
        low_px=px_of(part.l),
        close_px=px_of(part.c),
        qty=qty_of(part.v),
        trades=part.n,
        vwap_px=px_of(part.vw),
    )


def _status(part: StatusPart, recv_ns: int, was_halted: bool) -> Status:  # noqa: FBT001 one signature for the whole table
    return Status(
        symbol=part.S,
        exch_ns=ns_of(part.t),
        recv_ns=recv_ns,
        halted=HALTED.get(part.sc, was_halted),
        code=part.sc,
        reason=part.rc or part.rm or part.sm,
    )


# From the kind of message to its translation: (message, recv_ns, whether the symbol was halted before) → tick.
TICKS: dict[type, Callable[[Any, int, bool], Tick]] = {
    QuotePart: _quote,
    TradePart: _trade,
    BarPart: _bar,
    StatusPart: _status,
}
