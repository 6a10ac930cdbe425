"""How long a modest strategy waits for its answers while another one floods the router: everything real, in one run.

The modest one places 20 resting orders a second and cancels each. What counts is the time from its send to the answer
in its hands: decided, and on disk. Beside it nothing runs at first; then a process that burns a core and sends nothing
(a flooder burns one too: on a small machine that costs something, and is not the router's doing); then each flood.
"""

from __future__ import annotations

import json
import os
import random
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
    from tests.router.rig import Rig

EVERY_MS = 50.0
BEHIND_PX = 20_000
SYMBOLS = ("SPY", "QQQ", "AAPL", "MSFT")
ANSWER_MS_MAX = 5_000
FIRST_MS = 300.0  # a flood begins, and then it is measured


class Phase(NamedTuple):
    """What was measured beside one neighbour: ms from intent to answer, and what the neighbour did."""

    name: str
    orders_ms: list[float]
    cancels_ms: list[float]
    neighbour: dict[str, Any]

    def at(self, share: float) -> float:
        """Return that quantile of the time from an order to its answer, in ms."""
        return sorted(self.orders_ms)[int(len(self.orders_ms) * share)]

    def line(self) -> str:
        """Return the phase in a line."""
        told, cancels = self.neighbour, sorted(self.cancels_ms)
        rate = f"{told['offered'] / told['seconds']:9,.0f} offered/s, {told['taken'] / told['seconds']:7,.0f} taken/s"
        answers = ", ".join(f"{count:,} {what}" for what, count in told["answers"].items())
        return (
            f"{self.name:22} p50 {self.at(0.5):6.2f} ms  p99 {self.at(0.99):6.2f} ms  of {len(self.orders_ms)}  "
            f"cancels p50 {cancels[len(cancels) // 2]:6.2f} ms  p99 {cancels[len(cancels) * 99 // 100]:6.2f} ms  "
            f"{rate}, {told['cores']:.1f} cores  {answers}"
        )


NOTHING = {"offered": 0, "taken": 0, "answers": {}, "seconds": 1.0, "cores": 0.0}


class Modest:
    """The strategy that is measured."""

    def __init__(self, rig: Rig, name: str = "mm") -> None:
        self.rig, self.name, self.seq = rig, name, 0
        self.flooder_state = TradingState.ACTIVE
        self._random = random.Random(1)
        self._px: dict[str, int] = {}
        self._placed = self._epoch = 0
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

    def measure(self, name: str, seconds: float, flood: str = "", *, resuming: bool = False) -> Phase:
        """Return what was measured beside this flood (none: alone); `resuming`: no halt of the flooder lasts."""
        self._epoch += 2
        process = start_flood(self.rig, flood, seconds + 2 * FIRST_MS / 1e3, self._epoch) if flood else None
        try:
            self.rest(FIRST_MS, resuming=resuming)
            phase = Phase(name, [], [], {})
            end_s = time.monotonic() + seconds
            while time.monotonic() < end_s:
                self._once(phase, resuming=resuming)
            told = json.loads(process.communicate(timeout=30)[0]) if process else NOTHING
        finally:
            if process and process.poll() is None:
                process.kill()
                process.communicate()
        self.rest(FIRST_MS, resuming=True)
        return phase._replace(neighbour=told)

    def _once(self, phase: Phase, *, resuming: bool) -> None:
        half_ms = self._random.uniform(0.4, 0.6) * EVERY_MS
        before = self.flooder_state
        took_ms, answer = self.asked(self.order())
        assert isinstance(answer, messages.Accepted), answer
        if not (resuming and TradingState.HALTED in {before, self.flooder_state}):
            phase.orders_ms.append(took_ms)
        self.rest(half_ms, resuming=resuming)
        self.seq += 1
        took_ms, answer = self.asked(messages.CancelAll(strategy=self.name, epoch=1, seq=self.seq))
        assert isinstance(answer, messages.Accepted), answer
        phase.cancels_ms.append(took_ms)
        self.rest(EVERY_MS - half_ms, resuming=resuming)

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

    def until_priced(self) -> None:
        """Listen until every symbol has a price."""
        while not set(SYMBOLS) <= set(self._px):
            self.rest(50)

    def close(self) -> None:
        """Let go of the sockets."""
        for port in (self.dealer, self.control, self._ticks, self._updates):
            port.socket.close(linger=0)


def start_flood(rig: Rig, kind: str, seconds: float, epoch: int) -> subprocess.Popen[str]:
    """Return a flooder that has begun."""
    command = [sys.executable, "-m", "tests.router.flooder", kind, str(seconds), str(epoch)]
    process = subprocess.Popen(command, cwd=ROOT, env=rig.environ, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process
