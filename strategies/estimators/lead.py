"""Whether one symbol leads another, measured on line: Hayashi–Yoshida over a lag grid, one lag at a time (reference 4).

Ticks of both are kept for a window; `measure()` does one lag per call, so that no call is long. After the whole grid
the lead is known: the lag θ with the largest |ρ| and LLR, the ratio of both halves; the last few are kept to see
whether they agree. `Forecast` regresses the follower's next move on the leader's last one, with labels that come late.
"""

from __future__ import annotations

import math
from collections import deque

from hft.clock import NS_PER_S
from strategies.estimators.regression import RollingLine
from strategies.models.hayashi_yoshida import Lead, Returns, correlation, lead, returns

TICKS_MAX = 6_000
RETURNS_MIN = 100
LEADS_KEPT = 4


class LeadMeter:
    """The lead of A over B."""

    def __init__(self, *, window_s: float, every_s: float, lag_max_s: float, lag_step_s: float) -> None:
        self._window_ns, self._every_ns = round(window_s * NS_PER_S), round(every_s * NS_PER_S)
        steps = round(lag_max_s / lag_step_s)
        self._lags = [step * lag_step_s for step in range(-steps, steps + 1)]
        self._ticks: tuple[deque[tuple[int, float]], ...] = (deque(maxlen=TICKS_MAX), deque(maxlen=TICKS_MAX))
        self._curve: list[tuple[float, float]] = []
        self._a = self._b = Returns([], [])
        self._next_ns = 0
        self.leads: deque[Lead] = deque(maxlen=LEADS_KEPT)

    def tick(self, which: int, log_bps: float, now_ns: int) -> None:
        """Take a fair value of A (0) or B (1)."""
        ticks = self._ticks[which]
        if not ticks or ticks[-1][1] != log_bps:
            ticks.append((now_ns, log_bps))
        while ticks and ticks[0][0] < now_ns - self._window_ns:
            ticks.popleft()

    def measure(self, now_ns: int) -> None:
        """Do one lag of the grid, if it is time to."""
        if not self._curve:
            if now_ns < self._next_ns or min(map(len, self._ticks)) < RETURNS_MIN:
                return
            self._next_ns = now_ns + self._every_ns
            first_ns = self._ticks[0][0][0]
            self._a, self._b = (
                returns([(at - first_ns) / NS_PER_S for at, _ in ticks], [value for _, value in ticks])
                for ticks in self._ticks
            )
        lag = self._lags[len(self._curve)]
        self._curve.append((lag, correlation(self._a, self._b, lag)))
        if len(self._curve) == len(self._lags):
            self.leads.append(lead(self._curve))
            self._curve = []

    @property
    def changes(self) -> int:
        """Return how many changes of each fair value are at hand, of the `RETURNS_MIN` for a first measurement."""
        return RETURNS_MIN if self.leads else min(map(len, self._ticks))

    @property
    def lag_s(self) -> float:
        """Return the last lead's θ (positive: A leads), 0 before the first."""
        return self.leads[-1].lag if self.leads else 0.0

    @property
    def ratio(self) -> float:
        """Return the last lead's LLR, not a number before the first."""
        return self.leads[-1].ratio if self.leads else math.nan

    @property
    def agreeing(self) -> int:
        """Return how many of the last leads put A in front."""
        return sum(found.lag > 0 for found in self.leads)


class Forecast:
    """y = b x: x the leader's move over the last `past_s`, y the follower's over the next `ahead_s`."""

    def __init__(self, *, past_s: float, ahead_s: float, every_s: float, samples: int) -> None:
        self._past_ns, self._ahead_ns = round(past_s * NS_PER_S), round(ahead_s * NS_PER_S)
        self._every_ns = round(every_s * NS_PER_S)
        self._leader: deque[tuple[int, float]] = deque()
        self._follower: deque[tuple[int, float]] = deque()
        self._open: deque[tuple[int, float, float]] = deque()  # due_ns, leader's move, follower's level
        self._next_ns = 0
        self.line = RollingLine(samples)
        self.leader_move = self.follower_move = 0.0

    def add(self, leader_bps: float, follower_bps: float, now_ns: int) -> None:
        """Take both fair values; labels are learnt only when they are due."""
        self.leader_move = _move(self._leader, leader_bps, now_ns, self._past_ns)
        self.follower_move = _move(self._follower, follower_bps, now_ns, self._past_ns)
        while self._open and self._open[0][0] <= now_ns:
            _, move, level = self._open.popleft()
            self.line.add(move, follower_bps - level)
        if now_ns >= self._next_ns:
            self._next_ns = now_ns + self._every_ns
            self._open.append((now_ns + self._ahead_ns, self.leader_move, follower_bps))

    @property
    def t_value(self) -> float:
        """Return the slope over its standard error, not a number while there is none."""
        if len(self.line) < RETURNS_MIN or math.isnan(self.line.slope):
            return math.nan
        error = self.line.slope_error
        return self.line.slope / error if error > 0 else 0.0

    @property
    def move_bps(self) -> float:
        """Return what the follower is expected to do next, bps."""
        slope = self.line.slope if len(self.line) >= RETURNS_MIN else math.nan
        return slope * self.leader_move


def _move(levels: deque[tuple[int, float]], value: float, now_ns: int, past_ns: int) -> float:
    """Keep the levels of the last `past_ns` and one before; return the change over that time."""
    levels.append((now_ns, value))
    while len(levels) > 1 and levels[1][0] <= now_ns - past_ns:
        levels.popleft()
    return value - levels[0][1]
