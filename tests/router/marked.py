"""`python -m tests.router.marked MARK`: a router that kills itself (SIGKILL) at a mark, once SIGUSR1 has armed it.

The marks are the instants between journal write, POST, reply, update and report: before and after each call that makes
one of them happen. Nothing of the router knows of them; the calls are wrapped here. At two it does not die: its disk
does not answer until SIGUSR2, or refuses.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any, TypeGuard

import msgspec

from hft.messages import Accepted, ExecutionReport
from hft.ports import Publisher, Router
from router import broker
from router.__main__ import main
from router.alpaca import Rest
from router.committer import Committer
from router.core import RouterCore
from router.crossing import Crossing
from router.ids import PREFIX
from router.journal import Journal
from router.workers import Workers

ARM, GO_ON = signal.SIGUSR1, signal.SIGUSR2
NO_FILLS = "no-fills"  # orders that would meet their like at the venue rest there long enough to meet each other
IN_FLIGHT_S_MAX = 0.2  # orders still leave in time, so that there is something to cancel


def die(*_: object) -> None:
    """End this process as kill -9 does."""
    os.kill(os.getpid(), signal.SIGKILL)


def stand_still(*_: object) -> None:
    """Never go on: whoever hears what was said before is to kill this process."""
    threading.Event().wait()


def _tear(journal: Journal, data: bytes) -> None:
    os.write(journal._fd, data[: len(data) // 2])
    die()


class Stall:
    """Keeps the caller, and only its thread, until the disk answers again; after that nobody."""

    def __init__(self) -> None:
        self.over = threading.Event()

    def __call__(self, *_: object) -> None:
        """Wait for GO_ON."""
        self.over.wait()


class InFlight:
    """Dies in a sync while which a cancel has left; one in which none leaves for a while goes on."""

    def __init__(self) -> None:
        self._left = threading.Event()
        perform = Rest.perform

        def performed(rest: Rest, request: broker.AnyRequest) -> broker.AnyReply:
            reply = perform(rest, request)
            if isinstance(request, broker.CancelRequest):
                self._left.set()
            return reply

        self.watch = performed

    def __call__(self, *_: object) -> None:
        """Wait for a cancel that leaves now, not one that left before."""
        self._left.clear()
        if self._left.wait(IN_FLIGHT_S_MAX):
            die()


def _refuse(*_: object) -> None:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


class Mark(msgspec.Struct, frozen=True):
    """One instant: `before` or after a call of `method` whose argument `concerns` says yes to."""

    owner: type
    method: str
    before: bool
    concerns: Callable[[Any], bool]
    at_start: bool = False  # it comes only while a router starts
    needs: str = ""  # a fault of the exchange without which it hardly ever comes
    die: Callable[..., None] = die


def _is(*kinds: type) -> Callable[[Any], bool]:
    return lambda message: isinstance(message, kinds)


def _fills(message: Any) -> bool:  # noqa: ANN401 any message
    return isinstance(message, broker.TradeUpdate) and message.qty > 0


def is_cross(message: object) -> TypeGuard[ExecutionReport]:
    """Return whether it tells a strategy of a cross of two orders."""
    return isinstance(message, ExecutionReport) and message.client_order_id.startswith(f"{PREFIX}-cross-")


def _any(_: object) -> bool:
    return True


MARKS: dict[str, Mark] = {
    "order taken, nothing written": Mark(Journal, "_write", before=True, concerns=_any),
    "written, not synced": Mark(Journal, "_sync", before=True, concerns=_any),
    "handed over, perhaps not written": Mark(Committer, "hand_over", before=False, concerns=_any),
    "a cancel has left, its record is not synced": Mark(Journal, "_sync", before=True, concerns=_any, die=InFlight()),
    "synced, nothing sent": Mark(Journal, "_sync", before=False, concerns=_any),
    "before the answer to the strategy": Mark(Router, "send", before=True, concerns=_is(Accepted)),
    "after the answer to the strategy": Mark(Router, "send", before=False, concerns=_is(Accepted)),
    "before the worker has it": Mark(Workers, "send", before=True, concerns=_is(broker.SubmitOrder)),
    "the worker has it": Mark(Workers, "send", before=False, concerns=_is(broker.SubmitOrder)),
    "before POST": Mark(Rest, "perform", before=True, concerns=_is(broker.SubmitOrder)),
    "after POST": Mark(Rest, "perform", before=False, concerns=_is(broker.SubmitOrder)),
    "before DELETE": Mark(Rest, "perform", before=True, concerns=_is(broker.CancelRequest)),
    "after DELETE": Mark(Rest, "perform", before=False, concerns=_is(broker.CancelRequest)),
    "before the reply": Mark(RouterCore, "handle", before=True, concerns=_is(broker.OrderReply)),
    "reply handled, not written": Mark(RouterCore, "handle", before=False, concerns=_is(broker.OrderReply)),
    "before the fill's update": Mark(RouterCore, "handle", before=True, concerns=_fills),
    "fill booked, not written": Mark(RouterCore, "handle", before=False, concerns=_fills),
    "before the report": Mark(Publisher, "send", before=True, concerns=_is(ExecutionReport)),
    "after the report": Mark(Publisher, "send", before=False, concerns=_is(ExecutionReport)),
    "before a cross": Mark(Crossing, "_write", before=True, concerns=_any, needs=NO_FILLS),
    "cross booked, not written": Mark(Crossing, "_write", before=False, concerns=_any, needs=NO_FILLS),
    "cross on disk, nobody told": Mark(Publisher, "send", before=True, concerns=is_cross, needs=NO_FILLS),
    "one of two told of a cross": Mark(
        Publisher, "send", before=False, concerns=is_cross, needs=NO_FILLS, die=stand_still
    ),
    "half of a write": Mark(Journal, "_write", before=True, concerns=_any, die=_tear),
    "stream up, nothing asked": Mark(RouterCore, "handle", before=False, concerns=_is(broker.UpdatesUp), at_start=True),
    "before the start's positions": Mark(
        RouterCore, "handle", before=True, concerns=_is(broker.PositionsReply), at_start=True
    ),
}
STALL, REFUSED = "the disk stalls", "the disk refuses a sync"
WEAK = {  # it does not die at these
    STALL: Mark(Journal, "_sync", before=True, concerns=_any, die=Stall()),
    REFUSED: Mark(Journal, "_sync", before=True, concerns=_any, die=_refuse),
}


def arm(mark: Mark) -> None:
    """Wrap the call, so that its next turn that the mark concerns is this process's last, once the mark is armed."""
    call, armed = getattr(mark.owner, mark.method), threading.Event()
    signal.signal(ARM, lambda *_: armed.set())
    if isinstance(mark.die, Stall):
        signal.signal(GO_ON, lambda *_, over=mark.die.over: over.set())
    if isinstance(mark.die, InFlight):
        setattr(Rest, "perform", mark.die.watch)  # noqa: B010 a method is replaced, as below
    if mark.at_start:
        armed.set()

    def passed(arguments: tuple[Any, ...]) -> None:
        if armed.is_set() and mark.concerns(arguments[1] if len(arguments) > 1 else None):
            mark.die(*arguments)

    def marked(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 whatever the call takes
        if mark.before:
            passed(arguments)
        answer = call(*arguments, **named)
        if not mark.before:
            passed(arguments)
        return answer

    setattr(mark.owner, mark.method, marked)


if __name__ == "__main__":
    arm({**MARKS, **WEAK}[sys.argv[1]])
    sys.exit(main())
