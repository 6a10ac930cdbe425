"""Where a strategy stands at this moment: what it holds, what the market shows, what it may do; state, no action."""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING

from hft.clock import NS_PER_MS, NS_PER_S
from hft.messages import Gate, Quote, Status
from hft.words import Side, TradingState
from strategies.sdk.blackout import Blackout
from strategies.sdk.gates import BLACKOUT, SETTLING
from strategies.sdk.link import Link
from strategies.sdk.orders import Orders

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hft.messages import Tick, Ticks
    from strategies.sdk.rules import Rules
    from strategies.sdk.session import Phase, Session

SILENT_NS = 5 * NS_PER_S  # no quote of any symbol for so long is worth a word
HOLE_NS = NS_PER_S  # not to have heard so much is no hole


class Situation:
    """What the checks look at, and the desk and the core keep up to date."""

    def __init__(self, *, rules: Rules, session: Session) -> None:
        self.rules, self.session = rules, session
        self.orders = Orders()
        self.quotes: dict[str, Quote] = {}
        self.halted: set[str] = set()
        self.blackout = Blackout()
        self.freezes = False  # whether a blackout also ends what rests, and what would rest
        self.news = ""  # whether headlines can be had: `connected`, why not, or nothing when none are asked for
        self.now_ns = 0
        self.acting = True  # false while a late tick is handled: it may teach, but not trade
        self.state, self.state_reason = TradingState.ACTIVE, ""
        self.closed_because = ""  # the core says why nothing may be sent at all
        self.disabled_because = ""
        self.resting_until: dict[tuple[str, Side], int] = {}
        self.last_refusal = ""
        self.known_ns = 0  # when what it remembers was written down
        self.is_begun = False
        self.settled_ns = 0  # until then nothing is entered: what it remembers has a hole
        self.link = Link()
        self.told_disabled = ""
        self.frozen_ns = 0  # the scheduled window for which everything was taken back
        self.sent_ns: deque[int] = deque()  # of the orders of the last minute

    @property
    def phase(self) -> Phase:
        """Return the phase of the session now."""
        return self.session.phase(self.now_ns)

    def dark_s(self, symbol: str) -> float:
        """Return for how long nothing may be entered in the symbol, 0 when it may; without an end in a halt.

        When the day itself takes no entries any more, its own rules are the stricter ones, and this is 0.
        """
        if not self.phase.takes_entries:
            return 0.0
        return math.inf if symbol in self.halted else math.ceil(self.blackout.left_ns(symbol, self.now_ns) / NS_PER_S)

    @property
    def settling_s(self) -> float:
        """Return for how long it must still watch before it enters, because what it remembers has a hole."""
        return max(self.settled_ns - self.now_ns, 0) / NS_PER_S

    def begin(self, settle_s: float) -> None:
        """Note at the first wake whether there is a hole between what it remembers and now."""
        if self.known_ns and not self.is_begun and self.now_ns - self.known_ns > HOLE_NS:
            self.settled_ns = self.now_ns + round(settle_s * NS_PER_S)
        self.is_begun = True

    def unheard(self, batch: Ticks) -> tuple[Tick, ...]:
        """Return what is new of the last values that a newcomer is told: what it remembers, it has learnt from."""
        self.quotes.update({tick.symbol: tick for tick in batch.ticks if type(tick) is Quote})
        self.halted.update(tick.symbol for tick in batch.ticks if type(tick) is Status and tick.halted)
        return tuple(tick for tick in batch.ticks if tick.recv_ns > self.known_ns)

    @property
    def silence(self) -> str:
        """Return that no quote comes and what follows from it, or "" while some do, or none has come yet."""
        age_ns = self.now_ns - max((quote.recv_ns for quote in self.quotes.values()), default=self.now_ns)
        if age_ns <= max(SILENT_NS, self.rules.stale_after_ms * NS_PER_MS):
            return ""
        most_s = self.rules.stale_after_ms / 1_000
        return f"no quote for {age_ns / NS_PER_S:.0f} s, and nothing new goes out on a price older than {most_s:g} s"

    def position(self, symbol: str) -> int:
        """Return the shares held (negative: short)."""
        return self.orders.positions.get(symbol, 0)

    def is_entry(self, symbol: str, side: Side) -> bool:
        """Return whether an order on `side` would open or enlarge the position."""
        return self.position(symbol) * side.sign >= 0


def gates_of(at: Situation, symbols: tuple[str, ...]) -> Iterator[Gate]:
    """Return the rows that every family has: about a restart while that matters, and about blackouts."""
    if at.settling_s:
        yield Gate(name=f"{SETTLING} after a restart", value=f"{at.settling_s:.0f} s", threshold="≤ 0 s", passed=False)
    told = at.blackout.told(symbols, at.now_ns)
    yield Gate(name=BLACKOUT, value=told or "none", threshold="none", passed=not told)
