"""Far more wishes than requests, for minutes: the venue never sees more than its limit, and no cancel waits."""

from __future__ import annotations

from collections import Counter, deque

from hft.clock import NS_PER_MS, NS_PER_S
from hft.messages import Accepted, CancelAll
from hft.words import Side
from router import broker
from tests.router.world import World

MINUTES = 3
STEP_MS = 30
CANCEL_EVERY_STEPS = 20
CANCEL_MS_MAX = 1_000


class Meter:
    """Counts what leaves: the fullest minute, and the longest that a cancel waited for its turn."""

    def __init__(self) -> None:
        self.fullest_minute = 0
        self.cancel_ms_max = 0
        self._left_ns: deque[int] = deque()
        self._wanted_ns: dict[str, int] = {}

    def look(self, world: World) -> None:
        """Look at the requests that just left."""
        now_ns, desk = world.now_ns, world.core.desk
        for name, cancel in desk.cancels.items():
            if desk.book.orders[name].order_id and not cancel.tries:
                self._wanted_ns.setdefault(name, now_ns)
        for request in world.requests:
            self._left_ns.append(now_ns)
            if isinstance(request, broker.CancelRequest):
                waited_ns = now_ns - self._wanted_ns.pop(request.client_order_id, now_ns)
                self.cancel_ms_max = max(self.cancel_ms_max, waited_ns // NS_PER_MS)
        while self._left_ns and self._left_ns[0] <= now_ns - 60 * NS_PER_S:
            self._left_ns.popleft()
        self.fullest_minute = max(self.fullest_minute, len(self._left_ns))


def test_at_ten_times_the_budget_the_limit_holds_cancels_are_quick_and_shares_are_fair() -> None:
    world, meter = World().ready(), Meter()
    for step in range(MINUTES * 60_000 // STEP_MS):
        world.pass_ms(STEP_MS)
        world.turn(*world.quotes(), world.beat("mm"), world.beat("drift"))
        # a wish each 30 ms, 33 a second where 3.3 can be had; the greedy family wishes four times as often
        family, symbol = ("drift", "QQQ") if step % 5 == 0 else ("mm", "SPY")
        world.turn(world.order(family, Side.BUY if step % 2 else Side.SELL, 1 + step % 3, symbol=symbol))
        for name in ("mm", "drift") if step % CANCEL_EVERY_STEPS == 0 else ():
            link = world.core.desk.link(name)
            world.turn(CancelAll(strategy=name, epoch=1, seq=link.last_seq + 1))
        meter.look(world)
        world.pump()
    assert meter.fullest_minute <= 200
    assert meter.cancel_ms_max <= CANCEL_MS_MAX
    taken = Counter(item.strategy for item in world.said if isinstance(item, Accepted) and item.client_order_id)
    assert taken["drift"] >= taken["mm"] / 3, taken
    assert sum(taken.values()) >= MINUTES * 60, taken
    world.agree()
