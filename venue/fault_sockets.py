"""Faults that come over an open socket: closes, resets, silence, frames that should not be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from venue.encode import ENCODERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from venue.client import Client
    from venue.faults import Fault

BIG_FRAME_BYTES = (1 << 20) + 1
GOING_AWAY = 1001


def _close(client: Client, fault: Fault, _: str) -> None:
    client.close(fault.code or GOING_AWAY)


def _abort(client: Client, _: Fault, __: str) -> None:
    client.abort()


def _half_open(client: Client, _: Fault, __: str) -> None:
    client.wire.deaf = True
    client.mute = True


def _mute(client: Client, _: Fault, __: str) -> None:
    client.mute = True


def _slow(client: Client, _: Fault, codec: str) -> None:
    client.cut_off(ENCODERS[codec]([{"T": "error", "code": 407, "msg": "slow client"}]))


def _big(client: Client, _: Fault, codec: str) -> None:
    client.put(ENCODERS[codec]([{"T": "q", "S": "BIG", "bloat": "x" * BIG_FRAME_BYTES}]))


def _bad(client: Client, _: Fault, codec: str) -> None:
    client.put(ENCODERS[codec]([{"T": "success", "msg": "before"}, {"T": "q"}, {"T": "success", "msg": "after"}]))


def _text(client: Client, _: Fault, __: str) -> None:
    client.put_other_way(b'[{"T":"success","msg":"text"}]')


def _unknown(client: Client, _: Fault, codec: str) -> None:
    client.put(ENCODERS[codec]([{"T": "zz", "S": "SPY", "what": 1}]))


ACTS: dict[str, Callable[[Client, Fault, str], None]] = {
    "socket-close": _close,
    "socket-abort": _abort,
    "socket-half-open": _half_open,
    "socket-mute": _mute,
    "slow-client": _slow,
    "big-frame": _big,
    "bad-message": _bad,
    "text-frame": _text,
    "unknown-type": _unknown,
}
