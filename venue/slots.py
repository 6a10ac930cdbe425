"""Connection slots: one authenticated socket for each account and endpoint.

A slot whose socket was aborted stays taken for a while, as on the real venue, where a half-dead connection keeps it.
"""

from __future__ import annotations


class Slots:
    """Who holds which slot. Times are monotonic ns."""

    def __init__(self, each_max: int = 1) -> None:
        self._each_max = each_max
        self._owners: dict[tuple[str, str], set[int]] = {}
        self._ghosts: dict[tuple[str, str], list[int]] = {}

    def take(self, account: str, endpoint: str, owner: int, mono_ns: int) -> bool:
        """Take a slot for a socket; return whether there was one."""
        slot = account, endpoint
        owners = self._owners.setdefault(slot, set())
        if owner in owners:
            return True
        if len(owners) + self._ghosts_of(slot, mono_ns) >= self._each_max:
            return False
        owners.add(owner)
        return True

    def full(self, account: str, endpoint: str, mono_ns: int) -> bool:
        """Return whether there is no slot left."""
        slot = account, endpoint
        return len(self._owners.get(slot, ())) + self._ghosts_of(slot, mono_ns) >= self._each_max

    def release(self, account: str, endpoint: str, owner: int, mono_ns: int, *, held_ns: int) -> None:
        """Give a slot back: at once, or after so long."""
        slot = account, endpoint
        owners = self._owners.get(slot, set())
        if owner not in owners:
            return
        owners.discard(owner)
        if held_ns:
            self._ghosts.setdefault(slot, []).append(mono_ns + held_ns)

    def _ghosts_of(self, slot: tuple[str, str], mono_ns: int) -> int:
        alive = [until for until in self._ghosts.get(slot, []) if until > mono_ns]
        self._ghosts[slot] = alive
        return len(alive)
