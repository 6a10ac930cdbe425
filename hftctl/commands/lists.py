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

    forms = _forms(as_json=as_json, as_csv=as_csv)
    if day is None:
        live = [row for row in listing.running_picture(invocation.home()).orders if _wanted(row, strategy, symbol)]
        listing.show(invocation, "orders", live, listing.order_table(live), OrderRow, width=columns(), **forms)
        return
    home = invocation.home()
    told = [row for row in record.orders(home, record.day_of_record(home, day)) if _wanted(row, strategy, symbol)]
    table = listing.recorded_order_table(told)
    listing.show(invocation, "orders", told, table, record.RecordedOrder, width=columns(), **forms)


@click.group(short_help="Positions, and whose they are; --day: at its end.", invoke_without_command=True)
@_usual_options
@pass_invocation
def positions(
    invocation: Invocation, *, day: str | None, strategy: str | None, symbol: str | None, as_json: bool, as_csv: bool
) -> None:
    """Show each symbol: the broker's position and the strategies' ledgers that make it up; with --day the day's end."""
    from hftctl import listing, record
    from hftctl.picture import PositionRow

    if click.get_current_context().invoked_subcommand:
        return

    forms = _forms(as_json=as_json, as_csv=as_csv)
    if day is None:
        live = [row for row in listing.running_picture(invocation.home()).positions if _held(row, strategy, symbol)]
        listing.show(invocation, "positions", live, listing.position_table(live), PositionRow, width=columns(), **forms)
        return
    home = invocation.home()
    told = [row for row in record.positions(home, record.day_of_record(home, day)) if _held(row, strategy, symbol)]
    table = listing.recorded_position_table(told)
    listing.show(invocation, "positions", told, table, record.RecordedPosition, width=columns(), **forms)


@positions.command(short_help="Give unclaimed shares to a strategy's ledger.")
@click.argument("symbol")
@click.option("--strategy", required=True, metavar="NAME", help="Whose they become.")
@click.option("--qty", type=click.IntRange(min=1), default=None, help="How many of them; all by default.")
@click.option("--key", default="", metavar="TEXT", help="Names this claim: asked again with it, nothing changes.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@pass_invocation
def claim(invocation: Invocation, *, symbol: str, strategy: str, qty: int | None, key: str, as_json: bool) -> None:
    """Give shares that no order here explains (a trade by hand on the same account) to a strategy, at the market's mid.

    The strategy manages them from then on; what the broker holds does not change. Exit code 4 when the router refuses.
    """
    from hft.schema import PX_PER_USD
    from hft.settings import load
    from hftctl.claiming import claim as give
    from hftctl.families import check_in_fleet
    from hftctl.invocation import say_json
    from hftctl.picture import SCHEMA

    check_in_fleet(load(invocation.home()), strategy)
    done = give(invocation.home(), symbol.upper(), strategy, qty or 0, key)
    if as_json:
        told = {"symbol": symbol.upper(), "strategy": strategy, "qty": done.qty, "px": done.px / PX_PER_USD}
        say_json({"schema": SCHEMA, **told, "text": done.text})
    else:
        invocation.say(f"claimed: {done.text}" if done.qty else done.text)


@click.command(short_help="Every fill of a day, today's by default.")
@_usual_options
@pass_invocation
def trades(
    invocation: Invocation, *, day: str | None, strategy: str | None, symbol: str | None, as_json: bool, as_csv: bool
) -> None:
    """Show the fills as the broker reported them, from the record; it works with the fleet down."""
    from hftctl import listing, record

    forms = _forms(as_json=as_json, as_csv=as_csv)
    home = invocation.home()
    told = [row for row in record.trades(home, record.day_of_record(home, day)) if _wanted(row, strategy, symbol)]
    listing.show(invocation, "trades", told, listing.trade_table(told), record.TradeRow, width=columns(), **forms)


def _forms(*, as_json: bool, as_csv: bool) -> dict[str, bool]:
    """Return in which form to show; raise UsageError where both were asked for."""
    from hftctl.together import at_most_one

    at_most_one({"--json": as_json, "--csv": as_csv})
    return {"as_json": as_json, "as_csv": as_csv}


def _wanted(row: OrderRow | RecordedOrder | TradeRow, strategy: str | None, symbol: str | None) -> bool:
    return strategy in {None, row.strategy} and (symbol is None or symbol.upper() == row.symbol)


def _held(row: PositionRow | RecordedPosition, strategy: str | None, symbol: str | None) -> bool:
    from recorder.book import UNCLAIMED

    shares = {UNCLAIMED: getattr(row, UNCLAIMED, 0), **row.ledgers}  # live, nobody's stand beside the ledgers
    return (strategy is None or bool(shares.get(strategy))) and (symbol is None or symbol.upper() == row.symbol)
