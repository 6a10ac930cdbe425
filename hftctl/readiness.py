"""Waiting until a fleet is ready: each process says so itself. supervisord only tells who was given up."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from hft.errors import Degraded, FleetError, TimedOut
from hft.words import Health
from hftctl import roll, supervisor
from hftctl.beats import Listener, of_pid
from hftctl.looking import supervised

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from hft.home import Home

LOOK_EVERY_S = 0.25
BEGUN = '"event":"process.started"'
LAST_LINES = 5
LOG_BYTES_MAX = 65_536


class Readiness:
    """Who of a fleet is ready by now."""

    def __init__(self, home: Home, names: tuple[str, ...]) -> None:
        self._home, self._names = home, names
        self._listener = Listener(home, names)

    def missing(self) -> list[str]:
        """Return those that are not ready: not there, silent, or not ready by their own word."""
        pids = roll.alive(self._home, self._names)
        beats = self._listener.beats
        return [
            name
            for name in self._names
            if not (name in pids and of_pid(beats, name, pids[name]) and beats[name].state is Health.READY)
        ]

    def listen(self, within_s: float) -> None:
        """Take in heartbeats for a while, or until all are ready."""
        self._listener.listen(within_s, lambda _: not self.missing())

    def reason(self, name: str) -> str:
        """Return why a process is not ready, in its own words where it has any."""
        if not roll.alive(self._home, (name,)):
            said = tail(self._home.logs / f"{name}.log")
            return f"not up; its last words: {said}" if said else "not up yet; it has not said anything"
        beat = self._listener.beats.get(name)
        return beat.note if beat is not None else "no heartbeat yet"

    def close(self) -> None:
        """Let go of the sockets."""
        self._listener.close()


def wait_ready(
    home: Home, names: tuple[str, ...], within_s: float, daemon: subprocess.Popen[bytes] | None = None
) -> None:
    """Return when each of `names` says of itself that it is ready.

    Raises TimedOut with who is missing and why; Degraded as soon as one can never become ready.
    """
    readiness = Readiness(home, names)
    end_s = time.monotonic() + within_s
    try:
        while missing := readiness.missing():
            _raise_for_dead(home, missing, daemon)
            left_s = end_s - time.monotonic()
            if left_s <= 0:
                reasons = "\n  ".join(f"{name}: {readiness.reason(name)}" for name in missing)
                rest = "" if len(missing) == len(names) else "The rest is running. "
                raise TimedOut(
                    f"Not ready after {within_s:g} s: {', '.join(missing)}.",
                    reasons,
                    f"{rest}It goes on starting: hftctl status shows how far it is, hftctl stop ends it.",
                )
            readiness.listen(min(LOOK_EVERY_S, left_s))
    finally:
        readiness.close()


def _raise_for_dead(home: Home, missing: list[str], daemon: subprocess.Popen[bytes] | None) -> None:
    if daemon is not None and daemon.poll() is not None:
        said = tail(home.logs / f"{roll.SUPERVISOR}.out") or tail(home.logs / f"{roll.SUPERVISOR}.log")
        raise FleetError("supervisord did not stay up.", said or "It said nothing.", "Mend that and start again.")
    rows = supervised(home) if supervisor.pid_of(home) else {}
    for name in missing:
        if name in rows and rows[name].gave_up:
            raise Degraded(f"{name} does not start.", last_words(home, name), f"Mend it, then: hftctl restart {name}")


def last_words(home: Home, name: str) -> str:
    """Return the end of a process's log."""
    return tail(home.logs / f"{name}.log") or f"logs/{name}.log is empty"


def tail(path: Path) -> str:
    """Return the last lines of a file as one indented block; nothing when there is none."""
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - LOG_BYTES_MAX))
        lines = file.read().decode("utf-8", "replace").strip().splitlines()
    said = [line for line in lines if BEGUN not in line]  # each retry begins anew …
    told = [line for number, line in enumerate(said) if line not in said[:number]]  # … and says the same again
    return "\n    ".join(told[-LAST_LINES:])
