"""Reading a day for its report: alone, or a large one by two readers, each the books of some strategies.

What belongs to another reader's strategy is skipped by its bytes, undecoded; ticks, marks and the day's opening are
taken by both. The page is the same, whoever read: where the second is killed (memory), the first reads the whole day.
"""

from __future__ import annotations

import gc
import os
import re
from collections import Counter
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import chain, filterfalse
from multiprocessing import get_context
from typing import TYPE_CHECKING, NamedTuple

from recorder import archive, tapebatches
from recorder.offline import day_lines, told_together
from recorder.report.collect import Collected
from recorder.session import in_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hft.home import Home
    from recorder.fillmodels import Scale

SPLIT_BYTES = 64 * 1024 * 1024  # a smaller day is read before a second process would be up
NOBODY = b""
OWNER = b'"strategy":"'  # inside a text it would have backslashes


class Share(NamedTuple):
    """What one reader takes: the second the lines of some strategies, the first those of all others.

    Both see what belongs to nobody, the first notes it.
    """

    seconds: frozenset[bytes]
    is_first: bool = True


ALONE = Share(frozenset())


@contextmanager
def reader_of(home: Home, day: str) -> Iterator[Callable[[Scale], Collected]]:
    """Yield what reads a day for its scale; the second process of a large one is on its way meanwhile."""
    seconds = seconds_of(home, day) if archive.bytes_of_day(home, day) >= SPLIT_BYTES and _cores() > 1 else frozenset()
    if not seconds:
        yield partial(_read_alone, home, day)
        return
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        pool.submit(_cores)  # for a first call it starts, and imports all this
        yield partial(_read_by_two, home, day, seconds, pool)


def _read_alone(home: Home, day: str, scale: Scale) -> Collected:
    found = read(home, day, scale, ALONE)
    found.close()
    return found


def _read_by_two(home: Home, day: str, seconds: frozenset[bytes], pool: ProcessPoolExecutor, scale: Scale) -> Collected:
    try:
        second = pool.submit(read, home, day, scale, Share(seconds, is_first=False))
        found = read(home, day, scale, Share(seconds))
        found.absorb(second.result(), {name.decode() for name in seconds})
    except BrokenExecutor:
        return _read_alone(home, day, scale)
    found.close()
    return found


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def read(home: Home, day: str, scale: Scale, share: Share) -> Collected:
    """Return what one reader finds."""
    gc.disable()  # a million short-lived values and no ring among them: walking them costs more than making them
    try:
        found = in_order(lambda ahead_s: _loaded(home, day, scale, share, ahead_s), lambda found: found.session.late)
        found.session.finish()
        found.session.markouts.end()
    finally:
        gc.enable()
    return found


def _loaded(home: Home, day: str, scale: Scale, share: Share, ahead_s: int) -> Collected:
    found = Collected(day, scale)
    note = partial(found.noted, ownerless=share.is_first)
    told = chain.from_iterable(map(note, told_together(_lines(home, day, share))))
    batches = tapebatches.batches(home.data / day)
    found.session.load(told, found.watched(batches) if share.is_first else batches, ahead_s)
    return found


def _lines(home: Home, day: str, share: Share) -> Iterator[bytes]:
    lines, seconds = day_lines(home, day), share.seconds
    if not seconds:
        return lines
    theirs = re.compile(OWNER + b"(?:" + b"|".join(map(re.escape, sorted(seconds))) + b')"').search
    if share.is_first:
        return filterfalse(theirs, lines)
    return (raw for raw in lines if theirs(raw) or OWNER not in raw)


def owner_of(raw: bytes) -> bytes:
    """Return the strategy that a line belongs to, empty when it is nobody's."""
    at = raw.find(OWNER)
    return raw[at + len(OWNER) : raw.find(b'"', at + len(OWNER))] if at >= 0 else NOBODY


def seconds_of(home: Home, day: str) -> frozenset[bytes]:
    """Return a second reader's strategies, so that both have about as many lines; nobody when there is only one."""
    counts = Counter(map(owner_of, archive.sample_of_day(home, day)))
    counts.pop(NOBODY, None)
    halves: list[set[bytes]] = [set(), set()]
    for name, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        min(halves, key=lambda half: sum(counts[each] for each in half)).add(name)
    return frozenset(halves[1])
