"""Tables of orders, positions and trades: for a screen, as JSON, as CSV (every field, one name per column)."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from hft.errors import NotRunning, Unavailable
from hftctl.invocation import Invocation, say_json
from hftctl.looking import look, settings_of
from hftctl.picture import SCHEMA, OrderRow, Picture, PositionRow
from hftctl.screen import UNKNOWN, clock_time
from hftctl.table import lay_out

if TYPE_CHECKING:
    from collections.abc import Sequence

    import msgspec

    from hft.home import Home
    from hftctl.record import RecordedOrder, RecordedPosition, TradeRow

Table = tuple[tuple[str, ...], list[tuple[str, ...]]]
NUMBERS = frozenset(
    {"QTY", "FILLED", "PRICE", "AGE", "BROKER", "AVG", "MARK", "UNCLAIMED", "MID", "POSITION", "FEE"},
)


# What a narrow screen does without, the first named first. FEE and MID stay longest: they are what a fill has cost.
YIELDS = ("CLIENT ORDER ID", "POSITION", "AGE", "FILLED", "FEE", "AVG", "TIME", "MARK", "MID")


def running_picture(home: Home) -> Picture:
    """Return the picture of a fleet whose router answers; raise NotRunning or Unavailable otherwise."""
    picture = look(settings_of(home))
    if not picture.running:
        raise NotRunning(f"No fleet is running in {home.root}.", "No process holds a lock there.", "hftctl start")
    if picture.reconciliation.state is None:
        raise Unavailable(
            "The router does not answer.", "It alone knows orders and positions.", "hftctl status shows what is wrong."
        )
    return picture


def order_table(rows: Sequence[OrderRow]) -> Table:
    """Return header and rows of the order table."""
    header = ("STRATEGY", "SYMBOL", "SIDE", "QTY", "FILLED", "PRICE", "STATUS", "AGE", "CLIENT ORDER ID")
    return header, [
        (
            row.strategy,
            row.symbol,
            row.side,
            str(row.qty),
            str(row.cum_qty),
            f"{row.px:.2f}",
            row.status,
            f"{row.age_s:.1f}s",
            row.client_order_id,
        )
        for row in rows
    ]


def position_table(rows: Sequence[PositionRow]) -> Table:
    """Return header and rows of the position table."""
    header = ("SYMBOL", "QTY", "BROKER", "AVG", "MARK", "UNCLAIMED", "LEDGERS")
    return header, [
        (
            row.symbol,
            str(row.qty),
            str(row.broker_qty),
            f"{row.avg_px:.4f}",
            UNKNOWN if row.mark_px is None else f"{row.mark_px:.4f}",
            str(row.unclaimed),
            _shares(row.ledgers),
        )
        for row in rows
    ]


def trade_table(rows: Sequence[TradeRow]) -> Table:
    """Return header and rows of the table of fills, times of New York."""
    header = ("TIME", "STRATEGY", "SYMBOL", "SIDE", "QTY", "PRICE", "MID", "POSITION", "FEE")
    return header, [
        (
            clock_time(row.ts),
            row.strategy,
            row.symbol,
            row.side,
            str(row.qty),
            f"{row.px:.2f}",
            f"{row.mid_px:.3f}" if row.mid_px else UNKNOWN,
            f"{row.position:+d}",
            f"{row.fee:.4f}",
        )
        for row in rows
    ]


def recorded_order_table(rows: Sequence[RecordedOrder]) -> Table:
    """Return header and rows of the table of a day's orders, times of New York."""
    header = ("TIME", "STRATEGY", "SYMBOL", "SIDE", "QTY", "FILLED", "PRICE", "AGE", "STATUS")
    return header, [
        (
            clock_time(row.ts),
            row.strategy,
            row.symbol,
            row.side,
            str(row.qty),
            str(row.cum_qty),
            f"{row.px:.2f}",
            UNKNOWN if row.age_ms is None else f"{row.age_ms / 1_000:.1f}s",
            f"{row.status}: {row.text}" if row.text not in {"", row.status} else row.status,
        )
        for row in rows
    ]


def recorded_position_table(rows: Sequence[RecordedPosition]) -> Table:
    """Return header and rows of the table of what a day ended with."""
    header = ("SYMBOL", "QTY", "MARK", "LEDGERS")
    return header, [
        (row.symbol, str(row.qty), UNKNOWN if row.mark_px is None else f"{row.mark_px:.4f}", _shares(row.ledgers))
        for row in rows
    ]


def _shares(ledgers: dict[str, int]) -> str:
    return ", ".join(f"{name} {qty:+d}" for name, qty in sorted(ledgers.items()) if qty) or UNKNOWN


def show(
    invocation: Invocation,
    word: str,
    rows: Sequence[msgspec.Struct],
    table: Table,
    kind: type[msgspec.Struct],
    *,
    as_json: bool,
    as_csv: bool,
    width: int,
) -> None:
    """Print rows (of `kind`) in the wanted form; an empty table says so in words."""
    header, cells = table
    if as_json:
        say_json({"schema": SCHEMA, word: list(rows)})
    elif as_csv:
        invocation.say(csv_text(rows, kind))
    elif cells:
        invocation.say(*lay_out(header, cells, right=NUMBERS, width=width, yields=YIELDS))
    else:
        invocation.say(f"no {word}")


def csv_text(rows: Sequence[msgspec.Struct], kind: type[msgspec.Struct]) -> str:
    """Return rows as CSV without a last newline: a column per field, dollars and shares as numbers."""
    from msgspec import structs

    names = [field.name for field in structs.fields(kind)]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([_cell(getattr(row, name)) for name in names] for row in rows)
    return text.getvalue().removesuffix("\n")


def _cell(value: object) -> object:
    return _shares(value) if isinstance(value, dict) else value
