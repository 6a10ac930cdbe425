"""The day's session while it runs: fed live, looked at for marks and numbers, and made anew when something came late.

Pure. While the files are being read again, what comes meanwhile is kept and given to the new session too; a session
takes nothing twice, so it does not matter what of it was in the files already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hft.clock import NS_PER_MS, NS_PER_S
from hft.events import MarketMarked
from hft.messages import Ticks
from recorder.day import ALL
from recorder.parcels import FlushTape, Refold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hft.eventline import Stamp
    from hft.events import AnyEvent
    from recorder.session import Session

REFOLD_EVERY_S = 30
REFOLD_PAUSES = 60  # reading again costs at most a sixtieth of the recorder's time


class Analysis:
    """The session, or nothing where no ticks are recorded."""

    def __init__(self, session: Session | None) -> None:
        self.session = session
        self._meanwhile: list[Ticks | tuple[Stamp, AnyEvent, int]] | None = None  # since the files are read again
        self._refold_due_ns = 0
        self._marked: dict[str, int] = {}
        self.refolds = 0

    @property
    def is_refolding(self) -> bool:
        """Return whether the files are being read again."""
        return self._meanwhile is not None

    @property
    def is_behind(self) -> bool:
        """Return whether the files are being read again, or must be."""
        return self.is_refolding or (self.session is not None and self.session.late > 0)

    @property
    def is_still(self) -> bool:
        """Return whether both books stay as they are until another event is told."""
        return not self.is_behind and (self.session is None or self.session.is_still)

    def add_ticks(self, *batches: Ticks) -> None:
        """Take batches."""
        if self.session is not None:
            self.session.add_ticks(*batches)
        if self._meanwhile is not None:
            self._meanwhile += batches

    def add_event(self, stamp: Stamp, event: AnyEvent, ts_ns: int) -> None:
        """Take an event that is on disk."""
        if self.session is not None:
            self.session.add_event(stamp, event, ts_ns)
        if self._meanwhile is not None:
            self._meanwhile.append((stamp, event, ts_ns))

    def advance(self, now_ns: int) -> Iterator[FlushTape | Refold]:
        """Move on to `now_ns`; return the request to read the files again, if that is needed and not too soon."""
        if self.session is None:
            return
        self.session.advance(now_ns)
        if self.session.late and now_ns >= self._refold_due_ns:
            yield from self.refold(now_ns)

    def catch_up(self, now_ns: int) -> None:
        """Move on to `now_ns`, where nothing has come late."""
        if self.session is not None:
            self.session.advance(now_ns)

    def refold(self, now_ns: int) -> Iterator[FlushTape | Refold]:
        """Return the request to read the files again, with all ticks in them."""
        if self.session is not None and self._meanwhile is None:
            self._refold_due_ns = now_ns + REFOLD_EVERY_S * NS_PER_S
            self._meanwhile = []
            yield FlushTape()
            yield Refold(day=self.session.honest.day)

    def replace(self, session: Session, took_ms: int = 0) -> None:
        """Go on with what the files told, and what came since; the longer it took, the longer until the next time."""
        self._refold_due_ns += took_ms * REFOLD_PAUSES * NS_PER_MS
        meanwhile, self._meanwhile = self._meanwhile or [], None
        self.session = session
        self.refolds += 1
        for item in meanwhile:
            if isinstance(item, Ticks):
                session.add_ticks(item)
            else:
                session.add_event(*item)

    def begin(self, session: Session | None) -> None:
        """Begin a new day."""
        self.session, self._meanwhile = session, None

    def marks(self, symbols: Iterable[str]) -> Iterator[MarketMarked]:
        """Return the values of these symbols where they changed since the last marks."""
        fairs = self.session.fairs if self.session is not None else {}
        values = {symbol: fairs[symbol].px for symbol in sorted(symbols) if symbol in fairs}
        fresh = {symbol: px for symbol, px in values.items() if px and px != self._marked.get(symbol)}
        if fresh:
            self._marked.update(fresh)
            yield MarketMarked(mids=fresh)

    @property
    def changes(self) -> tuple[str, int, int]:
        """Return what differs after whatever may have changed the counters."""
        honest = self.session.honest if self.session is not None else None
        return (honest.day, self.refolds, honest.changes) if honest is not None else ("", 0, 0)

    def counters(self) -> dict[str, int]:
        """Return both books' profit of the day in 1e-4 dollar, for the heartbeat.

        `paper:mm`, `honest_mid:ALL`, and of that `leftover:ALL`.
        """
        if self.session is None:
            return {}
        honest = self.session.honest
        intervals = {name: honest.interval(name) for name in honest.accounts} | {ALL: honest.interval_of_all()}
        told = {
            f"honest_{what}:{name}": value
            for name, interval in intervals.items()
            for what, value in interval._asdict().items()
        }
        left = {name: account.leftover.pnl for name, account in honest.accounts.items()}
        told |= {f"leftover:{name}": money for name, money in (left | {ALL: sum(left.values())}).items()}
        return told | {f"paper:{name}": account.paper.pnl for name, account in honest.accounts.items()}
