"""What the router as a whole is able to do right now: gates that open and close by themselves, and the latches.

Rule: no new risk while trade updates are down, the account is not reconciled, or the market is closed; exits pass as
soon as the book is known to be true; cancels always pass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hft.clock import NS_PER_MS
from hft.words import Refusal
from risk.state import ACTIVE, Standing, halted, reducing, stricter
from router.day import moment_of, time_of

if TYPE_CHECKING:
    from router.desk import Desk

UNKNOWN_ORDERS_MAX = 2
FEED_SILENT_MS_MAX = 2_000


class Shut(msgspec.Struct, frozen=True):
    """A gate that is shut: the refusal it gives, and what may still be done."""

    reason: Refusal
    standing: Standing
    exits: bool = False  # although the reason is MARKET_CLOSED, exits still pass

    @property
    def binds_exits(self) -> bool:
        """Return whether even an exit must wait: the book may not be true yet, or no one would trade with it."""
        return self.standing.is_halted or (self.reason is Refusal.MARKET_CLOSED and not self.exits)


class Gates:
    """The gates, in the order in which they are told: the table `_checks`, the first that is shut counts."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.reconciled = False  # once in this process: before, the book may not be true
        self.reconciling = "start-up"
        self.disk_slow_ms = 0  # for how long the journal's disk has not answered, once that is long
        self._checks = (
            self._stopping,
            self._starting,
            self._keys,
            self._account,
            self._disk,
            self._updates,
            self._reconciliation,
            self._market,
            self._unknowns,
            self._clock,
            self._feed,
            self._closing,
        )

    def shut(self) -> Shut | None:
        """Return the first gate that is shut, or None when all are open."""
        for check in self._checks:
            found = check()
            if found is not None:
                return found
        return None

    def _stopping(self) -> Shut | None:
        why = self.desk.stopping
        return Shut(Refusal.NOT_READY, halted(f"the router is stopping: {why}")) if why else None

    def _starting(self) -> Shut | None:
        return None if self.reconciled else Shut(Refusal.NOT_READY, halted(f"starting: {self.note()}"))

    def _keys(self) -> Shut | None:
        outage = self.desk.outage
        return Shut(Refusal.NOT_READY, halted(outage.cause)) if outage.refuses_keys else None

    def _disk(self) -> Shut | None:
        slow = bool(self.disk_slow_ms)
        return _not_ready("the journal's disk is slow: new orders wait for it, cancels go on") if slow else None

    def _updates(self) -> Shut | None:
        return None if self.desk.updates_up else _not_ready(f"trade updates are down: {self.desk.updates_note}")

    def _reconciliation(self) -> Shut | None:
        return _not_ready(f"reconciliation is open: {self.reconciling}") if self.reconciling else None

    def _market(self) -> Shut | None:
        market, now_ns = self.desk.market, self.desk.now_ns
        if market.is_open(now_ns):
            return None
        opens_ns = market.clock.next_open_ns if market.clock else 0
        until = f" until {moment_of(opens_ns)} New York time" if opens_ns > now_ns else ""
        return Shut(Refusal.MARKET_CLOSED, reducing(f"the market is closed{until}"))

    def _account(self) -> Shut | None:
        account = self.desk.account
        if account is None or not account.blocked:
            return None
        return Shut(Refusal.NOT_READY, halted(f"the broker blocks the account: {account.blocked}"))

    def _unknowns(self) -> Shut | None:
        if len(self.desk.book.unknown) <= UNKNOWN_ORDERS_MAX:
            return None
        cause = self.desk.outage.cause
        return _not_ready(
            f"{f'{cause}; ' if cause else ''}more than {UNKNOWN_ORDERS_MAX} orders are unknown at the venue"
        )

    def _clock(self) -> Shut | None:
        why = self.desk.skew.reason
        return _not_ready(why) if why else None

    def _feed(self) -> Shut | None:
        if self.feed_silent_ms() <= FEED_SILENT_MS_MAX:
            return None
        return _not_ready("the feed is down")

    def _closing(self) -> Shut | None:
        left_ns = self.desk.market.next_close_ns() - self.desk.now_ns
        if left_ns > self.desk.config.no_new_risk_before_close_ms * NS_PER_MS:
            return None
        at = time_of(self.desk.market.next_close_ns())
        return Shut(Refusal.MARKET_CLOSED, reducing(f"the market closes at {at} New York time"), exits=True)

    def feed_silent_ms(self) -> int:
        """Return for how long the feed has not been both alive and connected."""
        market = self.desk.market
        return round((self.desk.steady_ns - market.feed_well_ns) / self.desk.config.ns(1))

    def note(self) -> str:
        """Return what start-up waits for."""
        return self.reconciling if self.desk.updates_up else f"trade updates: {self.desk.updates_note}"

    def flattening(self, strategy: str) -> Standing:
        """Return HALTED while a flatten works on this strategy (or on everything)."""
        busy = self.desk.flattening
        return halted("a flatten is at work") if busy.get("") or (strategy and busy.get(strategy)) else ACTIVE

    def paused(self, strategy: str) -> Standing:
        """Return REDUCING while a strategy rests after too many refusals of the venue."""
        until_ns = self.desk.paused.get(strategy, 0)
        if self.desk.steady_ns >= until_ns:
            return ACTIVE
        return reducing("paused: the venue rejected too many of its orders")

    def own(self, strategy: str) -> Standing:
        """Return what holds this strategy back and no other, latches apart: a flatten of it, a rest after rejects."""
        closing = bool(self.desk.flattening.get(strategy))
        return stricter(halted("a flatten is at work") if closing else ACTIVE, self.paused(strategy))

    def standing(self, strategy: str = "") -> Standing:
        """Return what a strategy (or, for the empty name, the account) may do, and why."""
        shut = self.shut()
        return stricter(
            self.desk.book.standing,
            self.desk.latch(strategy),
            self.flattening(strategy),
            self.paused(strategy),
            shut.standing if shut else ACTIVE,
        )

    @property
    def is_hour(self) -> bool:
        """Return whether it is the hour alone that keeps the account from entering."""
        shut = self.shut()
        return shut is not None and shut.reason is Refusal.MARKET_CLOSED and self.standing() == shut.standing


def slow_disk(waited_ms: int) -> str:
    """Return in words what a journal's disk means that has not answered for so long, in real ms."""
    return f"the journal's disk has not answered for {waited_ms / 1_000:.1f} s: new orders wait for it, cancels go on"


def _not_ready(why: str) -> Shut:
    return Shut(Refusal.NOT_READY, reducing(why))
