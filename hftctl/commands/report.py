"""report: what a day's paper profit is worth, as a page, a picture, a table for other tools."""

from __future__ import annotations

import click

from hftctl.invocation import Invocation, pass_invocation, say_json


@click.command(short_help="What a day was worth: a page, and ten lines here.")
@click.argument("day", required=False, metavar="[DAY|FIRST..LAST]")
@click.option("--open", "show", is_flag=True, help="Open the page in a browser.")
@click.option("--png", is_flag=True, help="Also draw the profit as a picture beside the page (needs matplotlib).")
@click.option("--returns-csv", "returns", metavar="FILE", help="Also write daily returns for other tools.")
@click.option("--out", metavar="PATH", help="Where to: a file, or a folder for several days. Else reports/DAY.html.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of the lines.")
@pass_invocation
def report(
    invocation: Invocation,
    *,
    day: str | None,
    show: bool,
    png: bool,
    returns: str | None,
    out: str | None,
    as_json: bool,
) -> None:
    """Write the page of DAY (the last recorded one by default): both books, the way from one to the other, every chart.

    The page is one file that needs no network. It works with the fleet up or down.
    """
    from pathlib import Path

    from hft.settings import load
    from hftctl import reporting
    from hftctl.picture import SCHEMA

    if png:
        reporting.check_plots()
    loaded = load(invocation.home())
    chosen = reporting.days_meant(loaded.home, day)
    written = reporting.write_reports(loaded, chosen, Path(out).expanduser() if out else None)
    pictures = [reporting.draw(each) for each in written] if png else []
    if returns:
        reporting.write_returns(loaded.home, written, Path(returns).expanduser())
    if as_json:
        say_json({"schema": SCHEMA, "days": [reporting.rows_of(each) for each in written]})
    else:
        for each in written:
            invocation.say(*each.lines, f"page: {each.path}")
        invocation.say(*(f"picture: {path}" for path in pictures), *([f"returns: {returns}"] if returns else []))
    if show:
        click.launch(str(written[-1].path))
