"""The broker shuts us out, keys refused or account blocked: one event when it begins and one when it is over.

What follows for trading stands in router/gates.py. Here is only who hears of it. An account that is free and shut out
again within CALM_MS is still the same incident: the record has one begin and one end of it, and so has Discord.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hft import events
from router.outage import REFUSED_KEYS

if TYPE_CHECKING:
    from router.blotter import Blotter

CALM_MS = 30_000  # as long as the longest wait between two questions to a broker that refuses
# All that took up the keys when they started. The feed has ended by itself, and the router is not ready without it.
RESTART = "hftctl restart feed router guardian"
NEW_KEYS = f"Look at the keys on Alpaca's page, put paper keys that work into .env, then: {RESTART}"
ASK_THEM = "Look at the account on Alpaca's page, or ask Alpaca; here trading goes on by itself once it is free"


class Lockout:
    """Whether it was told, and when the broker last shut us out."""

    def __init__(self, desk: Blotter) -> None:
        self._desk = desk
        self._seen_ns = 0
        self.is_open = False  # told, and its end is not

    def wake(self) -> None:
        """Tell that it begins, or that it has been over for a while."""
        desk = self._desk
        reason, advice = self._cause()
        if reason:
            self._seen_ns = desk.steady_ns
            if not self.is_open:
                self.is_open = True
                desk.tell(events.AccessLost(reason=reason, advice=advice))
        elif self.is_open and desk.steady_ns - self._seen_ns >= desk.config.ns(CALM_MS):
            self.is_open = False
            desk.tell(events.AccessRestored())

    def _cause(self) -> tuple[str, str]:
        """Return why nothing can be traded and what to do about it; two empty words when all is well."""
        outage, account = self._desk.outage, self._desk.account
        if outage.refuses_keys:
            return outage.cause, NEW_KEYS
        if self._desk.updates_refused:
            return f"{REFUSED_KEYS}: trade updates failed to authenticate", NEW_KEYS
        if account is not None and account.blocked:
            return f"the broker blocks the account: {account.blocked}", ASK_THEM
        return "", ""
