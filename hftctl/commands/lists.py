"""orders, positions, trades: now from the router, of a day from the record."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import click

from hftctl.invocation import Invocation, columns, pass_invocation

if TYPE_CHECKING:
    from collections.abc import Callable

    from hftctl.picture import OrderRow, PositionRow
    from hftctl.record import RecordedOrder, RecordedPosition, TradeRow

Command = TypeVar("Command", bound="Callable[..., object]")


def _usual_options(command: Command) -> Command:
    """Give a command the options that all three lists share."""
    options = (
        click.option("--day", metavar="DAY", help="From the record of this day: 2026-11-23, or today."),
        click.option("--strategy", metavar="NAME", help="Only of this strategy."),
        click.option("--symbol", metavar="X", help="Only in this symbol."),
        click.option("--json", "as_json", is_flag=True, help="One JSON object."),
        click.option("--csv", "as_csv", is_flag=True, help="Comma-separated, every field."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.command(short_help="Orders that work now; --day: all of a day.")
@_usual_options
@pass_invocation
def orders(
    invocation: Invocation, *, day: str | None, strategy: str | None, symbol: str | None, as_json: bool, as_csv: bool
) -> None:
    """Show the orders that are not terminal, as the router holds them; with --day every order and what became of it."""
    from hftctl import listing, record
    from hftctl.picture import OrderRow

    forms = {"as_json": as_json, "as_csv": as_csv}
    if day is None:
        live = [row for row in listing.running_picture(invocation.home()).orders if _wanted(row, strategy, symbol)]
        listing.show(invocation, "orders", live, listing.order_table(live), OrderRow, width=columns(), **forms)
        return
    home = invocation.home()
    told = [row for row in record.orders(home, record.day_of_record(home, day)) if _wanted(row, strategy, symbol)]
    table = listing.recorded_order_table(told)
    listing.show(invocation, "orders", told, table, record.RecordedOrder, width=columns(), **forms)


@click.command(short_help="Positions, and whose they are; --day: at its end.")
@_usual_options
@pass_invocation
def positions(
    invocation: Invocation, *, day: str | None, strategy: str | None, symbol: str | None, as_json: bool, as_csv: bool
) -> None:
    """Show each symbol: the broker's position and the strategies' ledgers that make it up; with --day the day's end."""
    from hftctl import listing, record
    from hftctl.picture import PositionRow

    forms = {"as_json": as_json, "as_csv": as_csv}
    if day is None:
        live = [row for row in listing.running_picture(invocation.home()).positions if _held(row, strategy, symbol)]
        listing.show(invocation, "positions", live, listing.position_table(live), PositionRow, width=columns(), **forms)
        return
    home = invocation.home()
    told = [row for row in record.positions(home, record.day_of_record(home, day)) if _held(row, strategy, symbol)]
    table = listing.recorded_position_table(told)
    listing.show(invocation, "positions", told, table, record.RecordedPosition, width=columns(), **forms)


@click.command(short_help="Every fill of a day, today's by default.")
@_usual_options
@pass_invocation
def trades(
    invocation: Invocation, *, day: str | None, strategy: str | None, symbol: str | None, as_json: bool, as_csv: bool
) -> None:
    """Show the fills as the broker reported them, from the record; it works with the fleet down."""
    from hftctl import listing, record

    home = invocation.home()
    told = [row for row in record.trades(home, record.day_of_record(home, day)) if _wanted(row, strategy, symbol)]
    table = listing.trade_table(told)
    kind = record.TradeRow
    listing.show(invocation, "trades", told, table, kind, as_json=as_json, as_csv=as_csv, width=columns())


def _wanted(row: OrderRow | RecordedOrder | TradeRow, strategy: str | None, symbol: str | None) -> bool:
    return strategy in {None, row.strategy} and (symbol is None or symbol.upper() == row.symbol)


def _held(row: PositionRow | RecordedPosition, strategy: str | None, symbol: str | None) -> bool:
    return (strategy is None or bool(row.ledgers.get(strategy))) and (symbol is None or symbol.upper() == row.symbol)
