"""top: the live view. It looks; leaving it never stops anything."""

from __future__ import annotations

import click

from hftctl.invocation import Invocation, pass_invocation

HZ_MAX = 10.0


@click.command(short_help="The live view: strategies, positions, orders, events.")
@click.option("--hz", type=click.FloatRange(0.1, HZ_MAX), default=2.0, show_default=True, help="Looks per second.")
@pass_invocation
def top(invocation: Invocation, *, hz: float) -> int:
    """Show the fleet and go on looking: 1 all, 2 orders and positions, 3 processes, 4 events, ? the keys, q leaves.

    Quitting never stops trading. Exit code as of status.
    """
    from hftctl.health import exit_code
    from hftctl.live import must_be_seen, watch
    from hftctl.looking import settings_of
    from hftctl.topview import TopView

    must_be_seen("top")
    home = invocation.home()
    view = TopView(home)
    return exit_code(watch(lambda: settings_of(home), hz, None, color=invocation.color, footer=view.footer, view=view))
