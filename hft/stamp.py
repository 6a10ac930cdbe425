"""When an order was decided: the shell writes it on what its core answers to a tick; the core knows nothing of it.

Rule: a decision is what the core said, so this stands outside the tape (hft/inputs.py): no reading of a clock is in
what a replay compares or hashes. An order that no tick called for (a wish that waited, a leg that followed a fill) is
no reaction to one, however old the quote behind it, and carries no times.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hft.messages import NewOrder, ReplaceOrder, Ticks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hft.actor import Core, Output, Report
    from hft.messages import Message

ORDERS = NewOrder | ReplaceOrder


class Stamping:
    """A core whose orders say when the tick that called for them came, and when they were decided. Both ns UTC."""

    def __init__(self, core: Core, now_ns: Callable[[], int]) -> None:
        self._core, self._now_ns = core, now_ns

    def handle(self, message: Message, now_ns: int) -> Iterable[Output]:
        """Return what follows from one message."""
        out = self._core.handle(message, now_ns)
        if not out or type(message) is not Ticks or message.snapshot:
            return out
        said = list(out)
        times = {"tick_ns": message.ticks[-1].recv_ns, "decided_ns": self._now_ns()}
        return [msgspec.structs.replace(each, **times) if isinstance(each, ORDERS) else each for each in said]

    def wake(self, now_ns: int) -> Iterable[Output]:
        """Return what follows from time having passed."""
        return self._core.wake(now_ns)

    def report(self, now_ns: int) -> Report:
        """Return how the core is."""
        return self._core.report(now_ns)

    def stop(self, now_ns: int) -> Iterable[Output]:
        """Return what must be done before the process may end."""
        return self._core.stop(now_ns)

    def is_done(self, now_ns: int) -> bool:
        """Return whether nothing is left to wait for."""
        return self._core.is_done(now_ns)
