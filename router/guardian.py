"""`python -m router.guardian`: when the router is silent for 10 s, cancel every order past it.

A process of its own with nothing of the router in it but the REST path of router/panic.py, so that what wedges the
router cannot wedge this. It hears the router's heartbeat, which comes from the router's main loop.
Rule: it only ever cancels. Positions stay; closing them is a person's decision (hftctl flatten).
"""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

from hft import endpoints, log, settings
from hft.actor import Actor, Report
from hft.clock import NS_PER_MS
from hft.errors import ConfigError, FleetError
from hft.events import GuardianActed
from hft.home import find_home
from hft.messages import Beat, Message
from hft.ports import Inbox, Subscriber
from hft.process import claim, settle
from hft.words import Health

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hft.keys import Broker
    from hft.settings import Loaded

SILENT_AFTER_MS = 10_000
ACT_AGAIN_MS = 30_000
ACT_MS_MAX = 8_000


class CancelAllOrders(Message, frozen=True, kw_only=True):
    """To the REST edge: cancel everything, past the router."""


class CancelAllEnded(Message, frozen=True, kw_only=True):
    """From the REST edge: how that went."""

    ok: bool
    text: str


class GuardianCore:
    """When to act. Pure."""

    def __init__(self, *, now_ns: int, rate: float = 1.0) -> None:
        self._heard_ns = now_ns
        self._rate = rate
        self._heard_once = False
        self._acting = False
        self._acted_ns = 0
        self._last = ""
        self.acts = 0

    def handle(self, message: Any, now_ns: int) -> Iterable[Any]:  # noqa: ANN401 beats and answers
        """Hear the router, or how a cancel-all went."""
        if isinstance(message, Beat) and message.process == "router":
            self._heard_ns, self._heard_once, self._acted_ns, self._last = now_ns, True, 0, ""
        elif isinstance(message, CancelAllEnded):
            self._acting, self._last = False, message.text
            return [GuardianActed(silent_ms=self._silent_ms(now_ns), ok=message.ok, text=message.text)]
        return []

    def wake(self, now_ns: int) -> Iterable[Any]:
        """Act when the router has been silent for too long, and again as long as it is."""
        waits_ms = ACT_AGAIN_MS if self._acted_ns else SILENT_AFTER_MS
        since_ns = self._acted_ns or self._heard_ns
        if self._acting or now_ns - since_ns < waits_ms * NS_PER_MS * self._rate:
            return []
        self._acting, self._acted_ns, self.acts = True, now_ns, self.acts + 1
        return [CancelAllOrders()]

    def report(self, now_ns: int) -> Report:
        """Return what it hears."""
        silent_ms, counters = self._silent_ms(now_ns), {"acts": self.acts}
        if silent_ms >= SILENT_AFTER_MS:
            note = f"the router is silent for {silent_ms // 1_000} s; {self._last or 'cancelling all orders'}"
            return Report(state=Health.DEGRADED, note=note, counters=counters)
        if not self._heard_once:
            return Report(state=Health.WARMING, note="waits for the router's first heartbeat", counters=counters)
        return Report(state=Health.READY, note="hears the router", counters=counters)

    def stop(self, now_ns: int) -> Iterable[Any]:
        """Nothing has to be put away."""
        return []

    def is_done(self, now_ns: int) -> bool:
        """Return True: it never waits."""
        return True

    def _silent_ms(self, now_ns: int) -> int:
        return round((now_ns - self._heard_ns) / NS_PER_MS / self._rate)


class CancelEdge:
    """Does what the core asks in a thread, one at a time, and puts the answer into the inbox."""

    def __init__(self, loaded: Loaded, inbox: Inbox) -> None:
        self._loaded, self._inbox = loaded, inbox

    def broker(self) -> Broker:
        """Return where the venue is, and the keys, as set by now; as set at its start where that cannot be read."""
        try:
            return settings.load(self._loaded.home).broker()
        except ConfigError:
            return self._loaded.broker()

    def send(self, message: CancelAllOrders) -> None:
        """Begin; never waits."""
        threading.Thread(target=self._act, name="cancel-all", daemon=True).start()

    def _act(self) -> None:
        from router import panic  # noqa: PLC0415 HTTP and TLS weigh 5 MB, which a guardian that never acts need not pay

        try:
            result = panic.cancel_all(self.broker(), ACT_MS_MAX)
            text = "; ".join((result.text, *result.left))
            self._inbox.put(CancelAllEnded(ok=result.ok, text=text))
        except FleetError as error:
            self._inbox.put(CancelAllEnded(ok=False, text=error.what))

    def flush(self) -> None:
        """Nothing waits here."""


def main() -> int:
    """Run until SIGTERM; return the exit code."""
    logger = log.light("guardian")  # the fuller log would cost half of what this process may weigh
    try:
        loaded = settings.load(find_home().make())
        settle()
        instance, clock = claim(loaded.home, "guardian"), loaded.clock()
        rate = loaded.launch.rate if loaded.launch else 1.0
        core = GuardianCore(now_ns=clock.now_ns(), rate=rate)
        actor = Actor(instance=instance, core=core, clock=clock, home=loaded.home, log=logger, wake_ms=250)
        beats = endpoints.connect(actor.context, endpoints.health("router"), loaded.home, topics=(b"",))
        inbox = Inbox()
        actor.listen(Subscriber(beats, "health", _by_beat))
        actor.listen(inbox)
        actor.route({CancelAllOrders: CancelEdge(loaded, inbox)})
        actor.run()
    except FleetError as error:
        logger.error("process.refused", what=error.what, why=error.why, next_step=error.next_step)  # noqa: TRY400 a sentence, no traceback
        return error.exit_code
    return 0


def _by_beat(beat: Any) -> tuple[int, int]:  # noqa: ANN401 only beats travel there
    """Return (epoch, seq) of a beat."""
    return beat.epoch, beat.seq


if __name__ == "__main__":
    sys.exit(main())
