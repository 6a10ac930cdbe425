"""The thread that waits for the journal's disk, so that the router's loop never does.

The loop encodes records and hands them over; the thread writes them, syncs once for all that had gathered, and says up
to which hand-over everything is safe. Usually that takes less than a millisecond, so the loop waits a moment (`within`)
before it turns to others; a disk that takes longer wakes it through a descriptor.
A write or a sync that is refused ends the thread: `failed` says why, and nothing is ever safe again in this process.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, NamedTuple

from router.journal import Frame, framed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hft.messages import Message
    from router.journal import Journal
    from router.records import Record

JOIN_S = 1.0
NO_MORE = -1


class Batch(NamedTuple):
    """One hand-over: records, and what else must be done before its number is safe."""

    number: int
    frames: list[Frame]
    jobs: list[Callable[[], None]]


class Committer:
    """The loop's side of the journal, and the port by which the loop is woken."""

    def __init__(self, journal: Journal, *, on_failed: Callable[[str], None]) -> None:
        self._journal, self._on_failed = journal, on_failed
        self.durable = 0  # the last hand-over that is on disk
        self.failed = ""  # why nothing more will be
        self._frames: list[Frame] = []
        self._jobs: list[Callable[[], None]] = []
        self._batches: SimpleQueue[Batch] = SimpleQueue()
        self._answers: SimpleQueue[int] = SimpleQueue()
        self._is_awaited = self._is_closed = False
        self._read_fd, self._write_fd = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._thread = threading.Thread(target=self._work, name="journal", daemon=True)
        self._thread.start()

    # --- the loop's side

    def send(self, record: Record) -> None:
        """Encode a record now: what it refers to may have changed by the time it is written."""
        self._frames.append(framed(record))

    def also(self, job: Callable[[], None]) -> None:
        """Do this in the thread, too, before the next hand-over counts as safe."""
        self._jobs.append(job)

    @property
    def has_gathered(self) -> bool:
        """Return whether there is anything to hand over."""
        return bool(self._frames or self._jobs)

    def hand_over(self, number: int) -> None:
        """Give what has gathered to the thread, under this number."""
        self._batches.put(Batch(number, self._frames, self._jobs))
        self._frames, self._jobs = [], []

    def wait(self, number: int, within_s: float) -> None:
        """Return when this hand-over is on disk, or after so long."""
        end_s = time.monotonic() + within_s
        while self.durable < number and (left_s := end_s - time.monotonic()) > 0:
            self._is_awaited = True
            if self.durable >= number:
                break
            try:
                self._answers.get(timeout=left_s)
            except Empty:
                break
        self._is_awaited = False

    @property
    def source(self) -> int:
        """Return the descriptor to poll."""
        return self._read_fd

    def drain(self) -> Iterator[Message]:
        """Note that the loop is awake; what is safe now stands in `durable`."""
        with contextlib.suppress(BlockingIOError):
            os.read(self._read_fd, 65_536)
        return iter(())

    def close(self) -> None:
        """Let the thread finish; one that the disk holds fast is left behind with the process."""
        if self._is_closed:  # the loop has closed it as one of its ports, and then who made it does
            return
        self._batches.put(Batch(NO_MORE, [], []))
        self._thread.join(JOIN_S)
        if not self._thread.is_alive():
            self._is_closed = True
            self._journal.close()
            os.close(self._read_fd)
            os.close(self._write_fd)

    # --- the thread's side

    def _work(self) -> None:
        try:
            while self._commit(self._gathered()):
                pass
        except OSError as error:
            self.failed = f"the journal cannot be written: {os.strerror(error.errno or 0)}"
            self._on_failed(self.failed)

    def _gathered(self) -> list[Batch]:
        """Return what was handed over by now, at least one."""
        batches = [self._batches.get()]
        while not self._batches.empty():
            batches.append(self._batches.get())
        return batches

    def _commit(self, batches: list[Batch]) -> bool:
        """See these on disk; return whether more are to come."""
        for batch in batches:
            self._journal.append(batch.frames)
        self._journal.flush()
        for batch in batches:
            for job in batch.jobs:
                job()
        more = batches[-1].number != NO_MORE
        self._say_safe(max(batch.number for batch in batches))
        return more

    def _say_safe(self, number: int) -> None:
        self.durable = max(self.durable, number)
        if self._is_awaited:  # read after `durable` is set; the loop reads them the other way round
            self._answers.put(number)
            return
        with contextlib.suppress(BlockingIOError):  # the pipe is full of wake-ups: the loop will come
            os.write(self._write_fd, b"\0")
