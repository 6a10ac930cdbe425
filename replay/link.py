"""What lies between two programs: messages arrive later, in the order in which they were sent, as on one socket.

A reader counts the numbers of what arrives and announces each hole by a Gap, as hft/ports.py does on a real socket.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hft.messages import Gap, Ticks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hft.messages import Message
    from replay.latency import Latency
    from replay.scheduler import Scheduler


class Link:
    """One way from here to there."""

    __slots__ = ("_deliver", "_last_ns", "_latency", "_scheduler")

    def __init__(self, scheduler: Scheduler, latency: Latency, deliver: Callable[[Any], None]) -> None:
        self._scheduler, self._latency, self._deliver = scheduler, latency, deliver
        self._last_ns = 0

    def send(self, message: Any) -> None:  # noqa: ANN401 whatever the other end takes
        """Let it arrive after the way's latency, never before what was sent before it."""
        self._scheduler.at(self.due_ns(self._scheduler.now_ns), self._deliver, message)

    def skip(self, count: int) -> None:
        """Leave out so many messages that were sent long before the next one."""
        self._latency.skip(count)

    def due_ns(self, sent_ns: int) -> int:
        """Return when what is sent then, after all that was sent so far, arrives."""
        at_ns = sent_ns + self._latency.draw()
        self._last_ns = max(self._last_ns, at_ns)
        return self._last_ns


class Reader:
    """The receiving end of a numbered stream."""

    def __init__(self, stream: str, numbered: Callable[[Any], tuple[int, int]], take: Callable[[Any], None]) -> None:
        self._stream, self._numbered, self._take = stream, numbered, take
        self._expected: dict[str, tuple[int, int]] = {}

    def hear(self, topic: str, message: Message) -> None:
        """Hand a message on, its hole first if there is one; a snapshot of what was heard already is left out."""
        epoch, seq = self._numbered(message)
        if self._expected.get(topic) == (epoch, seq) and not (type(message) is Ticks and message.snapshot):
            self._expected[topic] = (epoch, seq + 1)
            self._take(message)
            return
        for each in self._out_of_turn(topic, message):
            self._take(each)

    def expects(self, topic: str, message: Message) -> bool:
        """Return whether this is the message that comes next."""
        return self._expected.get(topic) == self._numbered(message)

    def count(self, topic: str, message: Message) -> None:
        """Note the number of a message that arrived in its turn, and is handed on elsewhere or not at all."""
        epoch, seq = self._numbered(message)
        assert self._expected.get(topic, (epoch, seq)) <= (epoch, seq), "what rests does not come twice"
        self._expected[topic] = (epoch, seq + 1)

    def _out_of_turn(self, topic: str, message: Message) -> Iterator[Message]:
        epoch, seq = self._numbered(message)
        next_epoch, next_seq = self._expected.get(topic, (-1, 1))
        snapshot = type(message) is Ticks and message.snapshot
        if snapshot and epoch == next_epoch and seq < next_seq:
            return
        self._expected[topic] = (epoch, seq + 1)
        missed = seq - next_seq + snapshot
        if epoch == next_epoch and missed > 0:
            yield Gap(stream=self._stream, topic=topic, missed=missed)
        elif epoch != next_epoch and next_epoch >= 0:
            yield Gap(stream=self._stream, topic=topic, missed=0)
        yield message
