"""status, logs: looking, without touching."""

from __future__ import annotations

import click

from hftctl.invocation import Invocation, columns, pass_invocation, say_json

WATCH_HZ = 2.0


@click.command(short_help="What runs, what it does and why, what it is worth.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object for scripts.")
@click.option("--watch", is_flag=True, help="Go on looking; q or Ctrl-C ends the view, never the fleet.")
@click.option("--quiet", is_flag=True, help="Print nothing; only the exit code.")
@pass_invocation
def status(invocation: Invocation, *, as_json: bool, watch: bool, quiet: bool) -> int:
    """Show the fleet. Works with everything down. Exit code 0 healthy, 3 not running, 4 degraded."""
    from hftctl.health import exit_code
    from hftctl.looking import look, settings_of
    from hftctl.together import at_most_one

    at_most_one({"--json": as_json, "--watch": watch, "--quiet": quiet})
    loaded = settings_of(invocation.home())
    if watch:
        return _watch(invocation)
    picture = look(loaded)
    if as_json:
        say_json(picture)
    elif not quiet:
        _show(invocation, picture)
    return exit_code(picture)


def _show(invocation: Invocation, picture: object) -> None:
    from hftctl.picture import Picture
    from hftctl.screen import status_lines

    assert isinstance(picture, Picture)
    if picture.running:
        invocation.say(*status_lines(picture, columns()))
        return
    halted = " The kill switch is set: hftctl resume clears it." if picture.state == "HALTED" else ""
    invocation.say(
        f"No fleet is running in {picture.home}.{halted}",
        "  hftctl start starts one (on the embedded exchange unless told otherwise); hftctl demo shows one.",
    )


def _watch(invocation: Invocation) -> int:
    from hftctl.health import exit_code
    from hftctl.live import must_be_seen, watch
    from hftctl.looking import settings_of

    must_be_seen("status --watch")
    home = invocation.home()
    return exit_code(watch(lambda: settings_of(home), WATCH_HZ, None, color=invocation.color))


@click.command(short_help="What the processes said; `logs events` shows the record.")
@click.argument("process", required=False)
@click.option("-f", "--follow", is_flag=True, help="Go on as more is written.")
@click.option("-n", "count", type=click.IntRange(min=0), default=50, show_default=True, help="Lines to show.")
@click.option("--level", type=click.Choice(["info", "warning", "error"]), help="Only this level and above.")
@click.option("--event", "pattern", metavar="GLOB", help="Only events whose name matches, as in 'order.*'.")
@click.option("--since", metavar="10m", help="Only what is newer: 30s, 10m, 2h, 1d.")
@click.option("--json", "as_json", is_flag=True, help="The lines as they are in the file.")
@pass_invocation
def logs(
    invocation: Invocation,
    *,
    process: str | None,
    follow: bool,
    count: int,
    level: str | None,
    pattern: str | None,
    since: str | None,
    as_json: bool,
) -> None:
    """Show the logs of one process, or of all in the order of time; PROCESS `events` is logs/events.jsonl."""
    from hftctl.invocation import on_terminal
    from hftctl.logs import (
        EVENTS,
        Filter,
        clock_of,
        follow_lines,
        newest_lines,
        nothing_to_show,
        other_time,
        pretty,
        sources,
    )
    from hftctl.together import refused_with

    if process == EVENTS:
        refused_with(
            "logs events", {"--level": level is not None}, "The record has no levels; --event chooses by name."
        )
    home = invocation.home()
    files = sources(home, process)
    kept = Filter(level=level, pattern=pattern, since=since, clock=clock_of(home, process))
    raw = as_json or not on_terminal()
    lines = newest_lines(files, kept, count)
    for line in lines:
        invocation.say(line if raw else pretty(line))
    if not lines and count and not follow:
        click.echo(nothing_to_show(files, kept), err=True)  # beside the output: a script reads no word as a line
    if not raw and (word := other_time(home, process)):
        click.echo(click.style(word, dim=True), err=True)
    if follow:
        for line in follow_lines(files, kept):
            invocation.say(line if raw else pretty(line))
