"""init, config, completion: setting up."""

from __future__ import annotations

import click

from hftctl.invocation import Invocation, columns, pass_invocation, say_json


@click.command(short_help="Write a commented hft.toml and .env into the home.")
@click.option("--force", is_flag=True, help="Begin hft.toml anew; .env is never written over.")
@pass_invocation
def init(invocation: Invocation, *, force: bool) -> None:
    """Write hft.toml and .env (readable by you alone), every line commented out: the defaults are in force."""
    from hftctl.templates import write_templates

    for path in write_templates(invocation.home(), force=force):
        invocation.say(f"wrote {path}")
    invocation.say("next: hftctl start (embedded exchange), or put your paper keys into .env and hftctl start --paper")


@click.group(short_help="The settings and where each came from: show, check.")
def config() -> None:
    """Look at the settings."""


@config.command("show", short_help="Every setting with its value and where it came from.")
@click.argument("part", required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@pass_invocation
def show(invocation: Invocation, *, part: str | None, as_json: bool) -> None:
    """Show every setting (or those that contain PART), secrets masked, with the source that decided it."""
    from hft.errors import UsageError
    from hftctl.picture import SCHEMA
    from hftctl.resolved import rows, shown
    from hftctl.table import lay_out

    home = invocation.home()
    found = [row for row in rows(home) if part is None or part in row.name]
    if not found:
        raise UsageError(f"No setting has {part!r} in its name.", "", "hftctl config show has all of them.")
    if as_json:
        say_json({"schema": SCHEMA, "settings": found})
        return
    cells = [shown(home, row) for row in found]
    invocation.say(*lay_out(("SETTING", "FROM", "VALUE"), cells, right=frozenset(), width=columns()))


@config.command("check", short_help="Do all checks of start, and start nothing.")
@click.option("--sim", is_flag=True, help="As for the embedded exchange.")
@click.option("--paper", is_flag=True, help="As for Alpaca paper; asks the broker.")
@pass_invocation
def check(invocation: Invocation, *, sim: bool, paper: bool) -> None:
    """Say whether `hftctl start` would get as far as starting processes."""
    from hftctl.launching import Wish
    from hftctl.starting import plan
    from hftctl.together import mode_of

    made = plan(invocation.home(), Wish(mode=mode_of(sim=sim, paper=paper)))
    fleet = made.loaded.settings.fleet
    invocation.say(
        f"ok: {fleet.mode}, {', '.join(fleet.strategies)} on {', '.join(fleet.symbols)}; nothing was started"
    )


@click.command(short_help="The script for your shell's tab key.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@pass_invocation
def completion(invocation: Invocation, *, shell: str) -> None:
    """Print a script; put `eval "$(hftctl completion bash)"` into your shell's start-up file."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None
    whole = click.get_current_context().find_root().command
    invocation.say(kind(whole, {}, "hftctl", "_HFTCTL_COMPLETE").source())
