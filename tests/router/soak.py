"""Ten times more wishes than requests, for real minutes: a real router at the exchange's real limit of 200 a minute.

Two strategies share 33 wishes a second; the greedy one wishes four times as often. Everything is measured from their
side: their answers, their reports, and what the record says of refusals by the venue.
`python -m tests.router.soak MINUTES` prints the numbers.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from hft import endpoints, messages
from hft.clock import NS_PER_MS, NS_PER_S
from hft.codec import topic
from hft.ports import Dealer, Subscriber, by_epoch, by_router_epoch
from hft.words import OrdStatus, Refusal, Side, Tif
from tests.e2e.pace import slack
from tests.router.rig import Rig

if TYPE_CHECKING:
    from hft.messages import NewOrder

LIMIT_PER_MIN = 200
WISH_EVERY_MS = 30  # 2,000 a minute
CANCEL_EVERY_MS = 2_000
BEHIND_BPS = 50  # quotes that rest
LATE_MS_MAX = 250  # an answer may cross a newer wish on its way; on a slow or busy machine it is longer under way


class Wisher:
    """A strategy that wishes, cancels, and measures what becomes of it."""

    def __init__(self, rig: Rig, name: str, symbols: tuple[str, ...], every_ms: float) -> None:
        self.rig, self.name, self.symbols, self.every_ms = rig, name, symbols, every_ms
        self._late_ns = round(LATE_MS_MAX * slack() * NS_PER_MS)
        self.wishes = self.accepted = self.overtaken = self.seq = 0
        self.refused: dict[Refusal, int] = {}
        self.cancel_ms_max = 0.0
        self.cancels = 0
        self.stale: list[str] = []  # accepted wishes for which a newer one had long been there
        self._synced = False
        self._next_ns = self._cancel_ns = 0
        self._mid: dict[str, int] = {}
        self._wished: dict[int, tuple[NewOrder, int]] = {}
        self._newest: dict[str, list[tuple[int, int]]] = {}  # symbol → the last wishes and when they were sent
        self._works: dict[str, int] = {}  # order → when we wanted it cancelled, 0: not yet
        connect = endpoints.connect
        self.dealer = Dealer(connect(rig.context, endpoints.INTENTS, rig.home, identity=f"{name}:1"))
        self.ticks = Subscriber(connect(rig.context, endpoints.TICKS, rig.home, topics=(b"",)), "ticks", by_epoch)
        topics = (topic(name),)
        self.reports = Subscriber(
            connect(rig.context, endpoints.UPDATES, rig.home, topics=topics), "updates", by_router_epoch
        )

    def turn(self) -> None:
        """Hear, then say what is due."""
        now_ns = time.monotonic_ns()
        for batch in self.ticks.drain():
            if isinstance(batch, messages.Ticks):
                self._mid |= {t.symbol: round(t.mid) for t in batch.ticks if isinstance(t, messages.Quote)}
        for report in self.reports.drain():
            if isinstance(report, messages.ExecutionReport):
                self._hear(report, now_ns)
        for answer in self.dealer.drain():
            self._answered(answer, now_ns)
        if not self._synced:
            if now_ns >= self._next_ns:
                self._next_ns = now_ns + 200 * NS_PER_MS
                self.dealer.send(messages.Register(strategy=self.name, epoch=1, pid=os.getpid()))
        elif now_ns >= self._cancel_ns:
            self._cancel_ns = now_ns + CANCEL_EVERY_MS * NS_PER_MS
            self._cancel(now_ns)
        elif now_ns >= self._next_ns:
            self._next_ns = max(now_ns, self._next_ns + round(self.every_ms * NS_PER_MS))
            self._wish(now_ns)

    def _hear(self, report: messages.ExecutionReport, now_ns: int) -> None:
        name = report.client_order_id
        if report.status.is_terminal:
            wanted_ns = self._works.pop(name, 0)
            if wanted_ns and report.status is OrdStatus.CANCELED:
                self.cancels += 1
                self.cancel_ms_max = max(self.cancel_ms_max, (now_ns - wanted_ns) / NS_PER_MS)
        elif report.status in {OrdStatus.NEW, OrdStatus.PARTIALLY_FILLED}:
            self._works.setdefault(name, 0)

    def _answered(self, answer: object, now_ns: int) -> None:
        if isinstance(answer, messages.Snapshot):
            self._synced = True
        elif isinstance(answer, messages.Refused):
            self.refused[answer.reason] = self.refused.get(answer.reason, 0) + 1
            self.overtaken += "newer wish" in answer.text
        elif isinstance(answer, messages.Accepted) and answer.client_order_id:
            self.accepted += 1
            wish, _ = self._wished[answer.seq]
            for seq, at_ns in self._newest[wish.symbol]:
                if seq > answer.seq and now_ns - at_ns > self._late_ns:
                    self.stale.append(f"{answer.seq} went although {seq} was there")

    def _wish(self, now_ns: int) -> None:
        self.wishes += 1
        symbol = self.symbols[self.wishes % len(self.symbols)]
        if symbol not in self._mid:
            return
        self.seq += 1
        px = self._mid[symbol] * (10_000 - BEHIND_BPS) // 10_000
        wish = messages.NewOrder(
            strategy=self.name,
            epoch=1,
            seq=self.seq,
            symbol=symbol,
            side=Side.BUY,
            qty=1 + self.wishes % 7,
            px=px - px % 100,
            tif=Tif.DAY,
            expires_ns=self.rig.clock.now_ns() + 500 * NS_PER_MS,
        )
        self._wished[self.seq] = (wish, now_ns)
        newest = self._newest.setdefault(symbol, [])
        newest.append((self.seq, now_ns))
        del newest[:-8]
        self.dealer.send(wish)

    def _cancel(self, now_ns: int) -> None:
        self.seq += 1
        self._works = {name: wanted_ns or now_ns for name, wanted_ns in self._works.items()}
        self.dealer.send(messages.CancelAll(strategy=self.name, epoch=1, seq=self.seq))

    def close(self) -> None:
        """Hang up."""
        for port in (self.dealer, self.ticks, self.reports):
            port.close()

    def line(self) -> str:
        """Return what was measured in a line."""
        refused = ", ".join(f"{count} {reason}" for reason, count in sorted(self.refused.items()))
        return (
            f"{self.name}: {self.wishes} wishes, {self.accepted} orders, {self.overtaken} overtaken by a newer wish, "
            f"slowest of {self.cancels} cancels {self.cancel_ms_max:.0f} ms, "
            f"{len(self.stale)} old wishes sent ({refused})"
        )


class Soak:
    """The run, and what it showed."""

    def __init__(self, rig: Rig, minutes: float) -> None:
        self.rig = rig
        rig.start("recorder", "recorder")
        rig.start_router()
        status = rig.ready()
        self.greedy = Wisher(rig, "mm", ("SPY", "AAPL"), WISH_EVERY_MS * 5 / 4)
        self.modest = Wisher(rig, "drift", ("QQQ", "MSFT"), WISH_EVERY_MS * 5)
        self.used_max = status.requests_last_min
        self._run(minutes)

    def _run(self, minutes: float) -> None:
        try:
            self._trade(minutes)
        finally:
            for wisher in (self.greedy, self.modest):
                wisher.close()

    def _trade(self, minutes: float) -> None:
        end_ns = time.monotonic_ns() + round(minutes * 60 * NS_PER_S)
        look_ns = 0
        while (now_ns := time.monotonic_ns()) < end_ns:
            for wisher in (self.greedy, self.modest):
                wisher.turn()
            if now_ns >= look_ns:
                look_ns = now_ns + 5 * NS_PER_S
                status = self.rig.status(1.0)
                self.used_max = max(self.used_max, status.requests_last_min if status else 0)
            self.greedy.reports.socket.poll(5)

    def lines(self) -> list[str]:
        """Return what was measured."""
        return [
            self.greedy.line(),
            self.modest.line(),
            f"fullest minute seen: {self.used_max} of {LIMIT_PER_MIN} requests",
            f"refused by the venue: {self.refusals_of_the_venue() or 'nothing'}",
        ]

    def refusals_of_the_venue(self) -> dict[int, int]:
        """Return HTTP status → how often the venue refused a request of the router with it."""
        found: dict[int, int] = {}
        for line in (self.rig.home.logs / "events.jsonl").read_text().splitlines():
            event = json.loads(line)
            if event["event"] == "request.refused":
                found[event["status"]] = found.get(event["status"], 0) + 1
        return found


def main() -> None:
    """Print what a soak of so many minutes shows."""
    minutes = float(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="hft-") as name:
        rig = Rig(Path(name), requests_per_min=LIMIT_PER_MIN)
        with contextlib.closing(rig):
            soak = Soak(rig, minutes)
            sys.stdout.write("\n".join(soak.lines()) + "\n")


if __name__ == "__main__":
    main()
