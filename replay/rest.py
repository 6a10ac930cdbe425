"""The router's REST edge without HTTP: the same workers by priority, the same calls, the same reading of answers.

A request leaves when a worker takes it, arrives after the way's latency, and its answer comes back as late. When the
answer is later than the client would wait, the router hears "unknown" at its timeout, whatever the venue did.
"""

from __future__ import annotations

import heapq
import json
from typing import TYPE_CHECKING, Any

import msgspec

from hft.clock import NS_PER_MS
from router import alpaca_calls as calls
from router import broker
from router.broker import URGENT
from venue.config import Response
from venue.fault_rest import spoiled

if TYPE_CHECKING:
    from collections.abc import Callable

    from hft.messages import Message
    from replay.latency import Latency
    from replay.scheduler import Scheduler
    from replay.venue import Venue
    from router.broker import AnyReply, AnyRequest
    from venue.fault_rest import Plan

QUEUE_MAX = 2_000
OK_BELOW = 400
NOTHING = Response(0)
ENTRIES = broker.SubmitOrder | broker.ReplaceRequest
METHODS: dict[type, str] = {
    broker.SubmitOrder: "POST",
    broker.ReplaceRequest: "PATCH",
    broker.CancelRequest: "DELETE",
    broker.CancelEverything: "DELETE",
}


class _Refused(Exception):
    """The venue answered with another status than success."""

    def __init__(self, answer: Response) -> None:
        super().__init__(answer.status)
        self.answer = answer


class _Client:
    """What router/alpaca_calls.py asks of an HTTP client, on the exchange's core, under one plan of faults."""

    def __init__(self, venue: Venue, plan: Plan, note: Callable[[Response], None]) -> None:
        self._venue, self._plan, self._note = venue, plan, note

    def get(self, path: str, data: Any = None) -> Any:  # noqa: ANN401 JSON
        return self._call("GET", path, data, b"")

    def post(self, path: str, data: Any = None) -> Any:  # noqa: ANN401 JSON
        return self._call("POST", path, None, msgspec.json.encode(data))

    def patch(self, path: str, data: Any = None) -> Any:  # noqa: ANN401 JSON
        return self._call("PATCH", path, None, msgspec.json.encode(data))

    def delete(self, path: str, data: Any = None) -> Any:  # noqa: ANN401 JSON
        return self._call("DELETE", path, data, b"")

    def _call(self, method: str, path: str, query: dict[str, Any] | None, body: bytes) -> Any:  # noqa: ANN401 JSON
        texts = {name: str(value) for name, value in (query or {}).items()}
        answer = self._venue.request(method, f"/v2{path}", texts, body) if self._plan.execute else NOTHING
        answer = spoiled(self._plan, answer, answer.headers)
        self._note(answer)
        if answer.status >= OK_BELOW:
            raise _Refused(answer)
        return json.loads(answer.body) if answer.body else None


class _Trip:
    """One request on its way."""

    __slots__ = ("answer_bytes", "is_over", "plan", "request", "sent_ns", "urgent_worker")

    def __init__(self, request: AnyRequest, sent_ns: int, plan: Plan, *, urgent_worker: bool) -> None:
        self.request, self.sent_ns, self.plan, self.urgent_worker = request, sent_ns, plan, urgent_worker
        self.is_over = False  # answered, or given up by the client
        self.answer_bytes = 0


class Rest:
    """The workers, and the way to the venue and back."""

    def __init__(
        self,
        *,
        scheduler: Scheduler,
        venue: Venue,
        latency: Latency,
        workers: int,
        read_timeout_ms: int,
        now_ns: Callable[[], int],
        is_halted: Callable[[], bool],
        put: Callable[[Message], None],
    ) -> None:
        self._scheduler, self._venue, self._latency = scheduler, venue, latency
        self._now_ns = now_ns  # the router's own clock, which may be off
        self._is_halted, self._put = is_halted, put
        self._timeout_ns = scheduler.ns(read_timeout_ms)
        self._idle, self._urgent_idle = max(2, workers) - 1, True
        self._queue: list[tuple[int, int, AnyRequest]] = []
        self._order = 0
        self._flying: dict[str, int] = {}

    def is_flying(self, client_order_id: str) -> bool:
        """Return whether an order is still on its way to the venue, whoever waits for an answer or does not."""
        return client_order_id in self._flying

    def send(self, request: AnyRequest) -> None:
        """Queue a request; a worker takes it when one is free."""
        assert len(self._queue) < QUEUE_MAX, "the budget lets no more out than this"
        self._order += 1
        heapq.heappush(self._queue, (request.priority, self._order, request))
        self._hire()

    def _hire(self) -> None:
        while self._queue and (self._idle or (self._urgent_idle and self._queue[0][0] <= URGENT)):
            request = heapq.heappop(self._queue)[2]
            now_ns = self._now_ns()
            held = calls.held_back(request, halted=self._is_halted(), now_ns=now_ns)
            if held is not None:
                self._put(held)
                continue
            urgent = not self._idle
            if urgent:
                self._urgent_idle = False
            else:
                self._idle -= 1
            plan = self._venue.plan(METHODS.get(type(request), "GET"))
            if isinstance(request, ENTRIES):
                self._flying[request.client_order_id] = now_ns
            trip = _Trip(request, now_ns, plan, urgent_worker=urgent)
            wait_ns = self._latency.draw() + round(plan.before_ms * NS_PER_MS)
            self._scheduler.after(wait_ns, self._arrive, trip)
            self._scheduler.after(self._timeout_ns, self._give_up, trip)

    def _arrive(self, trip: _Trip) -> None:
        noted: list[broker.RateNoted] = []
        if isinstance(trip.request, ENTRIES):
            del self._flying[trip.request.client_order_id]
        reply = self._performed(trip, noted)
        late_ms = trip.plan.after_ms + trip.plan.drip_ms * trip.answer_bytes
        back_ns = self._latency.draw() + round(late_ms * NS_PER_MS)
        if not trip.plan.hang:
            self._scheduler.after(back_ns, self._answer, (trip, noted, reply))

    def _performed(self, trip: _Trip, noted: list[broker.RateNoted]) -> AnyReply:
        now_ns = self._now_ns()

        def note(answer: Response) -> None:
            trip.answer_bytes = len(answer.body)
            if (rate := calls.rate_noted(answer.headers, now_ns)) is not None:
                noted.append(rate)

        try:
            reply = calls.Calls(_Client(self._venue, trip.plan, note)).perform(trip.request, trip.sent_ns)
        except _Refused as error:
            answer = error.answer
            reply = calls.refused(
                trip.request,
                status=answer.status,
                text=answer.body.decode("utf-8", "replace"),
                headers=answer.headers,
                now_ns=now_ns,
            )
        except ValueError as error:  # JSON that is none, or says something else
            reply = calls.unknown(trip.request, f"not understood: {calls.shortened(str(error))}")
        return calls.unknown(trip.request, "the connection was lost") if trip.plan.drop else reply

    def _give_up(self, trip: _Trip) -> None:
        self._answer((trip, [], calls.unknown(trip.request, "no answer in time")))

    def _answer(self, found: tuple[_Trip, list[broker.RateNoted], AnyReply]) -> None:
        trip, noted, reply = found
        if trip.is_over:
            return
        trip.is_over = True
        if trip.urgent_worker:
            self._urgent_idle = True
        else:
            self._idle += 1
        for rate in noted:
            self._put(rate)
        self._put(reply)
        self._hire()
