"""The router's decision: an intent in, a journalled order out; and how long a start takes after a long day.

- `checked, refused late`: intents that pass every check but one; nothing is written. This is what a flood costs.
- `decision`: envelope, gates, limits, arbitration, budget, record encoded; nothing waits for a disk.
- `decision + write` / `+ fdatasync`: the same with the journal's write in line, without and with waiting for the disk,
  one decision per turn (a whole turn is committed at once, so this is the worst case). The yardstick of the next two.
- `an order, until it may leave`: the way it is: to the journal's thread, synced there, let out (router/vault.py).
- `a cancel, until it may leave`: the same for a cancel, which leaves before its record is safe.
These take turns, decision by decision, so that a busy disk is as busy for each.
- `start-up`: a journal of 100,000 records, read, checked and replayed. The router saves its book every 20,000 records
  and keeps three such stretches, so `book saved on the way` is what a start after a long day reads; `all records` is a
  journal without any saved book, which the router never leaves (tests/router/test_start.py).
`/s a core` counts time on the processor: how busy the machine is otherwise does not enter. p50, p99 and seconds are
those of the clock on the wall.
"""

from __future__ import annotations

import select
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from hft.clock import WallClock
from hft.messages import CancelAll
from hft.words import Side, Tif
from router import broker
from router.committer import Committer
from router.core import SAVE_EVERY_RECORDS, History
from router.journal import Journal, replay
from router.orders import OrdEvent, Purpose
from router.records import AnyRecord, EpochBegun, OrderFilled, OrderMoved, OrderOpened, Record
from router.vault import Vault
from tests.router.world import LIMITS, World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hft.messages import Message, NewOrder

DECISIONS = 3_000
RECORDS = 100_000
ROUNDS = 3
PLENTY = 10**9
GOALS = {"intents/s": 20_000, "start-up s": 1.0}


def world() -> World:
    """Return a world that is ready and has room for everything."""
    limits = msgspec.structs.replace(LIMITS, strategy_orders_per_min_max=PLENTY, daily_loss_max=PLENTY)
    return World(limits=limits, requests_per_min_max=PLENTY, requests_reserved=10).ready()


def orders(place: World, count: int, qty: int) -> list[NewOrder]:
    """Return so many intents with consecutive numbers."""
    first = place.core.desk.link("mm").last_seq + 1
    return [place.order("mm", Side.BUY, qty, seq=first + n) for n in range(count)]


def seen(request: broker.SubmitOrder, event: OrdEvent) -> broker.BrokerOrder:
    """Return the venue's view of an order after an event."""
    return broker.BrokerOrder(
        order_id=f"v-{request.client_order_id}",
        client_order_id=request.client_order_id,
        symbol=request.symbol,
        side=request.side,
        qty=request.qty,
        px=request.px,
        cum_qty=0,
        cum_notional=0,
        event=event,
        word=event.value,
        created_ns=0,
    )


def flood() -> float:
    """Return how many intents a second are checked and refused."""
    place = world()
    wanted = orders(place, DECISIONS, qty=199)
    began = time.process_time()
    for order in wanted:
        place.core.handle(order, place.now_ns)
    return DECISIONS / (time.process_time() - began)


class Way:
    """One way from an intent to what may leave: its own world, and what its decisions took."""

    def __init__(self, write: Callable[[list[Any]], None], *, cancels: bool = False) -> None:
        self.place, self._write, self._cancels = world(), write, cancels
        self.took: list[float] = []  # µs
        self._busy_s = 0.0

    @property
    def rate(self) -> float:
        """Return how many a core takes in a second."""
        return len(self.took) / self._busy_s

    def go(self, n: int) -> None:
        """Decide once more, and take the time."""
        place = self.place
        if n % 100 == 0:
            place.run(600, 600)
        order = place.order("mm", Side.BUY, 1, px=4_499_000 - 100 * (n % 90))
        place.core.desk.budget._new_tokens = 10.0  # noqa: SLF001 the pace of new orders is not what is measured
        if self._cancels:
            sent = self._submit(list(place.core.handle(order, place.now_ns)))
            place.core.handle(broker.OrderReply(ticket=sent.ticket, order=seen(sent, OrdEvent.NEW)), place.now_ns)
            link = place.core.desk.link("mm")
            self._time(CancelAll(strategy="mm", epoch=link.epoch, seq=link.last_seq + 1))
        else:
            sent = self._submit(self._time(order))
        place.core.handle(broker.TradeUpdate(event="canceled", order=seen(sent, OrdEvent.CANCELED)), place.now_ns)

    def _time(self, message: Message) -> list[Any]:
        began, began_busy = time.perf_counter(), time.process_time()
        out = list(self.place.core.handle(message, self.place.now_ns))
        self._write(out)
        self.took.append((time.perf_counter() - began) * 1e6)
        self._busy_s += time.process_time() - began_busy
        return out

    def _submit(self, out: list[Any]) -> broker.SubmitOrder:
        return next(item for item in out if isinstance(item, broker.SubmitOrder))


def nothing(out: list[Any]) -> None:
    """Leave the output where it is."""


class NoWait(Journal):
    """The same journal without the wait for the disk."""

    def _sync(self) -> None:
        """Leave it to the kernel."""


def journalled(folder: Path, kind: type[Journal]) -> Callable[[list[Any]], None]:
    """Return what writes an output's records as the shell does."""
    journal = kind(folder, next_index=1, on_full=lambda _: None)

    def write(out: list[Any]) -> None:
        for item in out:
            if isinstance(item, Record):
                journal.send(item)
        journal.flush()

    return write


def kept(folder: Path, leaves: type) -> Callable[[list[Any]], None]:
    """Return what takes an output through the vault, and is back when a message of this kind has left."""
    committer = Committer(Journal(folder, next_index=1, on_full=lambda _: None), on_failed=lambda _: None)
    vault, poller = Vault(committer, WallClock()), select.poll()
    poller.register(committer.source, select.POLLIN)

    def write(out: list[Any]) -> None:
        if any(isinstance(left, leaves) for left in vault.sift(out)):
            return
        while not any(isinstance(left, leaves) for left in vault.due()):
            poller.poll()
            list(committer.drain())

    return write


def a_day() -> Iterator[AnyRecord]:
    """Yield RECORDS records of a trading day: orders that fill, and orders that are cancelled."""
    yield EpochBegun(at_ns=1, epoch=1, birth_ns=1)
    for number in range(1, RECORDS // 4 + 1):
        name, symbol = f"h1-mm-1.1-{number}", ("SPY", "QQQ", "AAPL", "MSFT")[number % 4]
        side = Side.BUY if number % 8 < 4 else Side.SELL
        yield OrderOpened(
            at_ns=number, client_order_id=name, ledger="mm", symbol=symbol, side=side, qty=10, px=4_500_000,
            tif=Tif.DAY, purpose=Purpose.INTENT, number=number, epoch=1, seq=number,
        )  # fmt: skip
        yield OrderMoved(at_ns=number, client_order_id=name, event=OrdEvent.ACK, order_id=f"v-{number}")
        yield OrderMoved(at_ns=number, client_order_id=name, event=OrdEvent.NEW)
        if number % 3:
            yield OrderMoved(at_ns=number, client_order_id=name, event=OrdEvent.CANCELED)
        else:
            yield OrderFilled(at_ns=number, client_order_id=name, last_qty=10, notional=45_000_000, cum_qty=10)


def start_up(folder: Path, *, saved: bool) -> float:
    """Return how many seconds the replay of the day takes; `saved`: with the book saved on the way."""
    history, journal = History(), NoWait(folder, next_index=1, on_full=lambda _: None)
    for record in a_day():
        history.add(record)
        journal.send(record)
        if saved and history.since_save >= SAVE_EVERY_RECORDS:
            book = history.book.saved(record.at_ns)
            history.add(book)
            journal.send(book)
    journal.flush()
    journal.close()
    found: list[History] = []

    def begin(first: int) -> History:
        found.append(History(first))
        return found[0]

    began = time.perf_counter()
    replay(folder, begin)
    took = time.perf_counter() - began
    assert found[0].book.index == history.book.index
    return took


def measured(folder: Path) -> dict[str, Way]:
    """Return every way, after all have taken turns."""
    ways = {
        "decision": Way(nothing),
        "decision + write": Way(journalled(folder / "a", NoWait)),
        "decision + write + fdatasync": Way(journalled(folder / "b", Journal)),
        "an order, until it may leave": Way(kept(folder / "c", broker.SubmitOrder)),
        "a cancel, until it may leave": Way(kept(folder / "d", broker.CancelRequest), cancels=True),
    }
    for n in range(DECISIONS):
        for way in ways.values():
            way.go(n)
    return ways


def main() -> None:
    """Print the table."""
    rate = statistics.median(flood() for _ in range(ROUNDS))
    print(f"checked, refused late      {rate:9,.0f} /s a core      goal ≥ {GOALS['intents/s']:,}")
    with tempfile.TemporaryDirectory(prefix="hft-bench-") as name:
        folder = Path(name)
        for what, way in measured(folder).items():
            took = sorted(way.took)
            p50, p99 = took[len(took) // 2], took[len(took) * 99 // 100]
            goal = f"   goal ≥ {GOALS['intents/s']:,}" if what == "decision" else ""
            print(f"{what:30} p50 {p50:7.1f} µs   p99 {p99:8.1f} µs   {way.rate:9,.0f} /s a core{goal}")
        for what, saved in (("start-up, book saved on the way", True), ("start-up, all records", False)):
            took_s = min(start_up(folder / f"{round_}{saved}", saved=saved) for round_ in range(ROUNDS))
            print(f"{what:32} {took_s:6.2f} s for {RECORDS:,} records      goal ≤ {GOALS['start-up s']} s")


if __name__ == "__main__":
    main()
