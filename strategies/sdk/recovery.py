"""A run that was killed is taken up where it ended: its last saved state, and every input that it heard since.

The core that hears them again decides what it had decided, so that its estimates, its wishes and its books come to be
what they were; what it says is not sent, for it was sent then, or the router, which is asked next, never heard of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from hft.inputs import asked
from strategies.sdk import hand
from strategies.sdk.core import StrategyCore
from strategies.sdk.link import Link
from strategies.sdk.memory import decode, encode, remember

if TYPE_CHECKING:
    from collections.abc import Callable

    from hft.since import Inputs
    from strategies.sdk.desk import Desk
    from strategies.sdk.strategy import Strategy


class Recovered(NamedTuple):
    """The state to go on from, how many inputs were heard again for it, and what stood in the way, if anything did."""

    memory: bytes
    inputs: int = 0
    trouble: str = ""


def recovered(
    make: Callable[[int, bytes], Strategy[Any]], saved: bytes, since: Inputs | None, *, epoch: int
) -> Recovered:
    """Return the state at the last input of a run that was killed, for a run in `epoch`.

    `make`: from an epoch and a memory to a family at its desk. `saved`: what that run wrote down, b"" for nothing.
    A run that was asked to stop has put its things away: what it saved is where the next one begins.
    """
    memory = decode(saved)
    if since is None or not since.entries or (saved and not (memory and hand.decode(memory.hand))):
        return Recovered(saved)
    core = StrategyCore(make(since.epoch, saved))
    try:
        for entry in since.entries:
            asked(core, entry)  # its answers are nobody's: they were given then
    except Exception as error:  # noqa: BLE001 whatever ended the last run must not end this one too
        return Recovered(saved, trouble=f"{type(error).__name__}: {error}")
    reborn(core.desk, epoch)
    objects = core.strategy.memory()
    state = remember(core.desk.name, objects, core.desk.now_ns, hand.encoded(core.desk))
    return Recovered(encode(state), len(since.entries))


def reborn(desk: Desk, epoch: int) -> None:
    """Let a desk go on in another run: nobody knows that yet, so it must register before it acts."""
    desk.epoch, desk.seq = epoch, 0
    desk.link = Link()
    desk.halted.clear()  # the feed tells a newcomer
    desk.known_ns, desk.is_begun = desk.now_ns, False
