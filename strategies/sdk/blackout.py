"""When a family keeps still: after a headline about a symbol, and around the times of scheduled figures.

In a blackout nobody enters. A family that quotes (`Strategy.freezes`) also takes back what rests; its way out is open
to orders that reach the far side, and, in the last minutes of the day, to all. Halts and limit-up-limit-down pauses
come as statuses and stand beside it (`Situation.halted`).
Prices move within seconds of a headline and its direction is weakly told (Groß-Klußmann & Hautsch 2011): who rests is
run over, and who enters pays twice the spread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hft.clock import NS_PER_S
from strategies.sdk.session import NS_PER_DAY, NS_PER_MIN, new_york_midnight_ns

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from hft.messages import News

SYMBOLS_MAX = 10  # a headline that names more is a list of the day, and says nothing new of any of them
SCHEDULED = {"08:30": 510, "10:00": 600, "14:00": 840, "14:30": 870}  # New York time of macro figures, in minutes


class Window(NamedTuple):
    """A scheduled time, and from when until when it counts."""

    name: str
    from_ns: int
    until_ns: int


NEVER = Window("", 0, 0)


class Blackout:
    """Until when each symbol is dark; asked on every order, so the scheduled window is looked up once."""

    def __init__(self, *, news_s: float = 120.0, scheduled_s: float = 60.0) -> None:
        self._news_ns, self._scheduled_ns = round(news_s * NS_PER_S), round(scheduled_s * NS_PER_S)
        self.until_ns: dict[str, int] = {}
        self._window = NEVER
        self._asked_ns = 0

    def hear(self, news: News, symbols: AbstractSet[str]) -> tuple[str, ...]:
        """Take a headline; return which of these symbols are dark for it, or dark for longer."""
        if len(news.symbols) > SYMBOLS_MAX or not self._news_ns:
            return ()
        until_ns = news.recv_ns + self._news_ns
        fresh = tuple(s for s in news.symbols if s in symbols and self.until_ns.get(s, 0) < until_ns)
        self.until_ns.update(dict.fromkeys(fresh, until_ns))
        return fresh

    def left_ns(self, symbol: str, now_ns: int) -> int:
        """Return how much longer the symbol is dark, 0 when it is not."""
        return max(self.until_ns.get(symbol, 0) - now_ns, self.scheduled(now_ns).until_ns - now_ns, 0)

    def why(self, symbol: str, now_ns: int) -> str:
        """Return why the symbol is dark, and for how long: "news blackout in X for 212 s"; "" when it is not."""
        news_ns = self.until_ns.get(symbol, 0) - now_ns
        if news_ns > 0:
            return f"news blackout in {symbol} for {_seconds(news_ns)} s"
        window = self.scheduled(now_ns)
        return (
            f"figures are due at {window.name}, quiet for {_seconds(window.until_ns - now_ns)} s" if window.name else ""
        )

    def told(self, symbols: tuple[str, ...], now_ns: int) -> str:
        """Return what holds for these symbols in one breath: "news blackout in X for 212 s, Y for 12 s"."""
        left = [(symbol, ns) for symbol in symbols if (ns := self.until_ns.get(symbol, 0) - now_ns) > 0]
        news = ", ".join(f"{symbol} for {_seconds(ns)} s" for symbol, ns in left)
        window = self.scheduled(now_ns)
        reasons = (f"news blackout in {news}" if news else "", _figures(window, now_ns) if window.name else "")
        return "; ".join(reason for reason in reasons if reason)

    def scheduled(self, now_ns: int) -> Window:
        """Return the scheduled window that is on, or NEVER (which has no name and no length)."""
        if now_ns >= self._window.until_ns or now_ns < self._asked_ns:
            self._window = self._next(now_ns)
        self._asked_ns = now_ns
        return self._window if self._window.from_ns <= now_ns else NEVER

    def changes_ns(self, now_ns: int) -> int:
        """Return when a scheduled window begins or ends next."""
        is_on = self.scheduled(now_ns).until_ns > now_ns
        return self._window.until_ns if is_on else self._window.from_ns

    def _next(self, now_ns: int) -> Window:
        midnight_ns = new_york_midnight_ns(now_ns)
        windows = [
            Window(name, at_ns - self._scheduled_ns, at_ns + self._scheduled_ns)
            for day in (0, 1)
            for name, minute in SCHEDULED.items()
            for at_ns in (midnight_ns + day * NS_PER_DAY + minute * NS_PER_MIN,)
        ]
        return next(window for window in windows if window.until_ns > now_ns)


def _figures(window: Window, now_ns: int) -> str:
    return f"figures are due at {window.name}, quiet for {_seconds(window.until_ns - now_ns)} s"


def _seconds(ns: int) -> int:
    return -(-ns // NS_PER_S)
