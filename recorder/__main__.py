"""The recorder process: `python -m recorder`. Everything that happened goes to the disk through here.

Rule: it is niced, because whoever trades comes first; nobody ever waits for it.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from typing import TYPE_CHECKING

import msgspec

from hft import endpoints, settings
from hft.actor import Actor
from hft.clock import NS_PER_MS
from hft.errors import ConfigError, DiskFailed, FleetError
from hft.events import DayPlayed, FleetStarted
from hft.home import find_home
from hft.log import setup
from hft.messages import EventAck, Ticks
from hft.ports import Inbox, Router, Subscriber, by_epoch, producer_peer
from hft.process import claim, settle
from recorder import archive
from recorder.core import NAME, RecorderCore
from recorder.discord import Discord
from recorder.eventfile import EventFile, PosixFile
from recorder.offline import scale_of, session_of
from recorder.parcels import Alert, Append, FlushTape, OpenTape, Refold, Refolded, Rotate, WriteSummary
from recorder.recovery import recover
from recorder.summaryfile import ASIDE, SummaryFile, path_of, rows_of
from recorder.tape import Tape
from recorder.webhook import check_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hft.clock import Clock
    from hft.home import Home
    from hft.log import Logger
    from hft.settings import Loaded
    from recorder.fillmodels import Scale
    from recorder.summary import Row

NICE = 10


class Refolder:
    """The edge that Refold goes to: reads the day's files again, about a second for a busy day."""

    def __init__(self, home: Home, scale: Scale, clock: Clock, tell: Callable[[Refolded], None]) -> None:
        self._home, self._scale, self._clock, self._tell = home, scale, clock, tell
        self._day = ""

    def send(self, message: Refold) -> None:
        """Note the day; the files are read when everybody has written."""
        self._day = message.day

    def flush(self) -> None:
        """Read."""
        if self._day:
            day, self._day = self._day, ""
            began_ns = self._clock.mono_ns()
            session = session_of(self._home, day, self._scale)
            took_ms = (self._clock.mono_ns() - began_ns) // NS_PER_MS
            self._tell(Refolded(session=session, took_ms=took_ms))


def main() -> int:
    """Run the recorder until it is stopped; return the exit code."""
    try:
        home = find_home().make()
        loaded = settings.load(home)
        settle()
        os.nice(NICE)
        _run(loaded)
    except FleetError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


def _run(loaded: Loaded) -> None:
    home, clock = loaded.home, loaded.clock()
    instance = claim(home, NAME)
    log, inbox = setup(NAME), Inbox()
    with _needed(home):
        recovered = recover(home, clock.now_ns())
    log.info("record.recovered", lines=recovered.lines, unreadable=recovered.unreadable, day=recovered.day)
    if recovered.torn_bytes:
        log.warning("record.cut", torn_bytes=recovered.torn_bytes)
    has_tape, scale = loaded.settings.recorder.tape, scale_of(loaded.settings)
    why_silent = _why_silent(loaded)
    core = RecorderCore(
        recovered=recovered,
        announce=_announcement(loaded),
        kept_rows=_kept_rows(home, log),
        encode_checkpoint=msgspec.json.encode,
        summary_every_ms=loaded.settings.recorder.summary_every_ms,
        scale=scale if has_tape else None,
        session=session_of(home, recovered.day, scale) if has_tape else None,
        alerts=why_silent,
        played=_played(loaded, scale),
    )
    actor = Actor(instance=instance, core=core, clock=clock, home=home, log=log, config=loaded.fingerprint())
    events = Router(endpoints.bind(actor.context, endpoints.EVENTS, home), producer_peer)
    with _needed(home):
        file = EventFile(
            open_file=lambda: PosixFile(archive.live_file(home)),
            put_away=lambda day, checkpoint: _put_away(home, log, day, checkpoint),
            tell=inbox.put,
            clock=clock,
        )
    tape = Tape(home.data, inbox.put)
    actor.listen(events)
    actor.listen(inbox)
    if has_tape:
        ticks = endpoints.connect(actor.context, endpoints.TICKS, home, topics=(b"",), depth=endpoints.TAPE_DEPTH)
        actor.listen(Subscriber(ticks, endpoints.TICKS.name, by_epoch))
    actor.route({EventAck: events, Append: file, Rotate: file, WriteSummary: SummaryFile(home, inbox.put)})
    actor.route(dict.fromkeys((Ticks, OpenTape, FlushTape), tape))
    actor.route({Refold: Refolder(home, scale, clock, inbox.put)})  # behind file and tape: what they wrote is read
    discord = None
    if not why_silent:
        discord = Discord(
            url=loaded.webhook_url,
            host=f"{socket.gethostname()} {home.root}",
            tell=inbox.put,
            kept=home.run / "alerts.json",
        )
        actor.route({Alert: discord})
    _pack(home, log)
    actor.run()
    tape.close()
    file.close()
    if discord is not None:
        discord.close()


def _kept_rows(home: Home, log: Logger) -> list[Row]:
    """Return the summary's rows of the days before; none where they cannot be read, which must cost no event."""
    rows, unreadable = rows_of(path_of(home))
    if unreadable:
        log.warning(
            "summary.unreadable",
            why=unreadable,
            kept_as=f"{path_of(home)}{ASIDE}",
            next_step="hftctl stop, hftctl data rebuild: the days before are written anew from the record",
        )
    return rows


@contextlib.contextmanager
def _needed(home: Home) -> Iterator[None]:
    """Turn a refusal of the disk, without which there is no recorder, into an error that says what to do."""
    try:
        yield
    except OSError as error:
        raise DiskFailed(
            "The recorder cannot start: the disk refuses its record.",
            f"{error.filename or home.logs}: {error.strerror or error}.",
            "Trading goes on, and events wait with their senders. Look at the disk (df -h, dmesg), mend it,"
            " then: hftctl restart recorder",
        ) from error


def _announcement(loaded: Loaded) -> FleetStarted | None:
    if loaded.launch is None:
        return None
    fleet = loaded.settings.fleet
    return FleetStarted(
        launch_id=loaded.launch.launch_id, mode=fleet.mode, strategies=fleet.strategies, symbols=fleet.symbols
    )


def _played(loaded: Loaded, scale: Scale) -> DayPlayed:
    sim, launch = loaded.settings.sim, loaded.launch
    generated = f"tape {sim.tape}" if sim.tape else f"generated {sim.scenario}"
    return DayPlayed(
        day="",
        launch_id=launch.launch_id if launch else "",
        mode=loaded.settings.fleet.mode,
        market=generated if loaded.settings.fleet.mode == "sim" else "alpaca",
        seed=sim.seed,
        rate=launch.rate if launch else 1.0,
        config_hash=loaded.fingerprint(),
        depth_scale=scale.depth,
        flow_scale=scale.flow,
    )


def _why_silent(loaded: Loaded) -> str:
    """Return why no alert can be sent; empty when they can."""
    if not loaded.webhook_url:
        return "have no webhook"
    try:
        check_url(loaded.webhook_url)
    except ConfigError as error:
        return f"off ({error.what})"
    return ""


def _put_away(home: Home, log: Logger, day: str, checkpoint: bytes) -> None:
    archive.put_away(home, day, checkpoint)
    _pack(home, log)


def _pack(home: Home, log: Logger) -> None:
    archive.pack_in_background(home, lambda why: log.warning("record.not_packed", reason=why))


if __name__ == "__main__":
    sys.exit(main())
