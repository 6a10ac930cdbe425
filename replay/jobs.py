"""One run of a sweep as a value: it can be sent anywhere, and its key says exactly what would come out.

Rule: bytes in, bytes out, so that a process pool and a cluster run the very same thing. The key hashes the code, the
settings and the data; a result under a key is never computed twice.
"""

from __future__ import annotations

import zlib
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec

from hft.schema import Settings
from replay.fleet import Plan
from replay.headlines import headlines_of
from replay.latency import WAYS
from replay.overrides import changed, with_fleet
from replay.play import Result, play
from replay.sources import GENERATED, Opened, open_source

KEY_BYTES = 16
PACKAGES = ("hft", "feed", "strategies", "router", "risk", "recorder", "venue", "replay")
CONTROL = "null"  # the generator's scenario in which no relation holds: nobody can earn there
CONTROL_S_MAX = 1_800.0


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One cell on one market with one seed. `is_control`: on the generated market without any relation."""

    settings: Settings
    cell: dict[str, Any]
    source: str
    data: str
    seed: int
    latency: str
    for_s: float = 0.0
    families_dir: str = ""
    is_control: bool = False


def encoded(job: Job) -> bytes:
    """Return a job as bytes."""
    return msgspec.json.encode(job, order="sorted")


def run(job_bytes: bytes) -> bytes:
    """Run a job; return its Result as bytes. This is what a worker is given."""
    job = msgspec.json.decode(job_bytes, type=Job)
    result = result_of(job)
    return msgspec.json.encode(msgspec.structs.replace(result, took_s=0.0), order="sorted")


def result_of(job: Job) -> Result:
    """Return what comes of a job; raise ConfigError for a source or parameter that is not there.

    Its source is the job's: tapes of one name in two folders are two markets.
    """
    for_s = min(job.for_s or CONTROL_S_MAX, CONTROL_S_MAX) if job.is_control else job.for_s
    result = play(*prepared(job), for_s=for_s)
    return result if job.is_control else msgspec.structs.replace(result, source=job.source)


def prepared(job: Job) -> tuple[Plan, Opened]:
    """Return what a job plays, and on which market; raise ConfigError for one, or a parameter, that is not there."""
    fleet, source = job.settings.fleet, GENERATED if job.is_control else job.source
    whole = with_fleet(job.settings, strategies=fleet.strategies, symbols=fleet.symbols, seed=job.seed)
    settings = changed(whole, {**job.cell, **({"sim.scenario": CONTROL} if job.is_control else {})})
    opened = open_source(source, settings, Path(job.data))
    settings = with_fleet(settings, strategies=fleet.strategies, symbols=opened.symbols, seed=job.seed)
    return Plan(settings=settings, ways=WAYS[job.latency], seed=job.seed, families_dir=job.families_dir), opened


def key(job: Job) -> str:
    """Return the name of a job's result: equal if and only if code, settings and data are."""
    digest = blake2b(digest_size=KEY_BYTES)
    for part in (code_hash(job.families_dir), encoded(job).decode(), data_hash(job.source, job.data)):
        digest.update(part.encode())
    return digest.hexdigest()


@lru_cache(maxsize=4)
def code_hash(families_dir: str = "") -> str:
    """Return a hash over every module that a replay may run, the user's own families included."""
    root = Path(__file__).resolve().parent.parent
    files = [path for package in PACKAGES for path in sorted((root / package).rglob("*.py"))]
    files += sorted(Path(families_dir).glob("*.py")) if families_dir else []
    return _hash_of(files)


@lru_cache(maxsize=256)
def data_hash(source: str, data: str) -> str:
    """Return a hash over the bytes of a market: a file, or a recorded day's files; the generator needs none."""
    if source == GENERATED:
        return source
    if Path(source).is_file():
        return _hash_of([Path(source)])
    headlines = repr(headlines_of(Path(data), source))
    return f"{_hash_of(sorted((Path(data) / source).glob('*')))} {zlib.crc32(headlines.encode()):08x}"


def _hash_of(files: list[Path]) -> str:
    digest = blake2b(digest_size=KEY_BYTES)
    for path in files:
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
