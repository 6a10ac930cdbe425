"""`python -m tests.router.flooder KIND SECONDS EPOCH`: a broken or hostile strategy, as fast as it can.

It never waits: where its queue is full it tries again at once. It says `ready` when it begins, and when it is asked to
end, as JSON: what it offered, what its queue took, what it was answered, in how many seconds of a core.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import sys
import time
from typing import TYPE_CHECKING, Any

import zmq

from hft import codec, endpoints, messages
from hft.clock import NS_PER_S
from hft.home import find_home
from hft.settings import load
from hft.words import Side, Tif

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NAME = "drift"
HUGE_QTY = 10**9
LISTEN_EVERY, CROWD = 64, 20
FAR_NS = 50 * NS_PER_S


class Line:
    """A socket with an identity, and the messages of the strategy behind it."""

    def __init__(self, epoch: int, name: str = NAME) -> None:
        loaded = load(find_home().make())
        self.clock, self.name, self.epoch = loaded.clock(), name, epoch
        self.socket = endpoints.connect(zmq.Context(), endpoints.INTENTS, loaded.home, identity=f"{name}:{epoch}")

    def order(self, seq: int, qty: int = HUGE_QTY) -> bytes:
        """Return the frame of an order."""
        order = messages.NewOrder(
            strategy=self.name, epoch=self.epoch, seq=seq, symbol="SPY", side=Side.BUY, qty=qty, px=5_000_000,
            tif=Tif.DAY, expires_ns=self.clock.now_ns() + FAR_NS,
        )  # fmt: skip
        return codec.encode(order)

    def register(self) -> None:
        """Register and wait for the answer."""
        self.socket.send(codec.encode(messages.Register(strategy=self.name, epoch=self.epoch, pid=os.getpid())))
        assert self.socket.poll(5_000), "no answer to Register"


Lines = list[tuple[Line, "Iterator[bytes]"]]


def registered(epoch: int) -> Line:
    """Return a line that is registered."""
    line = Line(epoch)
    line.register()
    return line


def refused(epoch: int) -> Lines:
    """Return fresh, well-formed orders that are far too large."""
    line = registered(epoch)
    return [(line, (line.order(seq) for seq in itertools.count(1)))]


def unregistered(epoch: int) -> Lines:
    """Return the orders of a strategy that nobody knows."""
    line = Line(epoch, "stranger")
    return [(line, (line.order(seq) for seq in itertools.count(1)))]


def replayed(epoch: int) -> Lines:
    """Return the same order for ever."""
    line = registered(epoch)
    return [(line, itertools.repeat(line.order(1)))]


def old_epoch(epoch: int) -> Lines:
    """Return the orders of a process whose follower has registered."""
    registered(epoch)
    line = Line(epoch - 1)
    return [(line, (line.order(seq) for seq in itertools.count(1)))]


def malformed(epoch: int) -> Lines:
    """Return what is no message, and messages in another's name."""
    line = Line(epoch)
    forged = line.order(1).replace(NAME.encode(), b"other")
    return [(line, itertools.cycle((b"garbage", b"", b"\x91\xa1\x80", b"\x91" * 5_000, os.urandom(300), forged)))]


def registering(epoch: int) -> Lines:
    """Return the same registration for ever."""
    line = Line(epoch)
    return [(line, itertools.repeat(codec.encode(messages.Register(strategy=NAME, epoch=epoch, pid=os.getpid()))))]


def cancelling(epoch: int) -> Lines:
    """Return cancels of everything, each of which is granted."""
    line = registered(epoch)
    asked = (messages.CancelAll(strategy=NAME, epoch=epoch, seq=seq) for seq in itertools.count(1))
    return [(line, map(codec.encode, asked))]


def crowd(epoch: int) -> Lines:
    """Return the orders of many that nobody knows, each with a socket of its own."""
    lines = [Line(epoch, f"crowd{n}") for n in range(CROWD)]
    return [(line, itertools.repeat(line.order(1))) for line in lines]


KINDS: dict[str, Callable[[int], Lines]] = {
    made.__name__: made
    for made in (refused, unregistered, replayed, old_epoch, malformed, registering, cancelling, crowd)
}


def flood(lines: Lines, seconds: float, ended: list[int]) -> dict[str, Any]:
    """Send until it is `ended`, at most for so long; return the counts."""
    offered = taken = 0
    answers: dict[str, int] = {}
    end_s = time.monotonic() + seconds
    for line, frames in itertools.cycle(lines):
        if ended or time.monotonic() > end_s:
            break
        socket = line.socket
        for frame in itertools.islice(frames, LISTEN_EVERY):
            offered += 1
            try:
                socket.send(frame, zmq.NOBLOCK)
                taken += 1
            except zmq.Again:
                continue
        listen(socket, answers)
    return {"offered": offered, "taken": taken, "answers": answers}


def listen(socket: zmq.Socket[bytes], answers: dict[str, int]) -> None:
    """Count what was answered."""
    while True:
        try:
            answer = codec.decode(socket.recv(zmq.NOBLOCK))
        except zmq.Again:
            return
        what = answer.reason.value if isinstance(answer, messages.Refused) else type(answer).__name__
        answers[what] = answers.get(what, 0) + 1


def burn(seconds: float, ended: list[int]) -> dict[str, Any]:
    """Keep a core busy, and send nothing."""
    end_s = time.monotonic() + seconds
    while not ended and time.monotonic() < end_s:
        pass
    return {"offered": 0, "taken": 0, "answers": {}}


def main() -> None:
    """Flood, then tell."""
    kind, seconds = sys.argv[1], float(sys.argv[2])
    made = KINDS[kind](int(sys.argv[3])) if kind in KINDS else None
    ended: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: ended.append(number))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    began_s = time.process_time()
    told = flood(made, seconds, ended) if made else burn(seconds, ended)
    told["seconds"] = time.process_time() - began_s
    sys.stdout.write(json.dumps(told))
    sys.stdout.flush()
    os._exit(0)  # what is still in its queue is nobody's business


if __name__ == "__main__":
    main()
