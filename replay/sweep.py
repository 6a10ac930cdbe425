"""Many replays: cells × markets × seeds through any concurrent.futures executor, resumable, in one table.

Each result lies in a file under its key (replay/jobs.py): what is there is not run again, so a sweep that was stopped
goes on where it was. A worker that dies takes the pool with it; the pool is made anew a bounded number of times.
Rule: the table depends on the results alone, never on who computed them or in which order they came.
"""

from __future__ import annotations

import signal
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from hft.codec import UNREADABLE
from hft.errors import ConfigError, FleetError, Unavailable
from replay import jobs
from replay.play import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from replay.jobs import Job

BROKEN_POOLS_MAX = 3
IN_FLIGHT_PER_WORKER = 4
CONNECT_S = 10
T = TypeVar("T")


class Store:
    """Results by key, one small file each, written whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, name: str) -> Result | None:
        """Return a result, or None when it is not there or cannot be read."""
        try:
            return msgspec.json.decode((self._folder / f"{name}.json").read_bytes(), type=Result)
        except (FileNotFoundError, *UNREADABLE):
            return None

    def put(self, name: str, data: bytes) -> None:
        """Keep a result."""
        self._folder.mkdir(parents=True, exist_ok=True)
        fresh = self._folder / f"{name}.new"
        fresh.write_bytes(data)
        fresh.replace(self._folder / f"{name}.json")


def local(workers: int) -> Callable[[], Executor]:
    """Return how to make a pool of processes on this machine; a Ctrl-C ends them without a word."""
    return lambda: ProcessPoolExecutor(
        workers,
        mp_context=get_context("spawn"),
        initializer=signal.signal,
        initargs=(signal.SIGINT, signal.SIG_DFL),
    )


class _Cluster(Executor):
    """A Dask cluster as a pool; it is let go of when the sweep is over."""

    def __init__(self, client: Any) -> None:  # noqa: ANN401 distributed.Client; the package may not be there
        self._client, self._pool = client, client.get_executor(pure=False)

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:  # noqa: ANN401 Executor's own signature
        """Let a worker of the cluster run it; one that dies is replaced by another a few times."""
        found: Future[T] = self._pool.submit(fn, *args, **kwargs)
        return found

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 Executor's own signature
        """Let go of the cluster; it goes on for others."""
        self._pool.shutdown(wait=wait)
        self._client.close()


def cluster(address: str) -> Callable[[], Executor]:
    """Return how to reach a Dask cluster; raise ConfigError without the extra, Unavailable when nobody answers."""
    try:
        from distributed import Client  # noqa: PLC0415 an optional extra
    except ImportError:
        raise ConfigError(
            "--scheduler needs Dask.", "The package distributed is not installed.", "pip install '.[scale]'"
        ) from None

    def reach() -> Executor:
        try:
            return _Cluster(Client(address, timeout=CONNECT_S))
        except (OSError, TimeoutError, ValueError) as error:
            raise Unavailable(f"No Dask scheduler answers at {address}.", str(error)) from None

    return reach


def unheard(_: int, __: int) -> None:
    """Tell nobody how far it is."""


def sweep(
    wanted: Iterable[Job],
    *,
    store: Store,
    pool: Callable[[], Executor],
    workers: int,
    tell: Callable[[int, int], None] = unheard,
) -> dict[str, Result]:
    """Return the results by key, computing what the store does not have.

    `tell` hears how many are done, of how many. Raises FleetError when a job cannot run, Unavailable when workers keep
    dying.
    """
    run = _Sweep({jobs.key(job): job for job in wanted}, store, tell)
    for _ in range(BROKEN_POOLS_MAX):
        if not run.missing:
            return run.results()
        try:
            run.compute(pool(), workers)
        except BrokenProcessPool:
            continue  # a worker died and took the pool along; what is in the store stays
    if run.missing:
        raise Unavailable(
            "The sweep's workers keep dying.", f"{BROKEN_POOLS_MAX} pools were lost.", "Try --jobs 1 to see why."
        )
    return run.results()


class _Sweep:
    """The jobs of one sweep, and which are missing."""

    def __init__(self, wanted: dict[str, Job], store: Store, tell: Callable[[int, int], None]) -> None:
        self._wanted, self._store, self._tell = wanted, store, tell
        self._note()

    def results(self) -> dict[str, Result]:
        """Return what is in the store, in the order in which it was asked for."""
        found = {name: self._store.get(name) for name in self._wanted}
        return {name: result for name, result in found.items() if result is not None}

    def compute(self, executor: Executor, workers: int) -> None:
        """Let the workers compute what is missing; raise BrokenProcessPool when one of them dies."""
        waiting = list(reversed(self.missing))
        flying: dict[Future[bytes], str] = {}
        try:
            while waiting or flying:
                while waiting and len(flying) < workers * IN_FLIGHT_PER_WORKER:
                    name = waiting.pop()
                    flying[executor.submit(jobs.run, jobs.encoded(self._wanted[name]))] = name
                done, _ = wait(flying, return_when=FIRST_COMPLETED)
                for future in done:
                    self._keep(flying.pop(future), future)
        finally:
            for future in flying:
                future.cancel()
            executor.shutdown(wait=False, cancel_futures=True)
            self._note()

    def _note(self) -> None:
        self.missing = [name for name in self._wanted if self._store.get(name) is None]
        self._done = len(self._wanted) - len(self.missing)
        self._tell(self._done, len(self._wanted))

    def _keep(self, name: str, future: Future[bytes]) -> None:
        job = self._wanted[name]
        try:
            self._store.put(name, future.result())
        except FleetError as error:
            raise FleetError(f"The sweep cannot run {job.cell} on {job.source}.", str(error)) from None
        self._done += 1
        self._tell(self._done, len(self._wanted))
