"""strategy list, why, enable, disable, pause: the families, what holds each back, and a person's word on each."""

from __future__ import annotations

import click

from hftctl.invocation import Invocation, columns, pass_invocation, say_json


@click.group(short_help="Single families: list, why, pause, disable, enable.")
def strategy() -> None:
    """Look at single strategies, and say what each may do."""


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
    from hftctl.families import gates_of, router_says, suppressed_of
    from hftctl.looking import settings_of
    from hftctl.picture import SCHEMA
    from hftctl.whys import in_words, own_limits, told

    loaded = settings_of(invocation.home())
    beat = gates_of(loaded, name)
    (line, breaks), suppressed = router_says(loaded, name), suppressed_of(beat)
    if as_json:
        says = {"state": beat.activity, "why": beat.note, "gates": beat.gates, "suppressed": suppressed}
        router = {"state": line.state, "reason": line.reason, "last_refusal": line.last_refusal} if line else None
        own = loaded.settings.own_limits(name)
        say_json({"schema": SCHEMA, "name": name, **says, "router": router, "limits": own})
        return
    invocation.say(*told(beat, columns()))
    words = [*in_words(line, suppressed, breaks), *own_limits(loaded.settings, name, beat, line)]
    if words:
        invocation.say("", *words)


@strategy.command(short_help="Take no order of it any more; durable. Its position stays.")
@click.argument("name")
@click.option("--reason", default="disabled by hand", show_default=True, help="Why; it is recorded and shown.")
@pass_invocation
def disable(invocation: Invocation, *, name: str, reason: str) -> None:
    """Cancel the orders of a strategy and take no new one, exits included, until `hftctl strategy enable`.

    It outlives restarts. What the strategy holds stays: hftctl flatten --strategy NAME closes it.
    """
    from hftctl.switches import halt

    done = halt(invocation.home(), reason, _family(invocation, name))
    invocation.say(f"{done}; its position stays; hftctl strategy enable {name} ends it")


@strategy.command(short_help="No new position; exits go on. Durable.")
@click.argument("name")
@click.option("--reason", default="paused by hand", show_default=True, help="Why; it is recorded and shown.")
@pass_invocation
def pause(invocation: Invocation, *, name: str, reason: str) -> None:
    """Cancel a strategy's entries and take no new one until `hftctl strategy enable`; its exits go on."""
    from hftctl.switches import pause as do

    done = do(invocation.home(), reason, _family(invocation, name))
    invocation.say(f"{done}; hftctl strategy enable {name} ends it")


@strategy.command(short_help="Let it trade again after disable, pause or a limit.")
@click.argument("name")
@pass_invocation
def enable(invocation: Invocation, *, name: str) -> None:
    """Let a strategy trade again; its count of the day's losses begins anew. hftctl start starts its process."""
    from hftctl.switches import resume

    invocation.say(resume(invocation.home(), _family(invocation, name)))


def _family(invocation: Invocation, name: str) -> str:
    from hftctl.families import check_in_fleet
    from hftctl.looking import settings_of

    check_in_fleet(settings_of(invocation.home()), name)
    return name
