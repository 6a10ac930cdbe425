"""Give unclaimed shares to a strategy's ledger: asked of the router, which alone keeps the ledgers."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from hft.control import Claim, ClaimDone
from hft.errors import Degraded, Unavailable
from hftctl.asking import RouterLine
from hftctl.switches import ANSWER_S_MAX, must_run

if TYPE_CHECKING:
    from hft.home import Home


def claim(home: Home, symbol: str, strategy: str, qty: int, key: str) -> ClaimDone:
    """Return what was given over; raise Degraded with the router's reason, or Unavailable when it is silent."""
    must_run(home)
    with RouterLine(home) as line:
        line.send(Claim(peer=line.peer, key=key or secrets.token_hex(8), symbol=symbol, strategy=strategy, qty=qty))
        done = line.poll(ClaimDone, ANSWER_S_MAX)
    if done is None:
        raise Unavailable(
            f"The router did not answer within {ANSWER_S_MAX:g} s.",
            "Whether the shares were given over is not known.",
            "hftctl positions shows whose they are; with --key the same claim can be asked again and is done once.",
        )
    if not done.ok:
        raise Degraded(f"Nothing was claimed: {done.text}.", "The ledgers are as they were.", "hftctl positions")
    return done
