"""sweep: many replays over a grid of parameters, one table, honest book first, and a market where nobody can earn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hftctl.bar import Bar
from hftctl.invocation import SECONDS, Invocation, columns, pass_invocation, say_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor
    from pathlib import Path

    from replay.scores import Estimate, Score

HEADER = ("HONEST MID", "LOW", "HIGH", "PAPER", "NULL MARKET", "RUNS", "ORDERS", "FILLS", "PER RUN")
WIDE = 130  # columns of a screen that has room for all of them
WIDE_ONLY = frozenset({"LOW", "HIGH", "RUNS", "ORDERS", "PER RUN"})
ONE_DAY = (
    "All runs are of one market: the intervals tell of latencies and chance fills, not of other days. Name more days."
)


def _numbers(_: click.Context, __: click.Parameter, text: str) -> tuple[int, ...]:
    """Return `1,2,5-8` as numbers."""
    found: list[int] = []
    for part in text.split(","):
        first, _dash, last = part.strip().partition("-")
        try:
            found += range(int(first), int(last or first) + 1)
        except ValueError:
            raise click.BadParameter(f"{part!r} is no number and no range such as 1-5") from None
    if not found:
        raise click.BadParameter(f"{text!r} names no seed; a range goes upwards, as 1-5 does")
    return tuple(found)


@click.command(short_help="Replay many settings over many days; one table, with intervals.")
@click.argument("days", nargs=-1, required=True, metavar="DAY|TAPE|generated...")
@click.option("--strategy", "strategies", multiple=True, required=True, metavar="NAME", help="Which family.")
@click.option("--grid", "grid_file", required=True, metavar="FILE", help="TOML: [grid] with a list of values per name.")
@click.option("--seeds", callback=_numbers, default="1-3", show_default=True, help="Seeds: 1,2,5-8.")
@click.option("--jobs", "workers", type=click.IntRange(1, 256), help="Worker processes (else one per core).")
@click.option("--scheduler", metavar="ADDRESS", help="Use a Dask cluster instead of processes here.")
@click.option("--seconds", "for_s", type=SECONDS, default=0.0, help="Stop each run after so many market seconds.")
@click.option(
    "--latency", type=click.Choice(["internet", "loopback", "none"]), default="internet", help="How far away."
)
@click.option("--no-control", is_flag=True, help="Leave the null market out.")
@click.option("--out", metavar="FILE", help="Write a heat map there (HTML).")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@pass_invocation
def sweep(
    invocation: Invocation,
    *,
    days: tuple[str, ...],
    strategies: tuple[str, ...],
    grid_file: str,
    seeds: tuple[int, ...],
    workers: int | None,
    scheduler: str | None,
    for_s: float,
    latency: str,
    no_control: bool,
    out: str | None,
    as_json: bool,
) -> None:
    """Try every combination of a grid on every day with every seed.

    Results are kept under reports/sweeps by what they depend on (code, settings, data): a sweep that was stopped goes
    on where it was, and one that is asked again answers at once.
    """
    import os
    from pathlib import Path

    import msgspec

    from hft.settings import load
    from hftctl.record import day_named
    from replay.grid import read_grid
    from replay.overrides import with_fleet
    from replay.scores import are_of_one_day
    from replay.sources import GENERATED
    from replay.sweep import Store, cluster, local
    from replay.sweep import sweep as run
    from replay.trials import Trials

    home = invocation.home()
    loaded = load(home).settings
    settings = with_fleet(loaded, strategies=strategies, symbols=loaded.fleet.symbols, seed=loaded.sim.seed)
    trials = Trials(
        settings=settings,
        cells=read_grid(Path(grid_file)),
        sources=tuple(day_named(home, day) for day in days),
        seeds=seeds,
        data=str(home.data),
        latency=latency,
        for_s=for_s,
        families_dir=str(home.root / settings.strategies_dir) if settings.strategies_dir else "",
        has_control=not no_control,
    )
    count = workers or os.cpu_count() or 1
    pool: Callable[[], Executor] = cluster(scheduler) if scheduler else local(count)
    with Bar() as bar:
        results = run(
            trials.jobs(),
            store=Store(home.reports / "sweeps"),
            pool=pool,
            workers=count,
            tell=lambda done, of: bar.draw(done / of, f"{done} of {of} runs"),
        )
    scores = trials.scores(results)
    told = notes(scores, one_day=are_of_one_day(result for result in results.values() if result.source != GENERATED))
    if out:
        _write_map(Path(out), days, strategies, scores, told)
    if as_json:
        say_json({"schema": 1, "days": days, "strategies": strategies, "cells": msgspec.to_builtins(scores)})
    else:
        _show(invocation, scores, told)


def _show(invocation: Invocation, scores: list[Score], told: tuple[str, ...]) -> None:
    from textwrap import wrap

    from hftctl.table import lay_out

    width, names = columns(), tuple(scores[0].cell)
    chosen = [title for title in HEADER if width >= WIDE or title not in WIDE_ONLY]
    rows = [
        (*map(str, score.cell.values()), *(text for title, text in _texts(score).items() if title in chosen))
        for score in scores
    ]
    table = lay_out((*names, *chosen), rows, right=frozenset(HEADER), width=width)
    invocation.say(*table, *(line for note in told for line in wrap(note, width)))


def _texts(score: Score) -> dict[str, str]:
    books = ("pnl_honest_mid", "pnl_honest_low", "pnl_honest_high", "pnl_paper")
    texts = (
        *(_told(score.books[book]) for book in books),
        _told(score.control),
        str(score.runs),
        f"{score.orders:.0f}",
        f"{score.fills:.0f}",
        "-" if score.sharpe is None else f"{score.sharpe:+.2f} sd",
    )
    return dict(zip(HEADER, texts, strict=True))


def _told(estimate: Estimate | None) -> str:
    if estimate is None:
        return "-"
    if estimate.half is None:
        return f"{estimate.mean:+.2f}"
    return f"{estimate.mean:+.2f} ± {estimate.half:.2f}{'*' if estimate.excludes_zero else ''}"


def notes(scores: list[Score], *, one_day: bool) -> tuple[str, ...]:
    """Return what a reader of the table must know."""
    cells = len(scores)
    level = 100 * (1 - 0.05 / max(1, cells))
    return (
        f"Dollars a run, {scores[0].runs} runs a setting, ± {level:.2f} % intervals.",
        f"{cells} settings were tried: the best of many lucky looks good. * means that zero lies outside all the same.",
        *([ONE_DAY] if one_day else []),
        "On the null market nothing can be earned: a setting that earns there has found a mistake, not an edge.",
    )


def _write_map(
    path: Path, days: tuple[str, ...], strategies: tuple[str, ...], scores: list[Score], told: tuple[str, ...]
) -> None:
    from replay.heatmap import page

    path.write_text(page(f"{', '.join(strategies)} on {', '.join(days)}", told, scores), encoding="utf-8")
