"""Faults of the trade_updates stream: each event on its way becomes none, one or several frames, now or later."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import msgspec

from venue.ids import uuid_of
from venue.orders import TERMINAL

if TYPE_CHECKING:
    from collections.abc import Callable

    from venue.faults import Faults
    from venue.updates import Update

REPLAYED_MAX = 256


class Frame(msgspec.Struct, frozen=True):
    """One frame to send: after `delay_ms`, and before it the connection is cut if `cut`."""

    body: bytes
    delay_ms: float = 0.0
    cut: bool = False


class UpdateFaults:
    """Bends the stream of one exchange; remembers what it holds back and what it may tell again."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._held: dict[str, bytes] = {}  # account -> an event that comes after the next one
        self._lives: dict[str, list[bytes]] = {}

    def frames(self, update: Update, tree: dict[str, Any], accounts: tuple[str, ...], now_ns: int) -> list[Frame]:
        """Return the frames that tell of an update."""
        body = msgspec.json.encode(tree)
        if not self._faults and not self._held:
            return [Frame(body)]

        def hit(kind: str) -> Any:  # noqa: ANN401 a Fault or None, asked for in many lines
            return self._faults.hit(kind, now_ns, accounts=accounts, symbol=update.order.symbol)

        if hit("updates-lost"):
            return self._released(update.account)
        if update.px is not None and hit("updates-cut-at-fill"):
            return [Frame(b"", cut=True)]
        before = [Frame(strange(tree)) for kind, strange in STRANGERS.items() if hit(kind)]
        if hit("updates-unknown-status"):
            body = _changed(tree, "status", "quantum_state")
        if hit("updates-null-submitted"):
            body = _changed(tree, "submitted_at", None)
        if fault := hit("updates-delayed"):
            return [*before, Frame(body, fault.ms), *self._released(update.account)]
        if update.account not in self._held and hit("updates-reordered"):
            self._held[update.account] = body
            return before
        told = [Frame(body), *([Frame(body)] if hit("updates-duplicated") else [])]
        return [*before, *told, *self._released(update.account), *self._replayed(update, body, hit)]

    def _released(self, account: str) -> list[Frame]:
        held = self._held.pop(account, None)
        return [] if held is None else [Frame(held)]

    def _replayed(self, update: Update, body: bytes, hit: Any) -> list[Frame]:  # noqa: ANN401 the closure above
        life = self._lives.setdefault(update.order.id, [])
        life.append(body)
        if len(self._lives) > REPLAYED_MAX:
            self._lives.pop(next(iter(self._lives)))
        if update.order.status not in TERMINAL:
            return []
        self._lives.pop(update.order.id, None)
        return [Frame(old) for old in life] if hit("updates-replay") else []


def _unknown_event(tree: dict[str, Any]) -> bytes:
    return msgspec.json.encode({**tree, "data": {**tree["data"], "event": "quantum_leap"}})


def _foreign(tree: dict[str, Any]) -> bytes:
    bent = copy.deepcopy(tree)
    bent["data"]["order"]["id"] = uuid_of("foreign", bent["data"]["event_id"])
    bent["data"]["order"]["client_order_id"] = "somebody-elses"
    return msgspec.json.encode(bent)


# The odd frames that can come before an event.
STRANGERS: dict[str, Callable[[dict[str, Any]], bytes]] = {
    "updates-null": lambda _: b'{"stream":"trade_updates","data":null}',
    "updates-garbage": lambda _: b"\xff\xfe\x00garbage",
    "updates-unknown-event": _unknown_event,
    "updates-foreign": _foreign,
}


def _changed(tree: dict[str, Any], field: str, value: object) -> bytes:
    bent = copy.deepcopy(tree)
    bent["data"]["order"][field] = value
    return msgspec.json.encode(bent)
