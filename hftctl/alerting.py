"""One message to the webhook, sent by hand with the very code that sends the alerts."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from hft.errors import ConfigError, CredentialsRefused, Unavailable
from hft.settings import load
from recorder.webhook import check_url, post

if TYPE_CHECKING:
    from hft.home import Home


def send_test(home: Home) -> str:
    """Return Discord's answer in words.

    Raises ConfigError without a webhook, CredentialsRefused for one that is gone, Unavailable for any other answer.
    """
    url = load(home).webhook_url
    if not url:
        raise ConfigError(
            "DISCORD_WEBHOOK_URL is not set.",
            "Without it no alert is sent; the record and hftctl status tell everything all the same.",
            f"In Discord: channel settings, Integrations, Webhooks, copy the URL; then put it into {home.env_file}.",
        )
    answer = post(check_url(url), f"hftctl alerts test from {socket.gethostname()} ({home.root.name}): this works.")
    if answer.ok:
        return f"Discord took it ({answer.status})."
    if answer.is_gone:
        raise CredentialsRefused(
            "The webhook is not accepted.", answer.text, "Make a new one in the channel's settings."
        )
    raise Unavailable("The message was not delivered.", answer.text, "Try again in a minute.")
