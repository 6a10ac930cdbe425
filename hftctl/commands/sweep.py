"""sweep: many replays over a grid of parameters, one table, honest book first, and a market where nobody can earn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from hftctl.invocation import Invocation, columns, pass_invocation, say_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

    from replay.scores import Estimate, Score

HEADER = ("HONEST MID", "LOW", "HIGH", "PAPER", "NULL MARKET", "RUNS", "ORDERS", "FILLS", "PER RUN")


def _numbers(_: click.Context, __: click.Parameter, text: str) -> tuple[int, ...]:
    """Return `1,2,5-8` as numbers."""
    found: list[int] = []
    for part in text.split(","):
        first, _dash, last = part.strip().partition("-")
        try:
            found += range(int(first), int(last or first) + 1)
        except ValueError:
            raise click.BadParameter(f"{part!r} is no number and no range such as 1-5") from None
    return tuple(found)


@click.command(short_help="Replay many settings over many days; one table, with intervals.")
@click.argument("days", nargs=-1, required=True, metavar="DAY|TAPE|generated...")
@click.option("--strategy", "strategies", multiple=True, required=True, metavar="NAME", help="Which family.")
@click.option("--grid", "grid_file", required=True, metavar="FILE", help="TOML: [grid] with a list of values per name.")
@click.option("--seeds", callback=_numbers, default="1-3", show_default=True, help="Seeds: 1,2,5-8.")
@click.option("--jobs", "workers", type=click.IntRange(1, 256), help="Worker processes (else one per core).")
@click.option("--scheduler", metavar="ADDRESS", help="Use a Dask cluster instead of processes here.")
@click.option("--seconds", "for_s", default=0.0, help="Stop each run after so many market seconds.")
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
    from replay.grid import read_grid
    from replay.overrides import with_fleet
    from replay.sweep import Store, cluster, local
    from replay.sweep import sweep as run
    from replay.trials import Trials

    home = invocation.home()
    loaded = load(home).settings
    settings = with_fleet(loaded, strategies=strategies, symbols=loaded.fleet.symbols, seed=loaded.sim.seed)
    trials = Trials(
        settings=settings,
        cells=read_grid(Path(grid_file)),
        sources=days,
        seeds=seeds,
        data=str(home.data),
        latency=latency,
        for_s=for_s,
        families_dir=str(home.root / settings.strategies_dir) if settings.strategies_dir else "",
        has_control=not no_control,
    )
    count = workers or os.cpu_count() or 1
    pool: Callable[[], Executor] = cluster(scheduler) if scheduler else local(count)
    results = run(trials.jobs(), store=Store(home.reports / "sweeps"), pool=pool, workers=count, tell=_teller())
    scores = trials.scores(results)
    if out:
        _write_map(Path(out), days, strategies, scores)
    if as_json:
        say_json({"schema": 1, "days": days, "strategies": strategies, "cells": msgspec.to_builtins(scores)})
    else:
        _show(invocation, scores)


def _teller() -> Callable[[int, int], None]:
    import sys

    shown = sys.stderr.isatty()

    def tell(done: int, of: int) -> None:
        if shown:
            click.echo(f"\r{done} of {of} runs", err=True, nl=done == of)

    return tell


def _show(invocation: Invocation, scores: list[Score]) -> None:
    from hftctl.table import lay_out

    names = tuple(scores[0].cell)
    rows = [
        (
            *(str(value) for value in score.cell.values()),
            *(
                _told(score.books[book])
                for book in ("pnl_honest_mid", "pnl_honest_low", "pnl_honest_high", "pnl_paper")
            ),
            _told(score.control),
            str(score.runs),
            f"{score.orders:.0f}",
            f"{score.fills:.0f}",
            "-" if score.sharpe is None else f"{score.sharpe:+.2f} sd",
        )
        for score in scores
    ]
    invocation.say(*lay_out((*names, *HEADER), rows, right=frozenset(HEADER), width=columns()), *notes(len(scores)))


def _told(estimate: Estimate | None) -> str:
    if estimate is None:
        return "-"
    if estimate.half is None:
        return f"{estimate.mean:+.2f}"
    return f"{estimate.mean:+.2f} ± {estimate.half:.2f}{'*' if estimate.excludes_zero else ''}"


def notes(cells: int) -> tuple[str, ...]:
    """Return what a reader of the table must know."""
    level = 100 * (1 - 0.05 / max(1, cells))
    return (
        f"Dollars a run, ± {level:.2f} % intervals. {cells} settings were tried: the best of many lucky looks good.",
        "* means that zero lies outside the interval all the same.",
        "On the null market nothing can be earned: a setting that earns there has found a mistake, not an edge.",
    )


def _write_map(path: Any, days: tuple[str, ...], strategies: tuple[str, ...], scores: list[Score]) -> None:  # noqa: ANN401 a Path, imported late
    from replay.heatmap import page

    path.write_text(page(f"{', '.join(strategies)} on {', '.join(days)}", notes(len(scores)), scores), encoding="utf-8")
