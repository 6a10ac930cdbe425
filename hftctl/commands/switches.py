"""halt, resume, flatten: the switches for when something is wrong."""

from __future__ import annotations

import click

from hftctl.invocation import SECONDS, Invocation, can_ask, pass_invocation


@click.command(short_help="Kill switch: cancel all, take no new order; durable.")
@click.option("--reason", default="halted by hand", show_default=True, help="Why; it is recorded and shown.")
@click.option("--strategy", default="", metavar="NAME", help="Only this strategy.")
@pass_invocation
def halt(invocation: Invocation, *, reason: str, strategy: str) -> None:
    """Cancel all working orders and take no new one until `hftctl resume`; it outlives restarts."""
    from hftctl.switches import halt as do

    _check(invocation, strategy)
    undo = f"hftctl resume{f' --strategy {strategy}' if strategy else ''} ends it"
    invocation.say(f"{do(invocation.home(), reason, strategy)}; positions stay; {undo}")


@click.command(short_help="Clear the kill switch.")
@click.option("--strategy", default="", metavar="NAME", help="Only this strategy.")
@pass_invocation
def resume(invocation: Invocation, *, strategy: str) -> None:
    """Let trading go on after a halt; the loss that the daily limits count begins anew with it."""
    from hftctl.switches import resume as do

    _check(invocation, strategy)
    invocation.say(do(invocation.home(), strategy))


@click.command(short_help="Cancel, close and verify; works without the router too.")
@click.argument("symbol", nargs=-1)
@click.option("--strategy", default="", metavar="NAME", help="Only what this strategy holds.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--timeout", "timeout_s", type=SECONDS, default=30.0, show_default=True, help="Seconds.")
@pass_invocation
def flatten(invocation: Invocation, *, symbol: tuple[str, ...], strategy: str, yes: bool, timeout_s: float) -> int:
    """Cancel all working orders, close all positions (or those in SYMBOL...), and check at the broker that it is so.

    Exit code 0 when flat, 4 with a list of what is left.
    """
    from hft.errors import UsageError
    from hftctl.flattening import flatten as do

    if not yes:
        if not can_ask():
            raise UsageError("Nobody can be asked here.", "flatten closes positions.", "Add --yes if that is meant.")
        click.confirm(f"Close {', '.join(symbol) or strategy or 'all positions'}?", abort=True)
    symbols = tuple(name.upper() for name in symbol)
    result = do(invocation.home(), symbols, strategy, timeout_s, invocation.say)
    by = "as the broker says" if result.by == "router" else "straight at the broker"
    invocation.say(f"{result.text}, {by}" if result.ok else f"NOT flat, {by}: {result.text}")
    if result.ok and result.by == "router":
        invocation.say("the fleet may trade again: hftctl halt stops all trading, hftctl stop ends the fleet")
    invocation.say(*(f"  left: {what}" for what in result.left if what != result.text))
    return 0 if result.ok else 4


def _check(invocation: Invocation, strategy: str) -> None:
    """Refuse a name that nobody has: a kill switch that misses must say so."""
    if strategy:
        from hftctl.families import check_in_fleet
        from hftctl.looking import settings_of

        check_in_fleet(settings_of(invocation.home()), strategy)
