"""start, stop, restart: the processes of a fleet."""

from __future__ import annotations

import click

from hftctl.invocation import SECONDS, Invocation, columns, pass_invocation


def names(_: click.Context, __: click.Parameter, text: str | None) -> tuple[str, ...] | None:
    """Return a comma-separated list as a tuple; None when it was not given."""
    return None if text is None else tuple(part.strip() for part in text.split(",") if part.strip())


@click.command(short_help="Start the fleet (the embedded exchange by default).")
@click.argument("strategy", nargs=-1)
@click.option("--sim", is_flag=True, help="Trade on the embedded exchange; no keys.")
@click.option("--paper", is_flag=True, help="Trade on Alpaca paper; keys in .env.")
@click.option("--strategies", callback=names, metavar="A,B", help="The same as naming them as arguments.")
@click.option("--symbols", callback=names, metavar="X,Y", help="What to trade.")
@click.option("--tape", metavar="FILE", help="Play a recorded day (CSV or CSV.gz) instead of a generated one.")
@click.option("--seed", type=int, help="Seed of the generated day.")
@click.option(
    "--wait", "wait_s", type=SECONDS, default=20.0, show_default=True, help="Seconds until all must be ready."
)
@click.option("--foreground", is_flag=True, help="Stay in the foreground (systemd).")
@pass_invocation
def start(
    invocation: Invocation,
    *,
    strategy: tuple[str, ...],
    sim: bool,
    paper: bool,
    strategies: tuple[str, ...] | None,
    symbols: tuple[str, ...] | None,
    tape: str | None,
    seed: int | None,
    wait_s: float,
    foreground: bool,
) -> int | None:
    """Check everything, start every process, wait until each says it is ready, show the status.

    Naming strategies starts these; on a running fleet, those of them that are stopped.
    """
    from hftctl import fleet
    from hftctl.launching import Wish
    from hftctl.together import at_most_one, mode_of

    at_most_one({"--paper": paper, "--tape": bool(tape)})
    at_most_one({"STRATEGY...": bool(strategy), "--strategies": strategies is not None})
    wish = Wish(
        mode=mode_of(sim=sim or bool(tape), paper=paper),
        strategies=strategy or strategies,
        symbols=symbols,
        tape=tape,
        seed=seed,
    )
    home = invocation.home().make()
    if foreground:
        fleet.start_in_foreground(home, wish)
    return fleet.start(home, wish, wait_s, columns(), invocation.say)


@click.command(short_help="Stop the fleet in order; positions stay unless --flatten.")
@click.argument("strategy", nargs=-1)
@click.option("--flatten", "flat", is_flag=True, help="Close all positions first.")
@click.option("--timeout", "timeout_s", type=SECONDS, default=30.0, show_default=True, help="Seconds for all of it.")
@pass_invocation
def stop(invocation: Invocation, *, strategy: tuple[str, ...], flat: bool, timeout_s: float) -> int | None:
    """Cancel all working orders, stop every process in order, check that none is left, say which positions stay."""
    from hftctl import fleet

    return fleet.stop(invocation.home(), strategy, timeout_s, flat=flat, say=invocation.say)


@click.command(short_help="Restart one process, the others undisturbed; or all.")
@click.argument("process", nargs=-1, required=True, metavar="PROCESS...|all")
@click.option(
    "--wait", "wait_s", type=SECONDS, default=20.0, show_default=True, help="Seconds until each must be ready."
)
@pass_invocation
def restart(invocation: Invocation, *, process: tuple[str, ...], wait_s: float) -> int | None:
    """Restart processes one after the other, each until it says it is ready."""
    from hftctl import fleet

    return fleet.restart(invocation.home(), process, wait_s, invocation.say)
