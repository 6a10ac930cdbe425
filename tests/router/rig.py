"""A router process with the embedded exchange and the feed around it, and this test in the place of the strategies.

Everything is real: processes, sockets, journal, HTTP. Used by test_live.py and by the kill loop.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections import deque
from typing import TYPE_CHECKING, Any

import msgspec
import zmq

from hft import control as asks
from hft import endpoints, messages
from hft.clock import NS_PER_MS, MarketClock, WallClock
from hft.home import Home
from hft.ports import Dealer, Subscriber, by_epoch
from hft.settings import Launch, read_venue_file
from hft.words import Side, Tif
from tests.e2e.pace import slack
from tests.router.agreement import Auditor, book_on_disk
from tests.tree import ROOT
from tests.waiting import until
from venue.sessions import opening_ns

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from router.book import Book

SYMBOLS = ("SPY", "QQQ", "AAPL", "MSFT")
READY_S_MAX = 20.0
PAGE = 500
EVERY_MS = 15
LIFE_MS = 500


class Rig:
    """One home with venue, feed and router; strategies are spoken for by `Trader`s.

    `venue_root`: the venue lives in a home of its own, so that what is done to the fleet's disk does not concern it.
    """

    def __init__(
        self,
        root: Path,
        *,
        conflict: str = "hold-newer",
        log: Path | None = None,
        venue_root: Path | None = None,
        **switches: Any,  # noqa: ANN401 fields of VenueConfig
    ) -> None:
        self.home = Home(root).make()
        now_ns = opening_ns(WallClock().now_ns(), "09:45")
        launch = Launch(
            launch_id="rig",
            overrides={"fleet.mode": "sim", "fleet.symbols": SYMBOLS, "fleet.strategies": ["mm", "drift"]},
            anchor_utc_ns=now_ns,
            anchor_mono_ns=time.monotonic_ns(),
        )
        self.clock = MarketClock(now_ns, launch.anchor_mono_ns)
        limit = switches.get("requests_per_min", 200)
        router = f"[router]\nrequests_per_min_max = {limit}\nrequests_reserved = {limit // 5}\n"
        router = "[limits]\nstrategy_orders_per_min_max = 100000\n" + router
        router += f'conflict = "{conflict}"\n'
        router += "read_timeout_ms = 1000\n"  # what is not answered in a second is in doubt: tests have no patience
        venue = Home(venue_root).make() if venue_root else self.home
        for home in {self.home, venue}:
            home.launch_file.write_bytes(msgspec.json.encode(launch))
            home.toml_file.write_text(router, encoding="utf-8")
        self.environ = {**os.environ, "HFT_HOME": str(root)}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self.log_file = log or root / "rig.log"
        self.log = self.log_file.open("ab")
        self.start("venue", "tests.router.venue_process", json.dumps({"seed": 1, **switches}), home=venue)
        until(venue.venue_file.exists, within_s=10 * slack(), what="the venue's address")
        if venue is not self.home:
            shutil.copy(venue.venue_file, self.home.venue_file)
        self.broker = read_venue_file(self.home.venue_file)
        self.start("feed", "feed")

    def start(self, name: str, module: str, *arguments: str, home: Home | None = None) -> None:
        """Start a process."""
        command = [sys.executable, "-m", module, *arguments]
        environ = {**self.environ, "HFT_HOME": str((home or self.home).root)}
        self.processes[name] = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=self.log, stderr=self.log)

    def start_router(self, mark: str = "") -> None:
        """Start the router; with a mark (tests/router/marked.py) one that kills itself there."""
        self.start("router", *(("tests.router.marked", mark) if mark else ("router",)))

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """End a process by a signal and wait for it."""
        process = self.processes[name]
        process.send_signal(number)
        process.wait(30)

    def close(self) -> None:
        """End everything that was started."""
        for process in self.processes.values():
            if process.poll() is None:
                process.kill()
            process.wait()
        self.context.destroy(linger=0)
        self.log.close()

    # --- asking

    def status(self, within_s: float = 2.0) -> asks.RouterStatus | None:
        """Return the router's status, or None when it does not answer."""
        peer = f"test:{time.monotonic_ns()}"
        dealer = Dealer(endpoints.connect(self.context, endpoints.CONTROL, self.home, identity=peer))
        try:
            dealer.send(asks.GetStatus(peer=peer))
            dealer.socket.poll(round(within_s * 1_000))
            return next((m for m in dealer.drain() if isinstance(m, asks.RouterStatus)), None)
        finally:
            dealer.socket.close(linger=0)

    def ready(self) -> asks.RouterStatus:
        """Wait until the router trades and the books agree; return its status."""

        def looked() -> asks.RouterStatus | None:
            status = self.status(0.5)
            return status if status and status.ready and status.reconciliation == "ok" else None

        found = until(looked, within_s=READY_S_MAX * slack(), what="a router that is ready")
        assert found is not None
        return found

    def flatten(self, **fields: Any) -> asks.Done:  # noqa: ANN401 fields of Flatten
        """Ask for a flatten; return the answer."""
        peer = f"test:{time.monotonic_ns()}"
        dealer = Dealer(endpoints.connect(self.context, endpoints.CONTROL, self.home, identity=peer))
        dealer.send(asks.Flatten(peer=peer, **fields))
        assert dealer.socket.poll(35_000), "no answer to flatten"
        done = next(dealer.drain())
        dealer.socket.close(linger=0)
        assert isinstance(done, asks.Done)
        return done

    def resume(self) -> None:
        """Say, as a person would, that trading may go on."""
        peer = f"test:{time.monotonic_ns()}"
        dealer = Dealer(endpoints.connect(self.context, endpoints.CONTROL, self.home, identity=peer))
        dealer.send(asks.Resume(peer=peer))
        assert dealer.socket.poll(5_000), "no answer to resume"
        dealer.socket.close(linger=0)

    # --- the venue's own word, past our router

    def rest(self, path: str, method: str = "GET", body: Any = None) -> Any:  # noqa: ANN401 JSON
        """Return the JSON of a REST call of our own."""
        request = urllib.request.Request(  # noqa: S310 loopback
            self.broker.rest + path,
            method=method,
            data=json.dumps(body).encode() if body is not None else None,
            headers={"APCA-API-KEY-ID": self.broker.keys.key_id, "APCA-API-SECRET-KEY": self.broker.keys.secret},
        )
        with urllib.request.urlopen(request, timeout=5) as response:  # noqa: S310 loopback
            raw = response.read()
        return json.loads(raw) if raw else None

    def fault(self, kind: str, **settings: Any) -> None:  # noqa: ANN401 the fault's own settings
        """Let something go wrong at the venue."""
        self.rest("/sim/fault", "POST", {"kind": kind, **settings})

    def order_pages(self, enough: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
        """Return the account's orders, the newest first, page by page until a page is `enough`."""
        found: dict[str, dict[str, Any]] = {}
        until_at = ""
        while True:
            query = f"?status=all&limit={PAGE}&direction=desc" + (f"&until={until_at}" if until_at else "")
            page = self.rest("/v2/orders" + query)
            fresh = [order for order in page if order["id"] not in found]
            found |= {order["id"]: order for order in fresh}
            if not fresh or enough(page):
                return list(found.values())
            until_at = page[-1]["submitted_at"]

    def orders(self) -> list[dict[str, Any]]:
        """Return every order of the account."""
        return self.order_pages(lambda _: False)

    def positions(self) -> dict[str, int]:
        """Return the account's positions."""
        return {position["symbol"]: int(position["qty"]) for position in self.rest("/v2/positions")}

    def journal(self) -> Book:
        """Return the book that the journal holds."""
        return book_on_disk(self.home.journal)

    def must_agree(self) -> int:
        """Assert that journal and venue agree on everything now (the router has ended); return how many orders."""
        auditor = Auditor(self)
        assert auditor.differences(settled=True) == []
        return auditor.orders


class Trader:
    """Speaks for a strategy: registers, sends orders of random side and price, some meant to trade, and moves them."""

    def __init__(self, rig: Rig, name: str, *, seed: int, epoch: int = 1) -> None:
        self.rig, self.name, self.epoch = rig, name, epoch
        self.seq = self.accepted = 0
        self.positions: dict[str, int] = {}
        self.heard: list[Any] = []
        self.newest: deque[tuple[str, str]] = deque(maxlen=4)  # order and symbol
        self._asked: dict[int, str] = {}  # number of the intent → its symbol
        self.synced = False
        self.quotes: dict[str, messages.Quote] = {}
        self._random = random.Random(seed)
        identity = f"{name}:{epoch}"
        self.sides: tuple[Side, ...] = (Side.BUY, Side.SELL)
        self.life_ms = LIFE_MS  # how long an order of it may still leave
        self.dealer = Dealer(endpoints.connect(rig.context, endpoints.INTENTS, rig.home, identity=identity))
        self.ticks = Subscriber(
            endpoints.connect(rig.context, endpoints.TICKS, rig.home, topics=(b"",)), "ticks", by_epoch
        )
        self._registered_ns = self._next_ns = 0

    def turn(self, *, trade: bool = True) -> None:
        """Hear what is there; register if need be, else send an order or a cancel."""
        for batch in self.ticks.drain():
            if isinstance(batch, messages.Ticks):
                self.quotes |= {tick.symbol: tick for tick in batch.ticks if isinstance(tick, messages.Quote)}
        for answer in self.dealer.drain():
            self.heard.append(answer)
            if isinstance(answer, messages.Snapshot):
                self.synced = True
                self.positions = {held.symbol: held.qty for held in answer.holdings}
            elif isinstance(answer, messages.Accepted):
                self.accepted += bool(answer.client_order_id)
                symbol = self._asked.pop(answer.seq, "")
                self.newest.extend([(answer.client_order_id, symbol)] if symbol else ())
            elif isinstance(answer, messages.Refused) and answer.reason.value in {"not_registered", "seq_gap"}:
                self.synced = False
        now_ns = self.rig.clock.mono_ns()
        if not self.synced:
            if now_ns - self._registered_ns > 200 * NS_PER_MS:
                self._registered_ns = now_ns
                self.dealer.send(messages.Register(strategy=self.name, epoch=self.epoch, pid=os.getpid()))
        elif trade and now_ns >= self._next_ns:
            self._next_ns = now_ns + EVERY_MS * NS_PER_MS
            self.send()

    def send(self) -> None:
        """Send one intent."""
        symbol = self._random.choice(SYMBOLS)
        quote = self.quotes.get(symbol)
        if quote is None or not quote.is_two_sided:
            return
        self.seq += 1
        chance = self._random.random()
        if chance < 0.2:
            self.dealer.send(messages.CancelAll(strategy=self.name, epoch=self.epoch, seq=self.seq, symbol=symbol))
            return
        if chance < 0.45 and self.newest:
            self._move()
            return
        side = self._random.choice(self.sides)
        touch = quote.ask_px if side is Side.BUY else quote.bid_px
        px = touch + side.sign * self._random.choice((-300, -100, 0, 100, 200))
        self._order(symbol, side, self._random.randint(1, 5), px - px % 100)

    def cancel_all(self) -> None:
        """Wish everything cancelled."""
        self.seq += 1
        self.dealer.send(messages.CancelAll(strategy=self.name, epoch=self.epoch, seq=self.seq))

    def cancel(self, name: str) -> None:
        """Wish one order cancelled."""
        self.seq += 1
        self.dealer.send(messages.CancelOrder(strategy=self.name, epoch=self.epoch, seq=self.seq, client_order_id=name))

    def rest(self, symbol: str, behind_px: int) -> str:
        """Let one share rest so far behind the touch; return the order's name once it is accepted."""

        def accepted() -> str:
            self.turn(trade=False)
            quote, before = self.quotes.get(symbol), self.accepted
            if quote is None or not quote.is_two_sided or not self.synced:
                return ""
            self.seq += 1
            px = quote.bid_px - behind_px
            self._order(symbol, Side.BUY, 1, px - px % 100)
            until(lambda: self._answered(self.seq), within_s=5, what="an answer")
            return self.newest[-1][0] if self.accepted > before else ""

        return until(accepted, within_s=20, what="an order that rests")

    def _answered(self, seq: int) -> bool:
        self.turn(trade=False)
        return any(getattr(answer, "seq", 0) == seq for answer in self.heard[-20:])

    def _order(self, symbol: str, side: Side, qty: int, px: int) -> None:
        self._asked[self.seq] = symbol
        self.dealer.send(
            messages.NewOrder(
                strategy=self.name,
                epoch=self.epoch,
                seq=self.seq,
                symbol=symbol,
                side=side,
                qty=qty,
                px=px,
                tif=Tif.DAY,
                expires_ns=self.rig.clock.now_ns() + self.life_ms * NS_PER_MS,
            )
        )

    def _move(self) -> None:
        """Ask for one of the newest orders to rest elsewhere, if it still rests."""
        name, symbol = self._random.choice(self.newest)
        self._asked[self.seq] = symbol
        px = round(self.quotes[symbol].mid) + self._random.choice((-500, -300, -100, 100, 300, 500))
        self.dealer.send(
            messages.ReplaceOrder(
                strategy=self.name,
                epoch=self.epoch,
                seq=self.seq,
                client_order_id=name,
                qty=self._random.randint(1, 5),
                px=px - px % 100,
                expires_ns=self.rig.clock.now_ns() + self.life_ms * NS_PER_MS,
            )
        )

    def close(self) -> None:
        """Let go of the sockets."""
        for port in (self.dealer, self.ticks):
            port.socket.close(linger=0)
