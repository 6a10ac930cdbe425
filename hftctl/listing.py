"""Tables of orders and positions: for a screen, as JSON, as CSV."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from hft.errors import NotRunning, Unavailable
from hft.settings import load
from hftctl.invocation import Invocation, say_json
from hftctl.looking import look
from hftctl.picture import SCHEMA, OrderRow, Picture, PositionRow
from hftctl.screen import UNKNOWN
from hftctl.table import lay_out

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hft.home import Home

Table = tuple[tuple[str, ...], list[tuple[str, ...]]]
NUMBERS = frozenset({"QTY", "FILLED", "PRICE", "AGE", "BROKER", "AVG", "MARK", "UNCLAIMED"})


def running_picture(home: Home) -> Picture:
    """Return the picture of a fleet whose router answers; raise NotRunning or Unavailable otherwise."""
    picture = look(load(home))
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
            ", ".join(f"{name} {qty:+d}" for name, qty in sorted(row.ledgers.items()) if qty) or UNKNOWN,
        )
        for row in rows
    ]


def show(
    invocation: Invocation,
    word: str,
    rows: Sequence[object],
    table: Table,
    *,
    as_json: bool,
    as_csv: bool,
    width: int,
) -> None:
    """Print rows in the wanted form; an empty table says so in words."""
    header, cells = table
    if as_json:
        say_json({"schema": SCHEMA, word: list(rows)})
    elif as_csv:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([[name.lower().replace(" ", "_") for name in header], *cells])
        invocation.say(text.getvalue().rstrip())
    elif cells:
        invocation.say(*lay_out(header, cells, right=NUMBERS, width=width))
    else:
        invocation.say(f"no {word}")
