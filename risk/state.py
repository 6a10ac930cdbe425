"""What the account and each strategy may do: ACTIVE, REDUCING, HALTED. Where two say something, the stricter wins.

A standing is a latch set by a person or by a limit; it survives restarts (the router's journal) and only a person's
resume opens it again. What passes by itself, like a stream that is down, is a gate and never latched.
"""

from __future__ import annotations

import msgspec

from hft.words import TradingState

STRICTNESS = {TradingState.ACTIVE: 0, TradingState.REDUCING: 1, TradingState.HALTED: 2}


class Standing(msgspec.Struct, frozen=True):
    """A trading state and the reason for it in words; the reason is empty while ACTIVE."""

    state: TradingState = TradingState.ACTIVE
    reason: str = ""

    @property
    def is_active(self) -> bool:
        """Return whether new risk may be taken."""
        return self.state is TradingState.ACTIVE

    @property
    def is_halted(self) -> bool:
        """Return whether not even exits are taken."""
        return self.state is TradingState.HALTED


ACTIVE = Standing()


def stricter(*standings: Standing) -> Standing:
    """Return the strictest; of equals the first, so put the one whose reason matters most in front."""
    strictest = standings[0]
    for standing in standings:
        if STRICTNESS[standing.state] > STRICTNESS[strictest.state]:
            strictest = standing
    return strictest


def reducing(reason: str) -> Standing:
    """Return a standing in which only exits are taken."""
    return Standing(TradingState.REDUCING, reason)


def halted(reason: str) -> Standing:
    """Return a standing in which nothing is taken but cancels."""
    return Standing(TradingState.HALTED, reason)
