"""REST faults: what becomes of one call. A plan says whether it is executed, and what the client gets when."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import msgspec

from venue.config import Response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from venue.faults import Fault, Faults

HTML = {"Content-Type": "text/html"}
JSON = {"Content-Type": "application/json; charset=UTF-8"}


def _page(status: int, words: str) -> Response:
    page = f"<html><head><title>{status} {words}</title></head><body><h1>{status} {words}</h1></body></html>"
    return Response(status, page.encode(), HTML)


def _error(status: int, code: int, message: str) -> Response:
    return Response(status, msgspec.json.encode({"code": code, "message": message}), JSON)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What to do with a call. Delays are real milliseconds; `answer` replaces the true one."""

    execute: bool = True
    before_ms: float = 0.0
    after_ms: float = 0.0
    answer: Response | None = None
    drop: bool = False
    hang: bool = False
    truncate: bool = False
    drip_ms: float = 0.0
    bare: bool = False  # without rate headers


GATEWAY_TIMEOUT = _page(504, "Gateway Time-out")
INTERNAL = _error(500, 50010000, "internal server error")
PLANS: dict[str, Plan] = {
    "rest-hang": Plan(execute=False, hang=True),
    "rest-drop": Plan(execute=False, drop=True),
    "rest-429": Plan(execute=False, answer=_error(429, 42910000, "rate limit exceeded")),
    "rest-429-bare": Plan(execute=False, answer=_error(429, 42910000, "rate limit exceeded"), bare=True),
    "rest-401": Plan(execute=False, answer=Response(401, b'{"message":"unauthorized."}', JSON)),
    "rest-500": Plan(execute=False, answer=INTERNAL),
    "rest-502": Plan(execute=False, answer=_page(502, "Bad Gateway")),
    "rest-503": Plan(execute=False, answer=Response(503, b'{"message":"service unavailable"}', JSON)),
    "rest-504": Plan(execute=False, answer=GATEWAY_TIMEOUT),
    "rest-no-code": Plan(execute=False, answer=Response(422, b'{"message":"invalid request"}', JSON)),
    "accept-then-500": Plan(answer=INTERNAL),
    "accept-then-504": Plan(answer=GATEWAY_TIMEOUT),
    "accept-then-drop": Plan(drop=True),
    "rest-truncated": Plan(truncate=True),
    "rest-html": Plan(answer=_page(200, "Welcome")),
    "rest-empty": Plan(answer=Response(200, b"", JSON)),
}
TIMED = {"accept-then-slow": "after_ms", "slow-then-accept": "before_ms", "rest-drip": "drip_ms"}


def plan(faults: Faults, now_ns: int, accounts: tuple[str, ...], method: str) -> Plan:
    """Return what becomes of a call of an account (its key and id); without a fault, the plain plan."""
    found = Plan()
    for kind in (*PLANS, *TIMED):
        fault = faults.hit(kind, now_ns, accounts=accounts, method=method)
        if fault is not None:
            found = PLANS.get(kind) or msgspec.convert({TIMED[kind]: fault.ms}, Plan)
            break
    late = faults.hit("rest-latency", now_ns, accounts=accounts, method=method)
    return (
        found if late is None else msgspec.structs.replace(found, after_ms=found.after_ms + _latency_ms(late, now_ns))
    )


def _latency_ms(fault: Fault, now_ns: int) -> float:
    return fault.ms + random.Random(f"{fault.seed}/{now_ns}").uniform(0, fault.size)


def spoiled(found: Plan, answer: Response, rate_headers: Mapping[str, str]) -> Response:
    """Return the answer that the client gets under a plan."""
    if found.answer is not None:
        headers = found.answer.headers if found.bare else {**found.answer.headers, **rate_headers}
        return Response(found.answer.status, found.answer.body, headers)
    return Response(answer.status, answer.body[: len(answer.body) // 2], answer.headers) if found.truncate else answer
