"""Faults: what the exchange is told to do wrong, when, how often, and to whom (section 6.4 of the contract).

A fault has a start, an end or a count, a scope (account, symbol, stream, method) and a seed; several combine. Nothing
here acts: the places that can misbehave ask `hit(kind, …)` and get the fault or None.
"""

from __future__ import annotations

import random
from typing import Any

import msgspec

from venue.fault_menu import MENU
from venue.units import NS_PER_S

ACTIVE_MAX = 256


class Fault(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One fault as it was ordered. Times are seconds of market time from the order; delays are real milliseconds."""

    kind: str
    start_s: float = 0.0
    for_s: float | None = None
    count: int | None = None
    share: float = 1.0  # of the chances it has
    account: str = ""  # key or id
    symbol: str = ""
    stream: str = ""  # data, news or updates
    method: str = ""  # of the REST call
    ms: float = 1_000.0
    code: int = 0
    size: float = 0.0
    word: str = "done_for_day"
    seed: int = 0
    id: str = ""


class _Armed:
    """A fault with its counters."""

    def __init__(self, fault: Fault, now_ns: int) -> None:
        self.fault = fault
        self.from_ns = now_ns + round(fault.start_s * NS_PER_S)
        self.until_ns = None if fault.for_s is None else self.from_ns + round(fault.for_s * NS_PER_S)
        self.left = fault.count
        self.hits = 0
        self._dice = random.Random(f"{fault.seed}/{fault.kind}")

    def is_over(self, now_ns: int) -> bool:
        return self.left == 0 or (self.until_ns is not None and now_ns >= self.until_ns)

    def take(self, now_ns: int) -> bool:
        if now_ns < self.from_ns or self.is_over(now_ns):
            return False
        if self.fault.share < 1.0 and self._dice.random() >= self.fault.share:
            return False
        self.hits += 1
        if self.left is not None:
            self.left -= 1
        return True


class Faults:
    """The faults that are ordered, in their order."""

    def __init__(self) -> None:
        self._armed: dict[str, _Armed] = {}
        self._made = 0

    def __bool__(self) -> bool:
        return bool(self._armed)

    def order(self, fault: Fault, now_ns: int) -> Fault:
        """Arm a fault; return it with its id. What acts once and has neither end nor count gets a count of 1."""
        self._sweep(now_ns)
        if len(self._armed) >= ACTIVE_MAX:
            self._armed.pop(next(iter(self._armed)))
        self._made += 1
        once = MENU[fault.kind].once and fault.for_s is None and fault.count is None
        armed = msgspec.structs.replace(fault, id=f"f{self._made}", count=1 if once else fault.count)
        self._armed[armed.id] = _Armed(armed, now_ns)
        return armed

    def cancel(self, fault_id: str = "") -> int:
        """End one fault, or all; return how many."""
        gone = [fault_id] if fault_id else list(self._armed)
        return sum(self._armed.pop(name, None) is not None for name in gone)

    def listing(self, now_ns: int) -> list[dict[str, Any]]:
        """Return the faults that are not over, with how often each acted."""
        self._sweep(now_ns)
        return [
            {
                **msgspec.to_builtins(armed.fault),
                "hits": armed.hits,
                "left": armed.left,
                "active": now_ns >= armed.from_ns,
            }
            for armed in self._armed.values()
        ]

    def hit(
        self,
        kind: str,
        now_ns: int,
        *,
        accounts: tuple[str, ...] = (),
        symbol: str = "",
        stream: str = "",
        method: str = "",
    ) -> Fault | None:
        """Return the first active fault of a kind that this chance belongs to, and count it; else None."""
        for armed in self._armed.values():
            fault = armed.fault
            if fault.kind != kind or (fault.account and fault.account not in accounts):
                continue
            scopes = ((fault.symbol, symbol), (fault.stream, stream), (fault.method, method))
            if all(not wanted or wanted == found for wanted, found in scopes) and armed.take(now_ns):
                return fault
        return None

    def active(self, kind: str, now_ns: int) -> list[Fault]:
        """Return the faults of a kind that hold now, without counting; for what is a state rather than an event."""
        return [
            armed.fault
            for armed in self._armed.values()
            if armed.fault.kind == kind and now_ns >= armed.from_ns and not armed.is_over(now_ns)
        ]

    def _sweep(self, now_ns: int) -> None:
        self._armed = {name: armed for name, armed in self._armed.items() if not armed.is_over(now_ns)}
