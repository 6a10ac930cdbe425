"""Alpaca's refusals: HTTP status, code, message and extra keys, as one value. Table 3.5 of the venue's contract.

A refused request changes nothing.
"""

from __future__ import annotations

from typing import Any

import msgspec

FORBIDDEN = 40310000
NOT_FOUND = 40410000
PARAMETER = 40010001
DAY_TRADE = 40310100
UNPROCESSABLE = 42210000
RATE_LIMITED = 42910000


class Refusal(msgspec.Struct, frozen=True):
    """A refusal; `code` 0 means that Alpaca sends none there."""

    status: int
    code: int
    message: str
    extra: dict[str, Any] = {}

    def body(self) -> dict[str, Any]:
        """Return the JSON object."""
        code: dict[str, Any] = {"code": self.code} if self.code else {}
        return {**code, "message": self.message, **self.extra}


def parameter(message: str) -> Refusal:
    """422: the request itself is wrong."""
    return Refusal(422, PARAMETER, message)


def unprocessable(message: str, **extra: object) -> Refusal:
    """422: well formed, but against a rule of the venue."""
    return Refusal(422, UNPROCESSABLE, message, extra)


def forbidden(message: str, **extra: object) -> Refusal:
    """403: this account may not do that now."""
    return Refusal(403, FORBIDDEN, message, extra)


def not_found(message: str) -> Refusal:
    """404: no such order, position, asset."""
    return Refusal(404, NOT_FOUND, message)


UNAUTHORIZED = Refusal(401, 0, "unauthorized.")
NO_KEY = Refusal(403, 0, "forbidden.")
NO_ROUTE = Refusal(404, 0, "endpoint not found.")
RATE_EXCEEDED = Refusal(429, RATE_LIMITED, "rate limit exceeded")
BAD_BODY = parameter("request body format is invalid")
ID_TAKEN = parameter("client_order_id must be unique")
