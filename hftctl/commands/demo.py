"""demo: the whole fleet on the embedded exchange in a throw-away home; the first command of a newcomer."""

from __future__ import annotations

import click

from hftctl.invocation import SECONDS, Invocation, columns, on_terminal, pass_invocation


@click.command(short_help="See it all at work for a minute: no keys, nothing left behind.")
@click.option("--seconds", type=SECONDS, default=60.0, show_default=True, help="How long to trade.")
@click.option("--seed", default=7, show_default=True, help="Seed of the generated day.")
@click.option("--scenario", default="calm", show_default=True, metavar="NAME", help="Which generated market.")
@click.option("--no-tui", is_flag=True, help="Plain lines instead of the live view.")
@click.option("--keep", is_flag=True, help="Keep the home with its logs and data, and say where it is.")
@pass_invocation
def demo(invocation: Invocation, *, seconds: float, seed: int, scenario: str, no_tui: bool, keep: bool) -> int:
    """Start every family on the embedded exchange, show them trading, flatten, stop, and sum up.

    Exit code 0 only if the fleet traded and ended flat.
    """
    from hftctl.demo import Demo

    show = Demo(
        seconds=seconds,
        seed=seed,
        scenario=scenario,
        live=on_terminal() and not no_tui,
        keep=keep,
        width=columns(),
        say=invocation.say,
    )
    return show.run()
