"""The exchange's own generated market for one strategy core: it sees IEX, it is filled against the national best quote.

So a gross edge is measured at the market's middle, not at that of the thin quote which made the family act.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hft.clock import NS_PER_S
from hft.messages import News, Quote, Trade
from tests.strategies.arena import Arena
from tests.strategies.worlds import MORNING_NS
from venue import rows
from venue.generator import Generator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hft.messages import Tick
    from venue.generator import Scenario
    from venue.rows import Row

SLICE_S = 60  # a generator that is not asked for ten minutes goes on from now


def market(seed: int, symbols: tuple[str, ...], scenario: Scenario, seconds: int) -> Iterator[Row]:
    """Return the rows of a generated morning."""
    made = Generator(seed=seed, symbols=symbols, start_ns=MORNING_NS, scenario=scenario)
    for until_s in range(SLICE_S, seconds + SLICE_S, SLICE_S):
        yield from made.until(MORNING_NS + min(until_s, seconds) * NS_PER_S)


def seen(row: Row) -> Tick | News | None:
    """Return what a family is told of a row; None for what nobody sees."""
    if isinstance(row, rows.Quote):
        return quote(row)
    if isinstance(row, rows.Print) and row.published:
        return Trade(symbol=row.symbol, exch_ns=row.t_ns, recv_ns=row.t_ns, px=row.px, qty=row.qty)
    if isinstance(row, rows.News):
        times = {"created_ns": row.t_ns, "recv_ns": row.t_ns}
        name = str(row.news_id)
        return News(epoch=1, seq=1, id=name, symbols=row.symbols, headline=row.headline, source="wire", **times)
    return None


def quote(row: rows.Quote | rows.Nbbo) -> Quote:
    """Return a row of quotes as a message."""
    return Quote(
        symbol=row.symbol,
        exch_ns=row.t_ns,
        recv_ns=row.t_ns,
        bid_px=row.bid_px,
        bid_qty=row.bid_qty,
        ask_px=row.ask_px,
        ask_qty=row.ask_qty,
    )


class Exchange(Arena):
    """An arena whose fills are made of the national best quote."""

    def live(self, market: Iterator[Row]) -> Exchange:
        """Play a market to its end."""
        for row in market:
            self.until(row.t_ns)
            if isinstance(row, rows.Nbbo):
                self.quotes[row.symbol] = quote(row)
                self._match(row.symbol, row.t_ns)
            elif message := seen(row):
                self.tell(message, row.t_ns)
        return self
