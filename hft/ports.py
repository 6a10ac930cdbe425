"""Sockets as the process shell sees them: what comes in is messages, what goes out is messages, nothing ever blocks.

Rules: a send that would block is counted and dropped; a frame that is not one of ours is counted and dropped; a hole in
a numbered stream becomes a Gap message in front of what follows it; on ROUTER sockets a message must come from the peer
that it names, `name:epoch`, so nobody speaks for another.
"""

from __future__ import annotations

import os
from collections import deque
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Protocol

import zmq

from hft import codec
from hft.codec import TOPIC_END, UNREADABLE
from hft.messages import Gap, Message, Subscribed, Ticks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DRAIN_MAX = 1_000
SUBSCRIBE = b"\x01"
INBOX_MAX = 10_000
NOBLOCK = zmq.NOBLOCK


class Port(Protocol):
    """Where messages come from. `source` is what a zmq poller can wait for."""

    @property
    def source(self) -> Any:  # noqa: ANN401 a zmq socket or a file descriptor
        """Return what to poll."""
        ...

    def drain(self) -> Iterator[Message]:
        """Return what is there, at most DRAIN_MAX messages, without waiting."""
        ...

    def close(self) -> None:
        """Let go."""
        ...


class Edge(Protocol):
    """Where messages go."""

    def send(self, message: Any) -> None:  # noqa: ANN401 each edge has its own messages; the route table says which
        """Take one message; never wait."""
        ...

    def flush(self) -> None:
        """Do what is better done once per turn than once per message."""
        ...


class SocketPort:
    """What all our zmq ports share: counters, and receiving without waiting."""

    def __init__(self, socket: zmq.Socket[bytes]) -> None:
        self.socket = socket
        self.dropped = self.malformed = 0

    @property
    def source(self) -> zmq.Socket[bytes]:
        """Return the socket to poll."""
        return self.socket

    def flush(self) -> None:
        """Nothing waits here."""

    def close(self) -> None:
        """Close the socket; what is on its way may linger."""
        self.socket.close()

    def _frames(self) -> Iterator[bytes]:
        for _ in range(DRAIN_MAX):
            try:
                yield self.socket.recv(zmq.NOBLOCK)
            except zmq.Again:
                return

    def _send(self, *frames: bytes) -> None:
        try:
            if len(frames) == 1:
                self.socket.send(frames[0], zmq.NOBLOCK)
            else:
                self.socket.send_multipart(frames, zmq.NOBLOCK)
        except (zmq.Again, zmq.error.ZMQError) as error:
            if error.errno not in {zmq.EAGAIN, zmq.EHOSTUNREACH}:
                raise
            self.dropped += 1


class Subscriber(SocketPort):
    """A SUB socket on a numbered stream."""

    def __init__(self, socket: zmq.Socket[bytes], stream: str, numbered: Callable[[Any], tuple[int, int]]) -> None:
        super().__init__(socket)
        self.stream, self.missed = stream, 0
        self._numbered = numbered
        self._expected: dict[bytes, tuple[int, int]] = {}  # topic → (epoch, next seq)

    def drain(self) -> Iterator[Message]:
        """Return what came, each hole announced by a Gap, repeated snapshots left out.

        Every tick of the fleet passes here, so the usual case (the number that was expected) is settled in line.
        """
        receive, decode, numbered, expected = self.socket.recv, codec.decode_body, self._numbered, self._expected
        for _ in range(DRAIN_MAX):
            try:
                topic, _, body = receive(NOBLOCK).partition(TOPIC_END)
                message = decode(body)
            except zmq.Again:
                return
            except UNREADABLE:
                self.malformed += 1
                continue
            numbers = numbered(message)
            if expected.get(topic) != numbers or (type(message) is Ticks and message.snapshot):
                yield from self._out_of_turn(topic, message)
            else:
                expected[topic] = (numbers[0], numbers[1] + 1)
                yield message

    def _out_of_turn(self, topic: bytes, message: Message) -> Iterator[Message]:
        """Return a message that is not simply the next: a first one, a snapshot, one after a hole or a restart."""
        epoch, seq = self._numbered(message)
        next_epoch, next_seq = self._expected.get(topic, (-1, 1))
        snapshot = type(message) is Ticks and message.snapshot
        if snapshot and epoch == next_epoch and seq < next_seq:
            return  # someone else joined; we have it
        self._expected[topic] = (epoch, seq + 1)
        missed = seq - next_seq + snapshot
        if epoch == next_epoch and missed > 0:
            self.missed += missed
            yield Gap(stream=self.stream, topic=topic.decode("ascii", "replace"), missed=missed)
        elif epoch != next_epoch and next_epoch >= 0:  # a new producer: what was missed is not known
            yield Gap(stream=self.stream, topic=topic.decode("ascii", "replace"), missed=0)
        yield message


by_epoch: Callable[[Any], tuple[int, int]] = attrgetter("epoch", "seq")  # Ticks, FeedState, Beat
by_router_epoch: Callable[[Any], tuple[int, int]] = attrgetter("router_epoch", "seq")  # ExecutionReport, StateChanged


class Publisher(SocketPort):
    """A PUB or XPUB socket; `topic_of` names each message's topic. On XPUB a joiner becomes a Subscribed message."""

    def __init__(self, socket: zmq.Socket[bytes], stream: str, topic_of: Callable[[Any], str]) -> None:
        super().__init__(socket)
        self.stream = stream
        self._topic_of = topic_of

    def send(self, message: Message) -> None:
        """Publish; a subscriber that is too slow misses it, and will see so by its number."""
        try:
            self.socket.send(codec.publish(self._topic_of(message), message), NOBLOCK)
        except zmq.Again:
            self.dropped += 1

    def drain(self) -> Iterator[Message]:
        """Return who joined (XPUB only)."""
        for frame in self._frames():
            if frame[:1] == SUBSCRIBE:
                yield Subscribed(stream=self.stream, topic=frame[1:].rstrip(codec.TOPIC_END).decode("ascii", "replace"))


class Dealer(SocketPort):
    """The asking end of a request stream."""

    def send(self, message: Message) -> None:
        """Send, or count it as dropped when the queue is full."""
        self._send(codec.encode(message))

    def drain(self) -> Iterator[Message]:
        """Return the answers."""
        for frame in self._frames():
            try:
                yield codec.decode(frame)
            except UNREADABLE:
                self.malformed += 1


class Unreadable(Message, frozen=True, kw_only=True):
    """Made by a Router port, never sent: a frame from `strategy` in `epoch` is no message, or is in another's name."""

    strategy: str
    epoch: int


class Router(SocketPort):
    """The answering end; `peer_of` tells from a message who must have sent it, or who shall get it.

    `turn_max`, `share`: a turn takes at most so many messages, and ends once one peer has had so many of them; either
    way it was `crowded`. zmq takes from the peers in turn, so whoever sends little waits for one such turn at most.
    `telling`: what could not be read is told as Unreadable, not only counted.
    """

    def __init__(
        self,
        socket: zmq.Socket[bytes],
        peer_of: Callable[[Any], str],
        *,
        turn_max: int = DRAIN_MAX,
        share: int | None = None,
        telling: bool = False,
    ) -> None:
        super().__init__(socket)
        self._peer_of = peer_of
        self._turn_max, self._share = turn_max, share
        self._telling, self.crowded = telling, False

    def send(self, message: Message) -> None:
        """Send to the peer that the message names; one that is gone is counted."""
        self._send(self._peer_of(message).encode(), codec.encode(message))

    def drain(self) -> Iterator[Message]:
        """Return what came from peers that are who they say."""
        self.crowded, taken = self._share is not None, dict[bytes, int]()
        for _ in range(self._turn_max):
            try:
                frames = self.socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                self.crowded = False
                return
            message = self._from(frames)
            if message is None:
                self.malformed += 1
                message = _unreadable(frames[0]) if self._telling else None
            if message is not None:
                yield message
            taken[frames[0]] = count = taken.get(frames[0], 0) + 1
            if count == self._share:
                return

    def _from(self, frames: list[bytes]) -> Message | None:
        try:
            identity, body = frames
            message = codec.decode(body)
            return message if self._peer_of(message).encode() == identity else None
        except (*UNREADABLE, ValueError, AttributeError):
            return None


def _unreadable(identity: bytes) -> Unreadable | None:
    """Return who sent it, or None for a socket whose identity is not `name:epoch`."""
    name, _, epoch = identity.decode("ascii", "replace").partition(":")
    return Unreadable(strategy=name, epoch=int(epoch)) if epoch.isdecimal() else None


def strategy_peer(message: Any) -> str:  # noqa: ANN401 any message of the intents stream
    """Return the identity of a strategy's socket; a Beat travels there too."""
    name = message.process if hasattr(message, "process") else message.strategy
    return f"{name}:{message.epoch}"


def producer_peer(message: Any) -> str:  # noqa: ANN401 any message of the events stream
    """Return the identity of a producer's socket."""
    return f"{message.producer}:{message.epoch}"


def control_peer(message: Any) -> str:  # noqa: ANN401 any message of the control stream
    """Return the identity of the asker's socket."""
    return str(message.peer)


class Inbox:
    """Messages from threads of this process: they put, the loop is woken by a file descriptor and drains."""

    def __init__(self) -> None:
        self._queue: deque[Message] = deque()
        self._read_fd, self._write_fd = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self.dropped = 0

    @property
    def source(self) -> int:
        """Return the descriptor to poll."""
        return self._read_fd

    def put(self, message: Message) -> None:
        """Hand a message to the loop, from any thread; beyond INBOX_MAX it is dropped and counted."""
        if len(self._queue) >= INBOX_MAX:
            self.dropped += 1
            return
        self._queue.append(message)
        try:
            os.write(self._write_fd, b"\0")
        except BlockingIOError:
            return  # the pipe is full of wake-ups: the loop will come

    def drain(self) -> Iterator[Message]:
        """Return what the threads put."""
        try:
            os.read(self._read_fd, 65_536)
        except BlockingIOError:
            return
        for _ in range(len(self._queue)):
            yield self._queue.popleft()

    def close(self) -> None:
        """Close the descriptors."""
        os.close(self._read_fd)
        os.close(self._write_fd)
