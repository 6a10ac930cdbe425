"""sim serve: the embedded exchange alone, for any Alpaca client."""

from __future__ import annotations

import click

from hftctl.commands.fleet import names
from hftctl.invocation import Invocation, pass_invocation


@click.group(short_help="The embedded exchange alone: serve.")
def sim() -> None:
    """Use the embedded exchange without a fleet."""


@sim.command(short_help="Serve an Alpaca-compatible exchange on this machine.")
@click.option("--port", default=0, show_default=True, help="0 takes a free one.")
@click.option("--seed", default=7, show_default=True, help="Seed of the generated day.")
@click.option("--tape", multiple=True, metavar="FILE", help="Play a recorded day instead; may be given several times.")
@click.option("--scenario", default="calm", show_default=True, metavar="NAME", help="Which generated market.")
@click.option("--symbols", callback=names, metavar="X,Y", help="What it trades.")
@click.option("--json", "as_json", is_flag=True, help="Say where it listens as one JSON line.")
@pass_invocation
def serve(
    _: Invocation,
    *,
    port: int,
    seed: int,
    tape: tuple[str, ...],
    scenario: str,
    symbols: tuple[str, ...] | None,
    as_json: bool,
) -> None:
    """Serve until SIGTERM or Ctrl-C. The addresses go unchanged into alpaca-py's url_override."""
    from venue.serve import run

    run(port=port, seed=seed, tape=tape, scenario=scenario, symbols=symbols or (), as_json=as_json)
