"""doctor: one row for each thing that can be wrong before a fleet is started, and what to do about it."""

from __future__ import annotations

import click

from hftctl.invocation import Invocation, columns, pass_invocation, say_json

FAILED = 1


@click.command(short_help="Check this machine and this home; say what to do.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--offline", is_flag=True, help="Do not ask the broker.")
@pass_invocation
def doctor(invocation: Invocation, *, as_json: bool, offline: bool) -> int:
    """Look at versions, folders, keys, clock, disk, limits, account and processes. Exit code 1 when anything fails."""
    from hftctl.checkup import examine
    from hftctl.picture import SCHEMA
    from hftctl.table import lay_out

    rows = examine(invocation.home(), offline=offline)
    if as_json:
        say_json({"schema": SCHEMA, "checks": rows})
    else:
        cells = [
            (
                row.state.upper() if row.state == "fail" else row.state,
                row.name,
                f"{row.text.rstrip('.')}. {row.next_step}".rstrip(". "),
            )
            for row in rows
        ]
        header = ("STATE", "CHECK", "WHAT WAS FOUND, WHAT TO DO")
        invocation.say(*lay_out(header, cells, right=frozenset(), width=columns()))
    return FAILED if any(row.state == "fail" for row in rows) else 0
