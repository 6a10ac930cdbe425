"""sim serve, sim fault: the embedded exchange alone, for any Alpaca client, and what goes wrong in it on command."""

from __future__ import annotations

from typing import Any

import click

from hftctl.commands.fleet import names
from hftctl.invocation import Invocation, columns, pass_invocation, say_json

SEE_FAULTS = "hftctl sim fault --list shows what can go wrong, and what is ordered now."
RATE = click.FloatRange(0.1, 3_600)
CASH = click.FloatRange(0, 1e9)


@click.group(short_help="The embedded exchange: serve it alone, order faults.")
def sim() -> None:
    """Use the embedded exchange."""


@sim.command(short_help="Serve an Alpaca-compatible exchange on this machine.")
@click.option("--port", default=0, show_default=True, help="0 takes a free one.")
@click.option("--seed", default=7, show_default=True, help="Seed of the generated day.")
@click.option("--tape", multiple=True, metavar="FILE", help="Play a recorded day instead; may be given several times.")
@click.option("--scenario", default="calm", show_default=True, metavar="NAME", help="Which generated market.")
@click.option("--symbols", callback=names, metavar="X,Y", help="What it trades.")
@click.option("--loop", is_flag=True, help="Begin the tape again when it ends.")
@click.option("--rate", type=RATE, default=1.0, show_default=True, help="Market seconds a second.")
@click.option("--open-at", default="09:45", show_default=True, metavar="HH:MM", help="New York time to begin at.")
@click.option("--cash", "cash_usd", type=CASH, default=100_000.0, show_default=True, help="Dollars at the start.")
@click.option("--key", default="", help="Key of the account, with --secret; both are made up otherwise.")
@click.option("--secret", default="", help="Its secret.")
@click.option("--json", "as_json", is_flag=True, help="Say where it listens as one JSON line.")
@pass_invocation
def serve(_: Invocation, /, *, symbols: tuple[str, ...] | None, key: str, secret: str, **options: Any) -> None:  # noqa: ANN401 what click parsed, checked by the exchange
    """Serve until SIGTERM or Ctrl-C. The addresses go unchanged into alpaca-py's url_override."""
    from hft.errors import UsageError
    from venue.serve import run

    if bool(key) != bool(secret):
        raise UsageError("A key and its secret belong together.", "", "Give both --key and --secret, or neither.")
    if options["loop"] and not options["tape"]:
        raise UsageError("--loop plays a tape again, and there is none.", "", "Add --tape FILE.")
    run(symbols=symbols or (), key=key, secret=secret, **options)


@sim.command(short_help="Let something go wrong at the exchange; --list shows what can.")
@click.argument("kind", required=False)
@click.argument("setting", nargs=-1, metavar="[NAME=VALUE]...")
@click.option("--list", "listing", is_flag=True, help="What can go wrong, and what is ordered now.")
@click.option("--clear", is_flag=True, help="End every fault, or the one whose id is given instead of KIND.")
@click.option("--admin", metavar="URL", help="Another exchange than the home's: `admin` of sim serve --json.")
@click.option("--json", "as_json", is_flag=True, help="The exchange's answer as one JSON object.")
@pass_invocation
def fault(
    invocation: Invocation,
    *,
    kind: str | None,
    setting: tuple[str, ...],
    listing: bool,
    clear: bool,
    admin: str | None,
    as_json: bool,
) -> None:
    """Order a fault, as in `hftctl sim fault rest-latency ms=800 for_s=30`, and see how the fleet takes it.

    Every fault takes start_s, for_s, count, share (of its chances) and seed; --list says what else each takes.
    """
    from hft.errors import UsageError
    from hftctl.exchange_admin import admin_url, ask, fault_of, in_numbers
    from hftctl.together import at_most_one, refused_with

    at_most_one({"--list": listing, "--clear": clear})
    refused_with("--list", {"KIND": listing and bool(kind)}, "It shows all there are, and all that are ordered.")
    refused_with("--clear", {"NAME=VALUE": clear and bool(setting)}, "It ends every fault, or the one with that id.")
    if not (kind or listing or clear):
        raise UsageError("No fault is named.", "", SEE_FAULTS)
    url = admin_url(invocation.home(), admin)
    if clear:
        answer = ask(url, "DELETE", f"fault/{kind}" if kind else "fault")
        if kind and not answer["ended"]:
            raise UsageError(f"No fault {kind} is ordered.", "It has ended by itself, or never was.", SEE_FAULTS)
        text = [f"ended: {answer['ended']}"]
    elif listing or not kind:
        answer = ask(url, "GET", "fault")
        text = _menu(answer)
    else:
        answer = ask(url, "POST", "fault", fault_of(kind, setting))
        times = "until --clear" if answer["count"] is None and answer["for_s"] is None else _bounds(answer)
        text = [f"{answer['id']} {answer['kind']}: {in_numbers(answer)}; {times}"]
    if as_json:
        say_json(answer)
        return
    invocation.say(*text)


def _bounds(fault: dict[str, Any]) -> str:
    count, for_s = fault["count"], fault["for_s"]
    often = "" if count is None else "once" if count == 1 else f"{count} times"
    return ", ".join(filter(None, (often, "" if for_s is None else f"for {for_s:g} s")))


def _menu(answer: dict[str, Any]) -> list[str]:
    from hftctl.exchange_admin import fault_cells
    from hftctl.table import lay_out

    rows = [(entry["kind"], " ".join(entry["takes"]), entry["what"]) for entry in answer["menu"]]
    lines = lay_out(("KIND", "TAKES", "WHAT HAPPENS"), rows, right=frozenset(), width=columns())
    ordered = fault_cells(answer["faults"])
    if not ordered:
        return [*lines, "", "none is ordered now"]
    header = ("ID", "KIND", "ACTED", "LEFT", "WHERE AND HOW")
    return [*lines, "", *lay_out(header, ordered, right=frozenset({"ACTED"}), width=columns())]
