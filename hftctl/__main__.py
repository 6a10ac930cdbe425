"""hftctl: start, look, halt, flatten, stop. A command parses, calls one function, prints.

Heavy imports stand inside the commands, so that `--help` answers at once. Errors are told in one place: what failed,
why, what to do next, and the exit code that scripts rely on (hft/errors.py).
"""

from __future__ import annotations

import io
import sys
import traceback
from difflib import get_close_matches
from itertools import islice
from typing import Any

import click

from hft.errors import ConfigError, FleetError
from hftctl.commands import (
    alerts,
    data,
    demo,
    doctor,
    fleet,
    lists,
    look,
    replay,
    report,
    setup,
    sim,
    strategy,
    sweep,
    switches,
    top,
)
from hftctl.invocation import Invocation, broken, columns

UNEXPECTED, INTERRUPTED = 1, 130
LEFT = {
    "start": "left: the fleet goes on starting; hftctl status shows it, hftctl stop ends it",
    "stop": "left: the stop is not finished; hftctl stop goes on with it",
    "restart": "left: the restart is not finished; hftctl status shows what runs",
    "flatten": "left: the closing may be under way still; hftctl positions shows what is left",
}
SWITCHES = frozenset({"--no-color", "-v", "--verbose"})


class _InOrder(click.Group):
    """Commands are listed in the order in which one meets them; the global flags may stand anywhere on the line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            near = get_close_matches(args[0], self.commands, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise click.UsageError(f"{error.message}{hint}", ctx) from None

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, globals_first(args))


def globals_first(arguments: list[str]) -> list[str]:
    """Return the arguments with the flags of hftctl itself before the command; what follows `--` stays where it is."""
    ours: list[str] = []
    rest: list[str] = []
    words = iter(arguments)
    for word in words:
        if word == "--":
            rest += [word, *words]
        elif word == "--home":
            value = [*islice(words, 1)]
            (ours if value else rest).extend([word, *value])
        else:
            (ours if word in SWITCHES or word.startswith("--home=") else rest).append(word)
    return ours + rest


def _version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:  # noqa: FBT001 click's own signature
    if not wanted:
        return
    import platform
    from importlib.metadata import version

    import zmq

    import hft

    parts = (f"hft {hft.__version__}", f"Python {platform.python_version()}", f"libzmq {zmq.zmq_version()}")
    click.echo("  ".join((*parts, f"alpaca-py {version('alpaca-py')}")))
    ctx.exit()


@click.group(
    cls=_InOrder,
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": None, "max_content_width": 100},
    epilog="First time? hftctl demo. Exit codes: 0 done, 2 usage, 3 not running, 4 degraded or not flat, 5 timed out, "
    "69 unavailable, 74 disk failed, 75 already running, 77 keys refused, 78 configuration.",
)
@click.option("--home", "home_dir", metavar="DIR", help="Folder of the fleet (else HFT_HOME, hft.toml's, this one).")
@click.option("--no-color", is_flag=True, help="No colours (NO_COLOR does the same).")
@click.option("-v", "--verbose", is_flag=True, help="Show where in the program an error came from.")
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show versions.")
@click.pass_context
def cli(ctx: click.Context, *, home_dir: str | None, no_color: bool, verbose: bool) -> None:
    """Forward-test HFT-style strategies on Alpaca paper, or on the embedded exchange."""
    ctx.obj = Invocation(home_dir=home_dir, no_color=no_color, verbose=verbose)


for command in (
    demo.demo,
    fleet.start,
    look.status,
    top.top,
    switches.halt,
    switches.resume,
    switches.flatten,
    fleet.stop,
    fleet.restart,
    look.logs,
    lists.orders,
    lists.positions,
    lists.trades,
    report.report,
    strategy.strategy,
    replay.replay,
    sweep.sweep,
    data.data,
    sim.sim,
    setup.init,
    doctor.doctor,
    setup.config,
    alerts.alerts,
    setup.completion,
):
    cli.add_command(command)


def main(arguments: list[str] | None = None) -> None:
    """Run one command and end the process with its exit code."""
    _allow_any_letter()
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def _allow_any_letter() -> None:
    """Have a question mark written for what an encoding like Latin-1 lacks: a dash in a table must end no command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and not stream.encoding.lower().startswith("utf"):
            stream.reconfigure(errors="replace")


def run(arguments: list[str]) -> int:
    """Run one command; return its exit code."""
    verbose = "-v" in arguments or "--verbose" in arguments
    try:
        result: Any = cli.main(args=arguments, prog_name="hftctl", standalone_mode=False)
    except click.exceptions.Abort as error:
        click.echo(_left(arguments, error), err=True)
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except FleetError as error:
        _tell(error, verbose=verbose)
        return error.exit_code
    except BrokenPipeError:
        return 0  # the reader of our output has seen enough
    except OSError as error:
        _tell(_unusable(error), verbose=verbose)
        return ConfigError.exit_code
    except Exception as error:
        _tell(_unexpected(error), verbose=verbose)
        return UNEXPECTED
    return result if isinstance(result, int) else 0


def _left(arguments: list[str], error: click.exceptions.Abort) -> str:
    """Return what is so now that a person left a command: a fleet lives on whatever becomes of the command line."""
    if not isinstance(error.__cause__, KeyboardInterrupt):
        return "nothing was done"  # a question answered with no
    command = next((word for word in globals_first(arguments) if word in LEFT), "")
    return LEFT.get(command, "left; what runs goes on running (hftctl status)")


def _unusable(error: OSError) -> FleetError:
    return ConfigError(
        f"{error.filename or 'A file or socket'} cannot be used.",
        error.strerror or str(error) or type(error).__name__,
        "Look at its permissions and the free space (df -h), or choose another home: hftctl --home DIR.",
    )


def _unexpected(error: Exception) -> FleetError:
    return FleetError(
        f"Unexpected: {type(error).__name__}: {error}",
        "This is a mistake in the program, not in what you did.",
        "Run it again with -v in front of the command and report what it prints.",
    )


def _tell(error: FleetError, *, verbose: bool) -> None:
    if verbose:
        traceback.print_exc()
    told = str(error)
    if sys.stderr.isatty():
        told = "\n".join(broken(f"Error: {told}", columns())).removeprefix("Error: ")
    click.echo(f"{click.style('Error:', fg='red')} {told}", err=True)


if __name__ == "__main__":
    main()
