"""data: the recorded days: list, verify, export, rebuild, prune."""

from __future__ import annotations

import click

from hftctl.invocation import Invocation, can_ask, columns, pass_invocation, say_json


@click.group(short_help="The recorded days: list, verify, export, rebuild, prune.")
def data() -> None:
    """Look after what was recorded."""


@data.command("list", short_help="Every day with its ticks and sizes.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@pass_invocation
def list_(invocation: Invocation, *, as_json: bool) -> None:
    """List the days of which ticks or events are kept."""
    from hftctl import shelf
    from hftctl.picture import SCHEMA
    from hftctl.table import lay_out

    home = invocation.home()
    rows = [shelf.day_row(home, day) for day in shelf.known_days(home)]
    if as_json:
        say_json({"schema": SCHEMA, "days": rows})
        return
    if not rows:
        invocation.say(f"nothing is recorded in {home.root} yet")
        return
    cells = [
        (
            row.day,
            f"{row.quotes:,}",
            f"{row.trades:,}",
            shelf.mib(row.tape_bytes),
            shelf.mib(row.events_bytes),
            "yes" if row.report else "–",
            ", ".join(row.symbols) or "–",
        )
        for row in rows
    ]
    right = frozenset({"QUOTES", "TRADES", "TAPE", "EVENTS"})
    header = ("DAY", "QUOTES", "TRADES", "TAPE", "EVENTS", "REPORT", "SYMBOLS")
    yields = ("EVENTS", "TRADES", "TAPE")
    invocation.say(*lay_out(header, cells, right=right, width=columns(), yields=yields))


@data.command("verify", short_help="Read everything; say what is torn, missing or unreadable.")
@click.argument("day", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@pass_invocation
def verify(invocation: Invocation, *, day: tuple[str, ...], as_json: bool) -> int:
    """Read DAY... (all by default) from the first byte to the last. Exit code 4 when something is wrong."""
    from hftctl import shelf
    from hftctl.picture import SCHEMA

    home = invocation.home()
    found = [shelf.verify(home, each) for each in _days(invocation, day)]
    if as_json:
        say_json({"schema": SCHEMA, "days": found})
    for each in [] if as_json else found:
        missed = f", {each.missed_batches:,} batches missed (the tick stream may lose them)" * bool(each.missed_batches)
        word = f"{len(each.problems)} PROBLEMS" if each.problems else "whole"
        invocation.say(f"{each.day}: {word}; {each.ticks:,} ticks, {each.events:,} events{missed}")
        invocation.say(*(f"  {problem}" for problem in each.problems))
    return 4 if any(each.problems for each in found) else 0


def _days(invocation: Invocation, asked: tuple[str, ...]) -> list[str]:
    from hft.errors import NotRunning
    from hftctl import shelf
    from hftctl.record import day_named

    home = invocation.home()
    known = shelf.known_days(home)
    asked = tuple(day_named(home, day) for day in asked)
    unknown = [day for day in asked if day not in known]
    if unknown or not known:
        raise NotRunning(
            f"Nothing was recorded {f'on {unknown[0]}' if unknown else 'in this home'}.",
            f"{home.root} has {', '.join(known) or 'no day'}.",
            "hftctl data list shows the days.",
        )
    return list(asked) or known


@data.command("export", short_help="A day as CSV or Parquet: ticks, orders, trades.")
@click.argument("day", required=False)
@click.option("--csv", "as_csv", is_flag=True, help="Comma-separated (the default).")
@click.option("--parquet", is_flag=True, help="Parquet (needs duckdb).")
@click.option("--out", metavar="DIR", help="Where to; else export/ in the home.")
@pass_invocation
def export(invocation: Invocation, *, day: str | None, as_csv: bool, parquet: bool, out: str | None) -> None:
    """Write DAY (the last one by default) for other tools: prices in dollars, times in ns UTC."""
    from pathlib import Path

    from hftctl import exporting
    from hftctl.together import at_most_one

    at_most_one({"--csv": as_csv, "--parquet": parquet})
    if parquet:
        exporting.check_parquet()
    home = invocation.home()
    chosen = _days(invocation, () if day is None else (day,))[-1]
    folder = Path(out).expanduser() if out else home.root / "export"
    for path in exporting.export(home, chosen, folder, parquet=parquet):
        invocation.say(f"wrote {path}")


@data.command("rebuild", short_help="Write daily_summary.csv anew from the record.")
@pass_invocation
def rebuild(invocation: Invocation) -> None:
    """Write logs/daily_summary.csv anew: for one that was lost, or that a spreadsheet saved in its own way."""
    from hft import settings
    from hftctl import summing
    from recorder.summaryfile import ASIDE

    done = summing.rebuild(settings.load(invocation.home()))
    if done.unreadable:
        invocation.say(f"the old one was not readable ({done.unreadable}); it is kept as {done.path.name}{ASIDE}")
    invocation.say(f"wrote {done.path}: {len(done.days)} day{'s' * (len(done.days) != 1)}")


@data.command("prune", short_help="Remove ticks (and, if told, events) of old days.")
@click.option("--keep", required=True, metavar="30d", help="What is not older than so many days stays.")
@click.option("--events", is_flag=True, help="Also remove the events of those days; reports can't be made anew then.")
@click.option("--dry-run", is_flag=True, help="Say what would go, and remove nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_invocation
def prune(invocation: Invocation, *, keep: str, events: bool, dry_run: bool, yes: bool) -> None:
    """Remove the tick tapes of days older than --keep; the last recorded day, summary and reports always stay."""
    from hft.clock import WallClock
    from hft.errors import UsageError
    from hftctl import shelf

    home = invocation.home()
    found = shelf.removals(home, keep, WallClock().now_ns(), events=events)
    total = shelf.mib(sum(each.size_bytes for each in found))
    if not found:
        invocation.say(f"nothing is older than {keep}")
        return
    if dry_run or not yes:
        invocation.say(*(f"{each.path}  {shelf.mib(each.size_bytes)}" for each in found))
    if dry_run:
        invocation.say(f"{total} would go; nothing was removed")
        return
    if not yes:
        if not can_ask():
            raise UsageError("Nobody can be asked here.", "prune removes data.", "Add --yes if that is meant.")
        click.confirm(f"Remove these {len(found)} ({total})?", abort=True)
    shelf.remove(found, home)
    invocation.say(f"removed {len(found)}, {total}")
