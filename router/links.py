"""One strategy's line to the router: its epoch, what it said last, what it was answered, whether it still breathes.

Rule: an intent is judged once. A number that was seen gets the stored answer; a hole lets cancels through and nothing
else; an older epoch gets nothing but a refusal.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from hft.messages import Accepted, CancelAll, CancelOrder, NewOrder, Refused, ReplaceOrder
from hft.words import Refusal

if TYPE_CHECKING:
    from hft.events import OrderRefused
    from risk.state import Standing

ANSWERS_MAX = 1_000
Intent = NewOrder | ReplaceOrder | CancelOrder | CancelAll
Answer = Accepted | Refused


class Link:
    """What the router knows of one strategy process. Not durable: a new router learns it from Register."""

    def __init__(self, name: str, now_ns: int) -> None:
        self.name = name
        self.epoch = 0
        self.connected = False
        self.heard_ns = (
            now_ns  # a router that has just started waits as long for a strategy as it does for a silent one
        )
        self.lost = False
        self.last_seq = 0
        self.resync = True  # the first intent after a Register may carry any fresh number
        self.answers: dict[int, Answer] = {}
        self.recent_ns: deque[int] = deque()
        self.update_seq = 0
        self.told: Standing | None = None
        self.refusals = self.requests = 0
        self.suppressed: dict[str, int] = {}  # wishes that cost nothing, by why: equal, move, life
        self.flood = self.flood_ns = 0  # refusals in the current spell, and when it began
        self.last_refusal = ""
        self.repeated: OrderRefused | None = None  # the refusal being counted
        self.repeated_ns = 0

    def register(self, epoch: int, last_seq: int, now_ns: int) -> None:
        """Begin (or go on with) an epoch."""
        if epoch != self.epoch:
            self.answers.clear()
            self.recent_ns.clear()
            self.last_seq = 0
        self.epoch, self.connected, self.lost = epoch, True, False
        self.last_seq = max(self.last_seq, last_seq)
        self.resync = True
        self.heard_ns = now_ns

    def heard(self, now_ns: int) -> None:
        """Note a sign of life in the current epoch; one that was only silent for a while is back."""
        self.heard_ns, self.connected, self.lost = now_ns, True, False

    def judge(self, intent: Intent) -> Answer | None:
        """Return the answer that an intent's envelope alone decides, or None when it is fresh and in order."""
        if not self.connected or intent.epoch > self.epoch:
            return self.refusal(intent, Refusal.NOT_REGISTERED, "register first")
        if intent.epoch < self.epoch:
            return self.refusal(intent, Refusal.OLD_EPOCH, f"epoch {intent.epoch} is over, {self.epoch} is current")
        if intent.seq <= self.last_seq:
            stored = self.answers.get(intent.seq)
            return stored or self.refusal(intent, Refusal.DUPLICATE, f"number {intent.seq} was handled before")
        gap = intent.seq - self.last_seq - 1
        if gap and not self.resync and isinstance(intent, NewOrder | ReplaceOrder):
            answer = self.refusal(intent, Refusal.SEQ_GAP, f"{gap} intents before this one did not arrive")
            return self.keep(answer)
        return None

    def note(self, seq: int) -> None:
        """Count a fresh intent as seen."""
        self.last_seq, self.resync = seq, False

    def keep(self, answer: Answer) -> Answer:
        """Count a fresh intent as seen and store its answer."""
        self.note(answer.seq)
        return self.keep_late(answer)

    def keep_late(self, answer: Answer) -> Answer:
        """Store the answer to an intent that was counted as seen before."""
        self.answers[answer.seq] = answer
        if len(self.answers) > ANSWERS_MAX:
            del self.answers[next(iter(self.answers))]
        return answer

    def suppress(self, why: str) -> None:
        """Count a wish that changed nothing."""
        self.suppressed[why] = self.suppressed.get(why, 0) + 1

    def refusal(self, intent: Intent, reason: Refusal, text: str) -> Refused:
        """Return a refusal of this intent."""
        return Refused(strategy=self.name, epoch=intent.epoch, seq=intent.seq, reason=reason, text=text)

    def orders_last_min(self, now_ns: int, window_ns: int) -> int:
        """Return how many orders were taken in the last minute."""
        while self.recent_ns and self.recent_ns[0] <= now_ns - window_ns:
            self.recent_ns.popleft()
        return len(self.recent_ns)
