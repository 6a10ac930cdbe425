"""The trade_updates socket's protocol, sans-I/O: authenticate, listen, updates (section 2).

Rule kept: text or binary in, binary frames of JSON out; nothing is replayed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from venue.data_socket import Reply, no_fault
from venue.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from venue.faults import Fault
    from venue.slots import Slots

ENDPOINT = "stream"
KNOWN_STREAMS = frozenset({"trade_updates"})


class UpdatesSession:
    """One client's connection to /stream."""

    def __init__(
        self,
        *,
        number: int,
        slots: Slots,
        who: Callable[[str | None, str | None], str | Refusal],
        fault: Callable[[str, str], Fault | None] = no_fault,
    ) -> None:
        self._fault = fault
        self.number = number
        self.account = ""
        self.listens = False
        self._slots, self._who = slots, who

    def receive(self, frame: bytes | str, mono_ns: int) -> Reply:
        """Answer one client message."""
        try:
            tree = msgspec.json.decode(frame)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return Reply()
        if not isinstance(tree, dict):
            return Reply()
        action = tree.get("action")
        if action == "listen":
            return self._listen(tree)
        is_auth = isinstance(action, str) and action in {"authenticate", "auth"}
        return self._auth(tree, mono_ns) if is_auth else Reply()

    def auth_timeout(self) -> Reply:
        """Close a connection that did not authenticate in time."""
        return Reply(close=not self.account)

    def closed(self, mono_ns: int, *, held_ns: int = 0) -> None:
        """Note that the connection is gone; its slot stays taken for so long."""
        if self.account:
            self._slots.release(self.account, ENDPOINT, self.number, mono_ns, held_ns=held_ns)

    def _auth(self, tree: dict[str, Any], mono_ns: int) -> Reply:
        data = tree.get("data")
        given = data if isinstance(data, dict) else {}
        key, secret = given.get("key_id", tree.get("key")), given.get("secret_key", tree.get("secret"))
        found = self._who(key if isinstance(key, str) else None, secret if isinstance(secret, str) else None)
        if isinstance(found, Refusal) or self._fault("auth-error", found):
            return self._authorization("unauthorized", "authenticate")
        if self.account not in {"", found} or not self._slots.take(found, ENDPOINT, self.number, mono_ns):
            reply = self._authorization("unauthorized", "authenticate")
            return Reply(reply.frames, close=True)
        self.account = found
        if self._fault("mute-after-auth", found):
            return Reply(mute=True)
        return self._authorization("authorized", "authenticate")

    def _listen(self, tree: dict[str, Any]) -> Reply:
        if not self.account:
            return self._authorization("unauthorized", "listen")
        data = tree.get("data")
        asked = data.get("streams") if isinstance(data, dict) else None
        names = [name for name in asked if isinstance(name, str)] if isinstance(asked, list) else []
        streams = [name for name in names if name in KNOWN_STREAMS]
        self.listens = bool(streams)
        mute = self._fault("mute-after-subscribe", self.account) is not None
        return Reply((msgspec.json.encode({"stream": "listening", "data": {"streams": streams}}),), mute=mute)

    def _authorization(self, status: str, action: str) -> Reply:
        frame = {"stream": "authorization", "data": {"status": status, "action": action}}
        return Reply((msgspec.json.encode(frame),))
