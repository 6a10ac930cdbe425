"""The router's shell: which socket, thread and file each message comes from and goes to."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from hft import control as asks
from hft import endpoints, messages
from hft.actor import Actor, StopAsked
from hft.errors import FleetError
from hft.ports import Inbox, Publisher, Router, Subscriber, by_epoch, control_peer, strategy_peer
from router import account_lock, broker, config, latch
from router.alpaca import Rest, Stream
from router.central import RECORDER
from router.committer import Committer
from router.control import HaltLatch
from router.core import History, RouterCore
from router.disk import DiskFailed, DiskFull, DiskRoomy
from router.journal import Journal, replay
from router.unwritable import refused
from router.updates import Updates
from router.vault import Vault
from router.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Callable

    from hft.home import Home
    from hft.log import Logger
    from hft.process import Instance
    from hft.settings import Loaded

WAKE_MS = 20
TURN_MAX, SHARE = 16, 8  # intents in one turn of the loop, and one strategy's of them: a flooder delays others by that
BROKEN_ASSUMPTION = 70
RECORDS_OF_A_LIFE_MAX = 10**10


class JournalLost(FleetError):
    """The disk refused the journal: what the file holds is not known any more."""


def run(loaded: Loaded, instance: Instance, log: Logger) -> None:
    """Run the router of a home until it is asked to stop."""
    _end_with_the_first_broken_thread(log)
    home, clock = loaded.home, loaded.clock()
    rate = loaded.launch.rate if loaded.launch else 1.0
    if loaded.settings.fleet.mode == "paper":
        account_lock.claim(loaded.broker().keys.key_id)
    inbox = Inbox()
    try:
        history = recover(loaded, log, instance.epoch)
        committer = _committer(loaded, history.book.index + 1, inbox)
    except OSError as error:
        raise refused(home, error) from error
    core = RouterCore(
        config.of(loaded.settings, rate),
        history,
        epoch=instance.epoch,
        now_ns=clock.now_ns(),
        halt_text=latch.halt_text(home.halt_file),
    )
    actor = Actor(
        instance=instance,
        core=core,
        clock=clock,
        home=home,
        log=log,
        wake_ms=WAKE_MS,
        config=loaded.fingerprint(),
    )
    wire(actor, loaded, inbox)
    actor.listen(committer)
    actor.keep_in(Vault(committer, clock))
    actor.route({HaltLatch: latch.HaltFile(home.halt_file, also=committer.also, on_failed=_end_by(inbox))})
    workers = Workers(
        loaded.settings.router.rest_threads,
        session=lambda: Rest(
            find_broker=loaded.broker,
            clock=clock,
            timeouts_s=_timeouts_s(loaded),
            is_halted=lambda: bool(latch.halt_text(home.halt_file)),
            put=inbox.put,
        ),
        put=inbox.put,
    )
    actor.route(dict.fromkeys(broker.REQUESTS, workers))
    updates = Updates(find_broker=loaded.broker, open_stream=Stream, put=inbox.put, log=log, seed=instance.epoch)
    try:
        actor.run()
    finally:
        updates.close()
        workers.close()
        committer.close()
    if committer.failed:
        raise JournalLost(
            f"The router has ended: {committer.failed}.",
            f"What its journal holds is not known any more. Its orders are cancelled, {_halted(home)}.",
            f"Look at the disk of {home.journal} and at the kernel's log, then start again and resume.",
        )


def _halted(home: Home) -> str:
    """Return in words whether the next router will find the account halted."""
    return (
        "and the account is halted"
        if latch.halt_text(home.halt_file)
        else "but the HALT file could not be written either: the next router that starts trades at once"
    )


def _committer(loaded: Loaded, next_index: int, inbox: Inbox) -> Committer:
    """Return the journal's thread, on the segment that is there."""
    journal = Journal(
        loaded.home.journal,
        next_index=next_index,
        on_full=lambda text: inbox.put(DiskFull(text=text)),
        on_room=lambda: inbox.put(DiskRoomy()),
    )
    return Committer(journal, on_failed=_end_by(inbox))


def _end_by(inbox: Inbox) -> Callable[[str], None]:
    """Return what a thread calls when the disk refuses: the core halts and cancels, then the process ends."""

    def end(text: str) -> None:
        inbox.put(DiskFailed(text=text))
        inbox.put(StopAsked(reason=text))

    return end


def recover(loaded: Loaded, log: Logger, epoch: int) -> History:
    """Return what the journal says; a torn tail is cut and told. Raises JournalCorrupt for anything worse.

    Where there is none its numbers begin above those of one that was lost: the recorder knows events by them.
    """
    found: list[History] = []

    def begin(first_index: int) -> History:
        found.append(History(first_index))
        return found[0]

    done = replay(loaded.home.journal, begin)
    if not done.last_path:
        found = [History(1 + (epoch - 1) * RECORDS_OF_A_LIFE_MAX)]
    if done.cut_bytes:
        log.warning("journal.torn", path=done.last_path, cut_bytes=done.cut_bytes)
    log.info("journal.replayed", records=done.records, orders_working=len(found[0].book.working))
    return found[0]


def wire(actor: Actor, loaded: Loaded, inbox: Inbox) -> None:
    """Make the sockets, and say which message goes where."""
    home, context = loaded.home, actor.context
    ticks = endpoints.connect(context, endpoints.TICKS, home, topics=(b"",))
    beats = endpoints.connect(context, endpoints.health(RECORDER), home, topics=(b"",))
    intents = Router(
        endpoints.bind(context, endpoints.INTENTS, home), strategy_peer, turn_max=TURN_MAX, share=SHARE, telling=True
    )
    control = Router(endpoints.bind(context, endpoints.CONTROL, home), control_peer)
    updates = Publisher(endpoints.bind(context, endpoints.UPDATES, home), "updates", lambda report: report.strategy)
    actor.listen(Subscriber(ticks, "ticks", by_epoch))
    actor.listen(Subscriber(beats, "health", lambda beat: (beat.epoch, beat.seq)))
    actor.listen(intents)
    actor.listen(control)
    actor.listen(inbox)
    actor.route(
        {
            messages.Accepted: intents,
            messages.Refused: intents,
            messages.Snapshot: intents,
            messages.ExecutionReport: updates,
            messages.StateChanged: updates,
            asks.RouterStatus: control,
            asks.Done: control,
            asks.ClaimDone: control,
        }
    )


def _timeouts_s(loaded: Loaded) -> tuple[float, float]:
    router = loaded.settings.router
    return router.connect_timeout_ms / 1_000, router.read_timeout_ms / 1_000


def _end_with_the_first_broken_thread(log: Logger) -> None:
    """Let a bug in a thread end the process, as one in the loop does: half a router is worse than a restart."""

    def end(broken: threading.ExceptHookArgs) -> None:
        name = broken.thread.name if broken.thread else "?"
        log.error("thread.broken", thread=name, error=repr(broken.exc_value))
        os._exit(BROKEN_ASSUMPTION)

    threading.excepthook = end
