"""alerts test: whether the webhook works."""

from __future__ import annotations

import click

from hftctl.invocation import Invocation, pass_invocation


@click.group(short_help="Discord alerts: test.")
def alerts() -> None:
    """Look after the alerts."""


@alerts.command("test", short_help="Send one message to the webhook, say what Discord answers.")
@pass_invocation
def test(invocation: Invocation) -> None:
    """Send one message to DISCORD_WEBHOOK_URL and print the answer. Exit code 0 when Discord took it."""
    from hftctl.alerting import send_test

    invocation.say(send_test(invocation.home()))
