"""One message to the webhook, sent by hand with the very code that sends the alerts."""

from __future__ import annotations

import math
import socket
from typing import TYPE_CHECKING

from hft.errors import ConfigError, CredentialsRefused, Unavailable
from hft.settings import load
from recorder.webhook import TIMEOUT_S, TOO_MANY, check_url, post

if TYPE_CHECKING:
    from hft.home import Home
    from recorder.webhook import Answer

COPY = "Copy the webhook's URL again from the channel's settings"
NEXT_STEPS = {  # by the first digit of the status; 0: no answer came
    0: "See whether this machine reaches the internet, then try again.",
    3: f"{COPY}. If it is the same, a proxy or a sign-in page is in between.",
    4: f"{COPY}.",
    5: "Try again in a minute.",
}


def send_test(home: Home, *, timeout_s: float = TIMEOUT_S) -> str:
    """Return Discord's answer in words; it is waited for `timeout_s`.

    Raises ConfigError without a webhook, CredentialsRefused for one that is gone, Unavailable for any other answer.
    """
    url = load(home).webhook_url
    if not url:
        raise ConfigError(
            "DISCORD_WEBHOOK_URL is not set.",
            "Without it no alert is sent; the record and hftctl status tell everything all the same.",
            f"In Discord: channel settings, Integrations, Webhooks, copy the URL; then put it into {home.env_file}.",
        )
    words = f"hftctl alerts test from {socket.gethostname()} ({home.root.name}): this works."
    answer = post(check_url(url), words, timeout_s)
    if answer.ok:
        return f"Discord took it ({answer.status})."
    if answer.is_gone:
        raise CredentialsRefused(
            "The webhook is not accepted.", answer.text, "Make a new one in the channel's settings."
        )
    raise Unavailable("The message was not delivered.", answer.text, _next_step(answer))


def _next_step(answer: Answer) -> str:
    if answer.status == TOO_MANY:
        return f"Try again in {math.ceil(answer.retry_s)} s."
    return NEXT_STEPS.get(answer.status // 100, NEXT_STEPS[5])
