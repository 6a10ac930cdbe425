"""What a family has learnt, kept across a restart: weights, volatilities, windows, as plain numbers and lists.

A family names the objects worth keeping (`Strategy.memory`); their attributes are walked, numbers, lists, queues and
estimators inside estimators alike, and put back into fresh objects of the same shape. A memory of another shape (the
code or the parameters changed) is not used, nor one that is older than the family says (`keeps_s`).
"""

from __future__ import annotations

import sys
import zlib
from collections import deque
from enum import Enum
from typing import TYPE_CHECKING, Any

import msgspec

from hft.clock import NS_PER_S

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

OURS = "strategies."  # only values of our own kinds are made again by name
KIND = "kind"
PLAIN = (bool, int, float, str, type(None))


class Memory(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A family's memory as it is written. `shape` tells whether it still fits."""

    name: str
    at_ns: int
    shape: int
    state: dict[str, Any]
    hand: bytes = b""  # what the desk had in hand (sdk/hand.py); nothing once a person had it stopped


_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Memory] = msgspec.msgpack.Decoder(Memory)


def encode(memory: Memory) -> bytes:
    """Return the memory's bytes."""
    return _encoder.encode(memory)


def remember(name: str, objects: Mapping[str, object], now_ns: int, hand: bytes = b"") -> Memory:
    """Return the memory of these objects."""
    state = {key: kept(value) for key, value in objects.items()}
    return Memory(name=name, at_ns=now_ns, shape=shape(objects), state=state, hand=hand)


def recall(raw: bytes, objects: Mapping[str, object]) -> Memory | None:
    """Put a memory back into fresh objects; return it, or None if it did not fit (then nothing is touched)."""
    memory = decode(raw)
    if memory is None or memory.shape != shape(objects):
        return None
    for key, value in objects.items():
        put_back(value, memory.state[key])
    return memory


def decode(raw: bytes) -> Memory | None:
    """Return the memory in these bytes, None for what is none."""
    try:
        return _decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def is_fresh(raw: bytes, now_ns: int, keeps_s: float) -> bool:
    """Return whether a memory is from before now and not too old."""
    memory = decode(raw)
    return memory is not None and memory.at_ns > 0 and 0 <= now_ns - memory.at_ns <= keeps_s * NS_PER_S


def shape(objects: Mapping[str, object]) -> int:
    """Return a number that changes with the names of everything that is kept."""
    names = [f"{key}.{name}" for key, value in sorted(objects.items()) for name, _ in _attributes(value)]
    return zlib.crc32("\n".join(names).encode())


def kept(value: Any) -> Any:  # noqa: ANN401 any attribute of an estimator
    """Return a value as numbers, strings, lists and tables."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, PLAIN):
        return value
    if _is_value(value):
        fields = [kept(getattr(value, name)) for name in type(value).__match_args__]
        return {KIND: f"{type(value).__module__}:{type(value).__name__}", "fields": fields}
    if isinstance(value, deque | list | tuple):
        return [kept(item) for item in value]
    if isinstance(value, dict):
        return [[kept(key), kept(item)] for key, item in value.items()]
    return {name: kept(item) for name, item in _attributes(value)}


def put_back(target: object, saved: dict[str, Any]) -> None:
    """Set the attributes of a fresh object to what was kept of them; what an older memory does not know stays fresh."""
    for name, current in list(_attributes(target)):
        if name in saved:
            setattr(target, name, _back(current, saved[name]))


def _back(current: Any, saved: Any) -> Any:  # noqa: ANN401 any attribute of an estimator
    if isinstance(saved, dict):
        if KIND in saved:
            return _plain(saved)
        put_back(current, saved)
        return current
    if isinstance(current, Enum):
        return type(current)(saved)
    if isinstance(current, dict):
        before = {kept(key): (key, value) for key, value in current.items()}
        return {before[key][0] if key in before else key: _back(before.get(key, (0, 0))[1], v) for key, v in saved}
    if isinstance(current, deque):
        return deque((_plain(item) for item in saved), maxlen=current.maxlen)
    if isinstance(current, list | tuple) and current and not isinstance(current[0], (*PLAIN, tuple)):
        return type(current)(_back(one, item) for one, item in zip(current, saved, strict=True))
    return type(current)(map(_plain, saved)) if isinstance(current, list | tuple) else saved


def _plain(saved: Any) -> Any:  # noqa: ANN401 an item of a list
    """Return an item of a list: a value of a known kind, a tuple for a list, else itself."""
    if isinstance(saved, dict):
        module, _, name = saved[KIND].partition(":")
        assert module.startswith(OURS), module
        kind = getattr(sys.modules[module], name)
        return kind(**dict(zip(kind.__match_args__, map(_plain, saved["fields"]), strict=True)))
    return tuple(map(_plain, saved)) if isinstance(saved, list) else saved


def _is_value(value: object) -> bool:
    """Return whether it is one of our immutable values: a named tuple or a frozen dataclass."""
    frozen = getattr(getattr(value, "__dataclass_params__", None), "frozen", False)
    return type(value).__module__.startswith(OURS) and (frozen or isinstance(value, tuple))


def _attributes(value: object) -> Iterator[tuple[str, Any]]:
    """Return the attributes of an object, slots and all, but those that its class says are not its own."""
    skipped: frozenset[str] = getattr(value, "NOT_KEPT", frozenset())
    names = [name for kind in reversed(type(value).__mro__) for name in getattr(kind, "__slots__", ())]
    names += sorted(getattr(value, "__dict__", {}))
    for name in names:
        if name not in skipped and hasattr(value, name):
            yield name, getattr(value, name)
