"""The market-data socket's protocol, sans-I/O: `connected`, auth, subscribe, data (sections 1.2 to 1.4).

One object per connection. It is given frames and returns frames; who sends them is no matter of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from venue.encode import ENCODERS, JSON, MSGPACK, array
from venue.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from venue.config import VenueConfig
    from venue.encode import Message
    from venue.faults import Fault
    from venue.slots import Slots

STOCK_CHANNELS = ("trades", "quotes", "bars", "updatedBars", "dailyBars", "statuses", "lulds")
AUTOMATIC = ("corrections", "cancelErrors")  # come with the trades
CARRIERS = dict.fromkeys(AUTOMATIC, "trades")
ASKABLE = {*STOCK_CHANNELS, *AUTOMATIC, "imbalances", "news"}
COUNTED = ("trades", "quotes")
ERRORS = {
    400: "invalid syntax",
    401: "not authenticated",
    402: "auth failed",
    403: "already authenticated",
    404: "auth timeout",
    405: "symbol limit exceeded",
    406: "connection limit exceeded",
    407: "slow client",
    409: "insufficient subscription",
    410: "invalid subscribe action for this feed",
    411: "insufficient scope",
    500: "internal error",
}
SYMBOL_CHARS_MAX = 24
FRAME_SYMBOLS_MAX = 20_000
FREE_FEEDS = frozenset({"v2/iex", "v2/test", "v2/delayed_sip", "v1beta1/news"})


def no_fault(_: str, __: str) -> Fault | None:
    """Return None: a session whose exchange is well."""
    return None


class Reply(msgspec.Struct, frozen=True):
    """What to send, and whether to close afterwards."""

    frames: tuple[bytes, ...] = ()
    close: bool = False
    mute: bool = False  # a fault: nothing comes after this


class DataSession:
    """One client's connection to a data endpoint."""

    def __init__(
        self,
        *,
        endpoint: str,
        codec: str,
        number: int,
        config: VenueConfig,
        slots: Slots,
        who: Callable[[str | None, str | None], str | Refusal],
        fault: Callable[[str, str], Fault | None] = no_fault,
    ) -> None:
        self._fault = fault
        self.endpoint, self.codec, self.number = endpoint, codec, number
        self.account = ""
        self._config, self._slots, self._who = config, slots, who
        self._channels = ("news",) if endpoint.endswith("news") else STOCK_CHANNELS
        self._wanted: dict[str, set[str]] = {channel: set() for channel in self._channels}

    # --- handshake ---

    def opened(self, headers: Mapping[str, str], mono_ns: int) -> Reply:
        """Greet; keys in the upgrade headers authenticate at once."""
        if self._fault("mute-before-connected", ""):
            return Reply(mute=True)
        if self._fault("first-frame-406", ""):
            return self._refused(406)
        frames = [self._one({"T": "success", "msg": "connected"})]
        key = headers.get("apca-api-key-id")
        if key:
            reply = self._auth({"key": key, "secret": headers.get("apca-api-secret-key")}, mono_ns)
            return Reply((*frames, *reply.frames), reply.close)
        return Reply(tuple(frames))

    def auth_timeout(self) -> Reply:
        """Return the farewell of a client that did not authenticate in time; nothing if it did."""
        return Reply() if self.account else Reply((self._error(404),), close=True)

    def receive(self, frame: bytes | str, mono_ns: int) -> Reply:
        """Answer one client message (fragments joined)."""
        try:
            tree = self._decode(frame)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return self._refused(400)
        if not isinstance(tree, dict):
            return self._refused(400)
        action = tree.get("action")
        if action == "auth":
            return self._auth(tree, mono_ns)
        if not isinstance(action, str) or action not in {"subscribe", "unsubscribe"}:
            return self._refused(400)
        if not self.account:
            return self._refused(401)
        return self._change(tree, add=action == "subscribe")

    def closed(self, mono_ns: int, *, held_ns: int = 0) -> None:
        """Note that the connection is gone; its slot stays taken for so long."""
        if self.account:
            self._slots.release(self.account, self.endpoint, self.number, mono_ns, held_ns=held_ns)

    # --- data ---

    def deliver(self, messages: list[Message]) -> bytes | None:
        """Return the frame with those of the messages that this client asked for, or None."""
        wanted, codec = self._wanted, self.codec
        parts = []
        for message in messages:
            names = wanted.get(CARRIERS.get(message.channel, message.channel))
            if names and ("*" in names or not names.isdisjoint(message.symbols)):
                parts.append(message.encoded(codec))
        return array(parts, codec) if parts else None

    @property
    def wants_anything(self) -> bool:
        """Return whether the client subscribed to something."""
        return any(self._wanted.values())

    @property
    def subscriptions(self) -> dict[str, list[str]]:
        """Return the symbols of each channel."""
        lists = {channel: sorted(names) for channel, names in self._wanted.items()}
        return lists | (dict.fromkeys(AUTOMATIC, lists["trades"]) if "trades" in lists else {})

    def slow(self) -> bytes:
        """Return the warning to a client that does not keep up."""
        return self._error(407)

    # --- inside ---

    def _auth(self, tree: Mapping[str, Any], mono_ns: int) -> Reply:
        if self.account:
            return self._refused(403)
        if fault := self._fault("auth-error", ""):
            return self._refused(fault.code or 402)
        key, secret = tree.get("key"), tree.get("secret")
        found = self._who(key if isinstance(key, str) else None, secret if isinstance(secret, str) else None)
        if isinstance(found, Refusal):
            return self._refused(402)
        if self.endpoint not in FREE_FEEDS:
            return self._refused(409)
        if not self._slots.take(found, self.endpoint, self.number, mono_ns):
            return self._refused(406)  # the socket stays open: clients try again on it
        self.account = found
        if self._fault("mute-after-auth", found):
            return Reply(mute=True)
        return Reply((self._one({"T": "success", "msg": "authenticated"}),))

    def _change(self, tree: Mapping[str, Any], *, add: bool) -> Reply:
        changed = {channel: set(names) for channel, names in self._wanted.items()}
        for channel, names in tree.items():
            if channel == "action" or (channel == "imbalances" and "trades" in changed) or channel in AUTOMATIC:
                continue
            if channel in ASKABLE and channel not in changed:
                return self._refused(410)
            if channel not in changed or not _are_symbols(names):
                return self._refused(400)
            changed[channel] = changed[channel] | set(names) if add else changed[channel] - set(names)
        if self._count(changed) > self._config.data_symbols_max:
            return self._refused(405)
        if fault := self._fault("subscribe-error", self.account):
            return self._refused(fault.code or 405)
        self._wanted = changed
        if self._fault("subscription-short", self.account):
            for names in self._wanted.values():
                names.discard(max(names, default=""))
        mute = self._fault("mute-after-subscribe", self.account) is not None
        return Reply((self._one({"T": "subscription", **self.subscriptions}),), mute=mute)

    def _count(self, changed: Mapping[str, set[str]]) -> int:
        counted = [changed.get(channel, set()) - {"*"} for channel in COUNTED]
        return sum(map(len, counted)) if self._config.count_channels else len(set().union(*counted))

    def _decode(self, frame: bytes | str) -> object:
        if self.codec == MSGPACK and isinstance(frame, bytes):
            return msgspec.msgpack.decode(frame)
        return msgspec.json.decode(frame)

    def _refused(self, code: int) -> Reply:
        return Reply((self._error(code),))

    def _error(self, code: int) -> bytes:
        return self._one({"T": "error", "code": code, "msg": ERRORS.get(code, "error")})

    def _one(self, message: dict[str, Any]) -> bytes:
        return array([ENCODERS[self.codec](message)], self.codec)


def _are_symbols(names: object) -> bool:
    if not isinstance(names, list) or len(names) > FRAME_SYMBOLS_MAX:
        return False
    return all(isinstance(name, str) and 0 < len(name) <= SYMBOL_CHARS_MAX and name.isprintable() for name in names)


def codec_of(content_type: str) -> str:
    """Return the codec that a client asked for in its upgrade; JSON by default."""
    return MSGPACK if "msgpack" in content_type else JSON
