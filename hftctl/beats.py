"""Listening to the fleet's heartbeats: each process gives its last one at once to whoever subscribes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import zmq

from hft import codec, endpoints
from hft.codec import UNREADABLE
from hft.messages import Beat
from hft.process import holder
from hftctl.venue_probe import probe

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from hft.home import Home

MS_PER_S = 1_000
PROBE_EVERY_MS = 100
VENUE = "venue"
FRAMES_PER_TURN_MAX = 1_000


class Listener:
    """A subscription to the heartbeats of some processes; `beats` holds the newest of each."""

    def __init__(self, home: Home, names: Collection[str]) -> None:
        self.beats: dict[str, Beat] = {}
        self._home = home
        self._has_venue = VENUE in names
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._poller = zmq.Poller()
        self._sockets = {
            name: endpoints.connect(self._context, endpoints.health(name), home, topics=(codec.topic(name),))
            for name in names
            if name != VENUE
        }
        for socket in self._sockets.values():
            self._poller.register(socket, zmq.POLLIN)

    def listen(self, within_s: float, enough: Callable[[Mapping[str, Beat]], bool]) -> None:
        """Take in heartbeats until `enough` of what is there, or until the time is over."""
        end_s = time.monotonic() + within_s
        self._ask_venue()
        while not enough(self.beats):
            left_ms = int((end_s - time.monotonic()) * MS_PER_S)
            if left_ms <= 0:
                return
            for socket, _ in self._poller.poll(min(left_ms, PROBE_EVERY_MS)):
                self._take(socket)
            self._ask_venue()

    def _ask_venue(self) -> None:
        """Ask the exchange, unless it has answered: its pid tells whether it is still the same."""
        pid = holder(self._home, VENUE) if self._has_venue else 0
        if pid and not of_pid(self.beats, VENUE, pid):
            beat = probe(self._home, pid)
            if beat is not None:
                self.beats[VENUE] = beat

    def _take(self, socket: zmq.Socket[bytes]) -> None:
        for _ in range(FRAMES_PER_TURN_MAX):
            try:
                message = codec.decode(codec.split(socket.recv(zmq.NOBLOCK))[1])
            except zmq.Again:
                return
            except UNREADABLE:
                continue  # an older or newer fleet: it shows as silent, and the status says so
            if isinstance(message, Beat):
                self.beats[message.process] = message

    def close(self) -> None:
        """Let go of the sockets."""
        for socket in self._sockets.values():
            socket.close(0)
        self._context.term()


def collect(home: Home, pids: Mapping[str, int], within_s: float) -> dict[str, Beat]:
    """Return the heartbeats of these living processes; one that is silent for `within_s` is missing."""
    listener = Listener(home, pids)
    try:
        listener.listen(within_s, lambda beats: all(of_pid(beats, name, pid) for name, pid in pids.items()))
        return {name: beat for name, beat in listener.beats.items() if of_pid(listener.beats, name, pids[name])}
    finally:
        listener.close()


def of_pid(beats: Mapping[str, Beat], name: str, pid: int) -> bool:
    """Return whether the newest beat of `name` comes from this very process."""
    beat = beats.get(name)
    return beat is not None and beat.pid == pid
