"""replay: a recorded or generated day through the fleet's own cores, in seconds, with the same bytes each time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hftctl.bar import Bar
from hftctl.commands.fleet import names
from hftctl.invocation import SECONDS, Invocation, columns, pass_invocation, say_json
from hftctl.together import refused_with

if TYPE_CHECKING:
    from replay.play import Progress, Result
    from replay.verify import Verdict

COLUMNS = (
    ("STRATEGY", "strategy"),
    ("ORDERS", "orders"),
    ("FILLS", "fills"),
    ("SHARES", "shares"),
    ("FILL RATIO", "fill_ratio"),
    ("REFUSED", "denials"),
    ("REQUESTS", "requests"),
    ("PAPER P&L", "pnl_paper"),
    ("HONEST LOW", "pnl_honest_low"),
    ("MID", "pnl_honest_mid"),
    ("HIGH", "pnl_honest_high"),
    ("DRAWDOWN", "max_drawdown"),
    ("SHARES LEFT", "end_position_shares"),
)
WIDE = 130  # columns of a screen that has room for all of them
WIDE_ONLY = frozenset({"SHARES", "FILL RATIO", "REFUSED", "REQUESTS", "DRAWDOWN"})
DIFFERENCES_SHOWN = 8
CHANGES_THE_DAY = ("assignments", "symbols", "seed", "for_s", "latency", "out", "as_run")
AS_IT_WAS = "It lets each strategy hear that day once more as it was; nothing about it can be set."
DOLLARS = frozenset({"pnl_paper", "pnl_honest_low", "pnl_honest_mid", "pnl_honest_high", "max_drawdown"})


@click.command(short_help="Play a day through the same code, in seconds; prints a hash of every decision.")
@click.argument("source", metavar="DAY|TAPE|generated")
@click.option(
    "--strategy", "strategies", multiple=True, metavar="NAME", help="Which family; may be given several times."
)
@click.option(
    "--set", "assignments", multiple=True, metavar="K=V", help="A parameter, or a setting by its dotted name."
)
@click.option(
    "--symbols", callback=names, metavar="X,Y", help="What to trade (else what the settings and the day share)."
)
@click.option("--seed", type=int, help="Seed of everything that varies: latencies, fills, the generated market.")
@click.option(
    "--seconds", "for_s", type=SECONDS, default=0.0, help="Stop after so many market seconds; ending takes some more."
)
@click.option(
    "--latency",
    type=click.Choice(["internet", "loopback", "none"]),
    default="internet",
    show_default=True,
    help="How far away the broker is.",
)
@click.option("--out", metavar="DIR", help="Make that folder a home: events, summary, tape.")
@click.option("--as-run", is_flag=True, help="With that day's families, symbols, parameters, limits and memories.")
@click.option("--verify", is_flag=True, help="Let each strategy hear that live day again; compare every decision.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@pass_invocation
def replay(
    invocation: Invocation,
    *,
    source: str,
    strategies: tuple[str, ...],
    assignments: tuple[str, ...],
    symbols: tuple[str, ...] | None,
    seed: int | None,
    for_s: float,
    latency: str,
    out: str | None,
    as_run: bool,
    verify: bool,
    as_json: bool,
) -> int:
    """Replay a recorded day (2026-11-20, or today), a tape (CSV or CSV.gz), or a generated market.

    The strategies, the router, the risk checks, the exchange and the recorder are those that run live; only time is
    virtual. The same source, settings and seed give the same hash on every machine.
    """
    from hftctl.record import day_named

    home = invocation.home()
    source = day_named(home, source)
    if verify:
        refused_with("--verify", _given(*CHANGES_THE_DAY), AS_IT_WAS)
        return _verify(invocation, source, strategies, as_json=as_json)
    from pathlib import Path

    import msgspec

    from hft.settings import load
    from replay.overrides import parsed
    from replay.play import play
    from replay.prepare import Wish, prepare

    wish = Wish(
        source=source,
        strategies=strategies,
        symbols=symbols or (),
        values=parsed(assignments),
        seed=seed,
        latency=latency,
        as_run=as_run,
    )
    plan, opened, differences = prepare(load(home), wish)
    with Bar() as bar:
        result = play(
            plan, opened, for_s=for_s, tell=lambda progress: _drawn(bar, progress), out=Path(out) if out else None
        )
    if as_json:
        say_json({**msgspec.structs.asdict(result), "differences": differences})
    else:
        _show(invocation, result, differences)
    return 0


def _given(*parameters: str) -> dict[str, bool]:
    """Return whether each of the command's parameters was given, by its option's name."""
    context = click.get_current_context()
    options = {each.name: each.opts[0] for each in context.command.params}
    typed = click.core.ParameterSource.COMMANDLINE
    return {options[name]: context.get_parameter_source(name) is typed for name in parameters}


def _drawn(bar: Bar, progress: Progress) -> None:
    from venue.units import new_york

    at = new_york(progress.now_ns).strftime("%Y-%m-%d %H:%M:%S")
    took_s = max(progress.took_s, 1e-9)
    speed = f"{progress.ticks / took_s:,.0f} ticks/s, {progress.played_s / took_s:,.0f}× the day"
    bar.draw(progress.share, speed, f"{at} ")


def _show(invocation: Invocation, result: Result, differences: list[str]) -> None:
    from hftctl.table import lay_out

    width = columns()
    chosen = COLUMNS if width >= WIDE else [each for each in COLUMNS if each[0] not in WIDE_ONLY]
    header = tuple(title for title, _ in chosen)
    rows = [tuple(_cell(column, row.get(column, "")) for _, column in chosen) for row in result.rows]
    took_s = max(result.took_s, 1e-9)
    invocation.say(
        f"{result.source}: {', '.join(result.symbols)}",
        f"{result.played_s:,.0f} market seconds, {result.ticks:,} ticks in {took_s:.1f} s:"
        f" {result.ticks / took_s:,.0f} ticks/s, {result.played_s / took_s:,.0f}× the day",
        *_which_time(result),
        *lay_out(header, rows, right=frozenset(header[1:]), width=width),
        f"decisions {result.decisions:,}  seed {result.seed}  settings {result.config}",
        "hashes (two runs with the same one decided the same):",
        *(f"  {name:<10} {value}" for name, value in result.hashes.items()),
        f"  {'all':<10} {result.hash}",
        *(f"{name} sent no order: {why}" for name, why in result.idle.items()),
        *_not_as_then(differences),
    )


def _which_time(result: Result) -> list[str]:
    """Return what is to be said of a day that a home played more than once, as it may play a tape."""
    return [f"{result.source} was played {result.passes} times here: this is the last time."] * (result.passes > 1)


def _cell(column: str, value: str) -> str:
    """Return a value of the summary for the screen: dollars to the cent, as everywhere else."""
    return f"{float(value):+,.2f}" if value and column in DOLLARS else value or "-"


def _not_as_then(differences: list[str]) -> list[str]:
    """Return what was set otherwise on that day, and how to have it so again."""
    if not differences:
        return []
    more = len(differences) - DIFFERENCES_SHOWN
    return [
        "Not as on that day (--as-run plays it as it was):",
        *(f"  {each}" for each in differences[:DIFFERENCES_SHOWN]),
        *([f"  and {more} more: --json has all"] if more > 0 else []),
    ]


def _verify(invocation: Invocation, day: str, strategies: tuple[str, ...], *, as_json: bool) -> int:
    from hft.errors import Degraded
    from hft.settings import load
    from replay.verify import verify

    home = invocation.home()
    own = load(home).settings.strategies_dir
    verdicts = verify(home.data, day, strategies, str(home.root / own) if own else "")
    if as_json:
        say_json({"schema": 1, "day": day, "clean": all(each.is_clean for each in verdicts), "runs": verdicts})
    for each in () if as_json else verdicts:
        invocation.say(*_verdict_lines(each))
    return 0 if all(each.is_clean for each in verdicts) else Degraded.exit_code


def _verdict_lines(verdict: Verdict) -> list[str]:
    words = "the same" if verdict.is_clean else "NOT the same"
    head = (
        f"{verdict.strategy} run {verdict.epoch}: {verdict.inputs:,} inputs, {verdict.said:,} answers, {words}"
        f"  {verdict.hash}"
    )
    if verdict.trouble:
        return [head, f"  {verdict.trouble}"]
    first = verdict.divergence
    changed = [f"  changed since: {', '.join(verdict.changed)}"] if verdict.changed else []
    if first is None:
        return [head, *changed]
    return [
        head,
        *changed,
        f"  first at input {first.number:,}: {first.heard}",
        f"  then  {first.then}",
        f"  again {first.again}",
    ]
