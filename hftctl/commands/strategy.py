"""strategy list, strategy why: the families, and what holds each back."""

from __future__ import annotations

import click

from hftctl.invocation import Invocation, columns, pass_invocation, say_json


@click.group(short_help="The families: list, why.")
def strategy() -> None:
    """Look at single strategies."""


@strategy.command("list", short_help="All families that could run, and what each does now.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@pass_invocation
def list_(invocation: Invocation, *, as_json: bool) -> None:
    """List every family that a file defines, whether it is part of the fleet, and what it does."""
    from hft.settings import load
    from hftctl.families import known_families
    from hftctl.picture import SCHEMA
    from hftctl.table import lay_out

    rows = known_families(load(invocation.home()))
    if as_json:
        say_json({"schema": SCHEMA, "strategies": rows})
        return
    cells = [(row.name, row.state, row.about) for row in rows]
    invocation.say(*lay_out(("STRATEGY", "STATE", "ABOUT"), cells, right=frozenset(), width=columns()))


@strategy.command("why", short_help="Every gate of a strategy, with its value and threshold.")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@pass_invocation
def why(invocation: Invocation, *, name: str, as_json: bool) -> None:
    """Say why a strategy does what it does: each condition that must hold, its value now, and whether it holds."""
    from hft.settings import load
    from hftctl.families import gates_of
    from hftctl.picture import SCHEMA
    from hftctl.table import lay_out

    beat = gates_of(load(invocation.home()), name)
    if as_json:
        say_json({"schema": SCHEMA, "name": name, "state": beat.activity, "why": beat.note, "gates": beat.gates})
        return
    invocation.say(f"{name} is {beat.activity or beat.state.value}: {beat.note}")
    cells = [("yes" if gate.passed else "NO", gate.name, gate.value, gate.threshold) for gate in beat.gates]
    if cells:
        header = ("HOLDS", "GATE", "VALUE", "THRESHOLD")
        invocation.say("", *lay_out(header, cells, right=frozenset(), width=columns()))
