"""The record's files: today's events.jsonl, the days put away as events-YYYY-MM-DD.jsonl.gz, and reading them all.

A day that was played twice (a tape) has two parts in its file: gzip members can simply follow each other.
Rule: every step can be repeated after a crash. A day is first renamed to events-DAY.jsonl, then compressed beside it,
then the plain file goes; a plain file found at start is compressed then, and one whose lines are in the compressed
file already is only removed.
"""

from __future__ import annotations

import gzip
import os
import re
import shutil
import threading
from itertools import chain
from typing import TYPE_CHECKING, BinaryIO

from recorder.atomic import replace, sync_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from hft.home import Home

LIVE = "events.jsonl"
TAIL_BYTES = 128 * 1024  # two lines of the longest kind
BLOCK_BYTES = 64 * 1024  # what comes of it stays in a processor's cache
SAMPLES, SAMPLE_BYTES = 64, 16 * 1024
PACKED_TIMES = 10  # about how much shorter a compressed day is
_packing = threading.Lock()  # the background thread and a second rotation may want the same day
_DAY = re.compile(r"events-(\d{4}-\d\d-\d\d)\.jsonl(?:\.gz)?\Z")


def live_file(home: Home) -> Path:
    """Return today's file."""
    return home.logs / LIVE


def checkpoint_file(home: Home) -> Path:
    """Return the file with what the files that were put away tell."""
    return home.run / "recorder.checkpoint"


def days(home: Home) -> list[str]:
    """Return the days that were put away, oldest first."""
    found = (_DAY.match(path.name) for path in home.logs.glob("events-*"))
    return sorted({match.group(1) for match in found if match})


def lines_of_day(home: Home, day: str, having: bytes = b"") -> Iterator[bytes]:
    """Return the lines of a day that was put away, compressed or not yet, without their newlines; as of `lines_of`."""
    return chain.from_iterable(_blocks_of_day(home, day, having))


def _blocks_of_day(home: Home, day: str, having: bytes) -> Iterator[list[bytes]]:
    packed, plain = home.logs / f"events-{day}.jsonl.gz", home.logs / f"events-{day}.jsonl"
    if packed.is_file():
        with gzip.open(packed, "rb") as file:
            yield from _blocks(file, having)
    if plain.is_file() and not _is_packed(plain, packed):
        yield from _blocks_of(plain, having)


def lines_of(path: Path, having: bytes = b"") -> Iterator[bytes]:
    """Return the whole lines of a plain file, or those that have some bytes, without their newlines.

    A torn last one is left out.
    """
    return chain.from_iterable(_blocks_of(path, having))


def _blocks_of(path: Path, having: bytes) -> Iterator[list[bytes]]:
    with path.open("rb") as file:
        yield from _blocks(file, having)


def _blocks(file: BinaryIO | gzip.GzipFile, having: bytes) -> Iterator[list[bytes]]:
    """Return whole lines block by block: four times as quick as asking the file for each."""
    rest = b""
    while block := file.read(BLOCK_BYTES):
        text = rest + block
        end = text.rfind(b"\n") + 1
        rest = text[end:]
        if text.find(having, 0, end) >= 0:  # what is in no line of a block is not looked for in each
            lines = text.split(b"\n")[:-1]
            yield [raw for raw in lines if having in raw] if having else lines


def sample_of_day(home: Home, day: str) -> Iterator[bytes]:
    """Return lines from all over a day: of a plain file a few from each of SAMPLES places, of a compressed one all."""
    packed = home.logs / f"events-{day}.jsonl.gz"
    plain = [path for path in (home.logs / f"events-{day}.jsonl", live_file(home)) if path.is_file()]
    return chain(lines_of_day(home, day) if packed.is_file() else (), *map(_sample_of, plain))


def _sample_of(path: Path) -> Iterator[bytes]:
    size = path.stat().st_size
    with path.open("rb") as file:
        for number in range(SAMPLES):
            file.seek(size * number // SAMPLES)
            yield from file.read(SAMPLE_BYTES).split(b"\n")[1:-1]


def bytes_of_day(home: Home, day: str) -> int:
    """Return about how long a day's lines are together, the live ones included."""
    packed, plain = home.logs / f"events-{day}.jsonl.gz", home.logs / f"events-{day}.jsonl"
    sizes = [path.stat().st_size for path in (plain, live_file(home)) if path.is_file()]
    return sum(sizes) + (packed.stat().st_size * PACKED_TIMES if packed.is_file() else 0)


def tail_of(path: Path) -> bytes:
    """Return the last TAIL_BYTES of a file, fewer when it is shorter or not there."""
    if not path.is_file():
        return b""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - TAIL_BYTES))
        return file.read()


def cut_torn_tail(path: Path) -> int:
    """Cut a last line that has no newline; return how many bytes went."""
    if not path.is_file():
        return 0
    tail = tail_of(path)
    torn = len(tail) - (tail.rfind(b"\n") + 1)
    if torn:
        with path.open("rb+") as file:
            file.truncate(path.stat().st_size - torn)
            file.flush()
            os.fsync(file.fileno())
    return torn


def put_away(home: Home, day: str, checkpoint: bytes) -> None:
    """Save the checkpoint, then rename today's file to the file of `day`; raise OSError when it stays where it is."""
    replace(checkpoint_file(home), checkpoint)
    plain = home.logs / f"events-{day}.jsonl"
    if plain.exists():
        pack(home, day)
    live_file(home).rename(plain)
    sync_folder(home.logs)


def pack_in_background(home: Home, failed: Callable[[str], object]) -> threading.Thread:
    """Compress what waits for it in a thread that nothing waits for; return the thread."""
    thread = threading.Thread(target=pack_all, args=(home, failed), name="pack", daemon=True)
    thread.start()
    return thread


def pack_all(home: Home, failed: Callable[[str], object]) -> None:
    """Compress every day that is put away but plain; a day that cannot be is told, and stays as it is."""
    for plain in sorted(home.logs.glob("events-*.jsonl")):
        match = _DAY.match(plain.name)
        if match:
            try:
                pack(home, match.group(1))
            except OSError as error:
                failed(f"{plain.name}: {error.strerror or error}")


def pack(home: Home, day: str) -> None:
    """Compress one day, behind what its compressed file already holds; then remove the plain file."""
    with _packing:
        _pack(home.logs / f"events-{day}.jsonl", home.logs / f"events-{day}.jsonl.gz")


def _pack(plain: Path, packed: Path) -> None:
    if not plain.is_file():
        return
    if not _is_packed(plain, packed):
        fresh = packed.with_name(packed.name + ".new")
        with fresh.open("wb") as out:
            if packed.is_file():
                with packed.open("rb") as before:
                    shutil.copyfileobj(before, out)
            with plain.open("rb") as lines, gzip.open(out, "wb", compresslevel=6) as member:
                shutil.copyfileobj(lines, member)
            out.flush()
            os.fsync(out.fileno())
        fresh.rename(packed)
        sync_folder(plain.parent)
    plain.unlink()


def _is_packed(plain: Path, packed: Path) -> bool:
    """Return whether the compressed file ends in the plain one's last line (its number occurs only once)."""
    if not packed.is_file():
        return False
    last = tail_of(plain).rstrip(b"\n").rpartition(b"\n")[2]
    ending = b""
    with gzip.open(packed, "rb") as file:
        while block := file.read(1 << 20):
            ending = (ending + block)[-TAIL_BYTES:]
    return ending.rstrip(b"\n").endswith(last)
