"""What the router as a whole is able to do right now: gates that open and close by themselves, and the latches.

Rule: no new risk while trade updates are down, the account is not reconciled, or the market is closed; exits pass as
soon as the book is known to be true; cancels always pass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hft.words import Refusal
from risk.state import ACTIVE, Standing, halted, reducing, stricter

if TYPE_CHECKING:
    from router.desk import Desk

UNKNOWN_ORDERS_MAX = 2


class Shut(msgspec.Struct, frozen=True):
    """A gate that is shut: the refusal it gives, and what may still be done."""

    reason: Refusal
    standing: Standing

    @property
    def binds_exits(self) -> bool:
        """Return whether even an exit must wait: the book may not be true yet, or no one would trade with it."""
        return self.standing.is_halted or self.reason is Refusal.MARKET_CLOSED


class Gates:
    """The gates, in the order in which they are told."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.reconciled = False  # once in this process: before, the book may not be true
        self.reconciling = "start-up"

    def shut(self) -> Shut | None:
        """Return the first gate that is shut, or None when all are open."""
        desk = self.desk
        if desk.stopping:
            return Shut(Refusal.NOT_READY, halted(f"the router is stopping: {desk.stopping}"))
        if not self.reconciled:
            return Shut(Refusal.NOT_READY, halted(f"starting: {self.note()}"))
        if not desk.updates_up:
            return Shut(Refusal.NOT_READY, reducing(f"trade updates are down: {desk.updates_note}"))
        if self.reconciling:
            return Shut(Refusal.NOT_READY, reducing(f"reconciliation is open: {self.reconciling}"))
        if not desk.market.is_open(desk.now_ns):
            return Shut(Refusal.MARKET_CLOSED, reducing("the market is closed"))
        if desk.account is not None and desk.account.blocked:
            return Shut(Refusal.NOT_READY, reducing(f"the broker blocks the account: {desk.account.blocked}"))
        if len(desk.book.unknown) > UNKNOWN_ORDERS_MAX:
            return Shut(Refusal.NOT_READY, reducing(f"{len(desk.book.unknown)} orders are unknown at the venue"))
        return None

    def note(self) -> str:
        """Return what start-up waits for."""
        return self.reconciling if self.desk.updates_up else f"trade updates: {self.desk.updates_note}"

    def flattening(self, strategy: str) -> Standing:
        """Return HALTED while a flatten works on this strategy (or on everything)."""
        busy = self.desk.flattening
        return halted("a flatten is at work") if busy.get("") or (strategy and busy.get(strategy)) else ACTIVE

    def standing(self, strategy: str = "") -> Standing:
        """Return what a strategy (or, for the empty name, the account) may do, and why."""
        shut = self.shut()
        return stricter(
            self.desk.book.standing,
            self.desk.latch(strategy),
            self.flattening(strategy),
            shut.standing if shut else ACTIVE,
        )
