"""How long a modest strategy waits for its answers while another one floods the router: everything real, in one run.

The modest one places 20 resting orders a second and cancels each. What counts is the time from its send to the answer
in its hands: decided, and on disk. A flooder also burns a core, which on a small machine costs others something and is
not the router's doing; so the yardstick is a neighbour that burns a core and sends nothing, and the two take turns of a
second: whatever else the machine does, it does to both.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import zmq

from hft import control as asks
from hft import endpoints, messages
from hft.clock import NS_PER_MS
from hft.codec import topic
from hft.ports import Dealer, Subscriber, by_epoch, by_router_epoch
from hft.words import Side, Tif, TradingState
from tests.router.flooder import NAME as FLOODER
from tests.tree import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.router.rig import Rig

EVERY_MS = 50.0
BEHIND_PX = 20_000
SYMBOLS = ("SPY", "QQQ", "AAPL", "MSFT")
ANSWER_MS_MAX = 5_000
TURN_S, FIRST_MS = 1.0, 250.0  # a neighbour's turn; its beginning, with what the other one left, is not measured
BURN = "burn"
FLOOD_S_MAX = 600.0


class Waits(NamedTuple):
    """How many ms orders and cancels waited for their answers."""

    orders_ms: list[float]
    cancels_ms: list[float]

    def at(self, share: float) -> float:
        """Return that quantile of both, in ms."""
        waited = sorted(self.orders_ms + self.cancels_ms)
        return waited[int(len(waited) * share)]

    def plus(self, more: Waits) -> Waits:
        """Return these and more."""
        return Waits(self.orders_ms + more.orders_ms, self.cancels_ms + more.cancels_ms)

    def __str__(self) -> str:
        """Return the waits in a few words."""
        return f"p50 {self.at(0.5):6.2f} ms  p99 {self.at(0.99):6.2f} ms"


class Beside(NamedTuple):
    """What was measured beside a flood, and beside a core that is only burned; and what the flooder tells of itself."""

    flooded: Waits
    burned: Waits
    told: dict[str, Any]

    def ratio(self, share: float) -> float:
        """Return by which factor that quantile is worse beside the flood."""
        return self.flooded.at(share) / self.burned.at(share)

    def line(self) -> str:
        """Return both in a line."""
        return f"{self.flooded}   burned core {self.burned}   p50 {self.ratio(0.5):5.2f}×  p99 {self.ratio(0.99):5.2f}×"

    def flood_line(self) -> str:
        """Return what the flooder did."""
        offered, taken = (self.told[what] / self.told["seconds"] for what in ("offered", "taken"))
        answers = ", ".join(f"{count:,} {what}" for what, count in self.told["answers"].items())
        return f"{offered:,.0f} offered/s, {taken:,.0f} taken/s; {answers or 'not answered'}"


class Neighbour:
    """A process of tests/router/flooder.py: it works only when it is its turn."""

    def __init__(self, rig: Rig, kind: str, epoch: int) -> None:
        command = [sys.executable, "-m", "tests.router.flooder", kind, str(FLOOD_S_MAX), str(epoch)]
        self._process = subprocess.Popen(command, cwd=ROOT, env=rig.environ, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"
        self.pause()

    def pause(self) -> None:
        """Stop it where it is."""
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on."""
        self._process.send_signal(signal.SIGCONT)

    def end(self) -> dict[str, Any]:
        """End it; return what it tells of itself."""
        self._process.send_signal(signal.SIGTERM)
        self.go_on()
        told: dict[str, Any] = json.loads(self._process.communicate(timeout=30)[0])
        return told

    def close(self) -> None:
        """See that it is gone, whatever happened."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()


class Modest:
    """The strategy that is measured."""

    def __init__(self, rig: Rig, name: str = "mm") -> None:
        self.rig, self.name, self.seq = rig, name, 0
        self.flooder_state = TradingState.ACTIVE
        self._random = random.Random(1)
        self._px: dict[str, int] = {}
        self._placed = self._floods = 0
        connect = endpoints.connect
        self.dealer = Dealer(connect(rig.context, endpoints.INTENTS, rig.home, identity=f"{name}:1"))
        self.control = Dealer(connect(rig.context, endpoints.CONTROL, rig.home, identity="modest:1"))
        self._ticks = Subscriber(connect(rig.context, endpoints.TICKS, rig.home, topics=(b"",)), "ticks", by_epoch)
        self._updates = Subscriber(
            connect(rig.context, endpoints.UPDATES, rig.home, topics=(topic(FLOODER),)), "updates", by_router_epoch
        )
        self._poller = zmq.Poller()
        for port in (self._ticks, self._updates, self.control):
            self._poller.register(port.socket, zmq.POLLIN)
        self.dealer.send(messages.Register(strategy=name, epoch=1, pid=os.getpid()))
        assert self.dealer.socket.poll(ANSWER_MS_MAX), "no answer to Register"
        list(self.dealer.drain())
        while not set(SYMBOLS) <= set(self._px):
            self.rest(50)

    # --- measuring

    def alone(self, seconds: float) -> Waits:
        """Return the waits with nobody beside."""
        waits = Waits([], [])
        self._measure(waits, seconds, resuming=False)
        return waits

    def beside(self, flood: str, seconds: float, *, resuming: bool = False) -> Beside:
        """Return the waits beside a flood of so many seconds; `resuming`: no halt of the flooder lasts."""
        flooded, burned = Waits([], []), Waits([], [])
        with self._neighbour(flood) as flooder, self._neighbour(BURN) as burner:
            for _ in range(max(1, round(seconds / TURN_S))):
                for neighbour, waits in ((burner, burned), (flooder, flooded)):
                    neighbour.go_on()
                    self.rest(FIRST_MS, resuming=resuming)
                    self._measure(waits, TURN_S, resuming=resuming)
                    neighbour.pause()
            told = flooder.end()
        self.rest(FIRST_MS, resuming=True)
        return Beside(flooded, burned, told)

    @contextlib.contextmanager
    def _neighbour(self, kind: str) -> Iterator[Neighbour]:
        self._floods += 2  # each flood is a new epoch, and one of them speaks for the epoch before
        with contextlib.closing(Neighbour(self.rig, kind, self._floods)) as made:
            yield made

    def _measure(self, waits: Waits, seconds: float, *, resuming: bool) -> None:
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            part_ms = self._random.uniform(0.4, 0.6) * EVERY_MS
            self._take(waits.orders_ms, self.order(), resuming=resuming)
            self.rest(part_ms, resuming=resuming)
            self.seq += 1
            self._take(
                waits.cancels_ms, messages.CancelAll(strategy=self.name, epoch=1, seq=self.seq), resuming=resuming
            )
            self.rest(EVERY_MS - part_ms, resuming=resuming)

    def _take(self, ms: list[float], intent: messages.NewOrder | messages.CancelAll, *, resuming: bool) -> None:
        before = self.flooder_state
        took_ms, answer = self.asked(intent)
        assert isinstance(answer, messages.Accepted), answer
        if not (resuming and TradingState.HALTED in {before, self.flooder_state}):
            ms.append(took_ms)

    def order(self) -> messages.NewOrder:
        """Return an order that will rest."""
        self.seq, self._placed = self.seq + 1, self._placed + 1
        symbol = SYMBOLS[self._placed % len(SYMBOLS)]
        px = self._px[symbol] - BEHIND_PX - 100 * (self._placed % 40)
        return messages.NewOrder(
            strategy=self.name, epoch=1, seq=self.seq, symbol=symbol, side=Side.BUY, qty=1, px=px - px % 100,
            tif=Tif.DAY, expires_ns=self.rig.clock.now_ns() + 3_000 * NS_PER_MS,
        )  # fmt: skip

    def asked(self, intent: messages.NewOrder | messages.CancelAll) -> tuple[float, object]:
        """Return in how many ms an intent was answered, and how."""
        began_ns = time.perf_counter_ns()
        self.dealer.send(intent)
        while self.dealer.socket.poll(ANSWER_MS_MAX):
            took_ms = (time.perf_counter_ns() - began_ns) / NS_PER_MS
            for answer in self.dealer.drain():
                if getattr(answer, "seq", 0) == intent.seq:
                    return took_ms, answer
        raise AssertionError(f"no answer to {intent}")

    def rest(self, ms: float, *, resuming: bool = False) -> None:
        """Let time pass: hear the market and what became of the flooder, which may be resumed."""
        end_s = time.monotonic() + ms / 1e3
        while (left_s := end_s - time.monotonic()) > 0:
            self._poller.poll(max(1, round(left_s * 1e3)))
            list(self.control.drain())
            for batch in self._ticks.drain():
                if isinstance(batch, messages.Ticks):
                    self._px |= {tick.symbol: tick.bid_px for tick in batch.ticks if isinstance(tick, messages.Quote)}
            for told in self._updates.drain():
                if isinstance(told, messages.StateChanged):
                    self.flooder_state = told.state
            if resuming and self.flooder_state is TradingState.HALTED:
                self.flooder_state = TradingState.REDUCING  # until we hear of it
                self.control.send(asks.Resume(peer="modest:1", strategy=FLOODER))

    def close(self) -> None:
        """Let go of the sockets."""
        for port in (self.dealer, self.control, self._ticks, self._updates):
            port.socket.close(linger=0)
