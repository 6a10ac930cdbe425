"""Human logs: structlog, one line per event, JSON unless a terminal is looking, secrets redacted.

Event names are `noun.verb` ("feed.connected"). Nothing here is per tick: a line costs microseconds that a tick does
not have.
The record that must not be lost is the event stream (hft/outbox.py); this is only for reading.
structlog weighs 12 MB in a process, so a strategy, which may have 22 in all, writes the same lines through `light()`.
"""

from __future__ import annotations

import datetime as dt
import io
import os
import re
import stat
import sys
from typing import TYPE_CHECKING, Any, Protocol, TextIO, cast

import msgspec

from hft.clock import NS_PER_S, WallClock

if TYPE_CHECKING:
    from collections.abc import MutableMapping

SECRET_KEYS = re.compile(r"secret|passw|token|webhook|api_key|key_id|authorization", re.IGNORECASE)
MASKED = "***"
SECRET_CHARS_MIN = 8

_secrets: set[str] = set()


class Logger(Protocol):
    """What the shells use of a logger."""

    def info(self, event: str, **fields: Any) -> Any:  # noqa: ANN401 structlog's own signature
        """Say that something happened."""

    def warning(self, event: str, **fields: Any) -> Any:  # noqa: ANN401 structlog's own signature
        """Say that something is not as it should be."""

    def error(self, event: str, **fields: Any) -> Any:  # noqa: ANN401 structlog's own signature
        """Say that something failed."""


def redact(*values: str | None) -> None:
    """Remember secret values; from now on they leave this process masked."""
    _secrets.update(value for value in values if value and len(value) >= SECRET_CHARS_MIN)


def masked(text: str) -> str:
    """Return `text` with every remembered secret masked."""
    for secret in _secrets:
        if secret in text:
            text = text.replace(secret, MASKED)
    return text


def _mask_fields(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:  # noqa: ANN401 structlog's own signature
    for key, value in event.items():
        if SECRET_KEYS.search(key) and value:
            event[key] = MASKED
        elif isinstance(value, str):
            event[key] = masked(value)
    return event


class _Unfailing(io.TextIOBase):
    """A stream to which writing never fails and, under supervisord, never waits.

    supervisord reads each process's log through a pipe. When it dies, a line would end the very process that is about
    to cancel its orders (EPIPE); when it hangs, 64 KiB of lines would hold a trading loop up for good.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.dropped = 0
        if os.environ.get("SUPERVISOR_ENABLED") and _is_pipe(stream):
            os.set_blocking(stream.fileno(), False)

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError:
            self.dropped += 1
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError:
            self.dropped += 1

    def isatty(self) -> bool:
        return self._stream.isatty()


def _is_pipe(stream: TextIO) -> bool:
    try:
        return stat.S_ISFIFO(os.fstat(stream.fileno()).st_mode)
    except (OSError, ValueError):
        return False  # a stream of a test has no descriptor


class _LightLogger:
    """JSON lines without structlog, for processes that count every megabyte."""

    def __init__(self, process: str, stream: _Unfailing) -> None:
        self._process, self._stream = process, stream

    def _write(self, level: str, event: str, fields: dict[str, Any]) -> None:
        stamp = dt.datetime.fromtimestamp(WallClock().now_ns() / NS_PER_S, dt.UTC).isoformat().replace("+00:00", "Z")
        entry = {
            "process": self._process,
            "event": event,
            "level": level,
            "ts": stamp,
            **_mask_fields(None, "", fields),
        }
        self._stream.write(msgspec.json.encode(entry, enc_hook=str).decode() + "\n")
        self._stream.flush()

    def info(self, event: str, **fields: Any) -> None:  # noqa: ANN401 structlog's own signature
        self._write("info", event, fields)

    def warning(self, event: str, **fields: Any) -> None:  # noqa: ANN401 structlog's own signature
        self._write("warning", event, fields)

    def error(self, event: str, **fields: Any) -> None:  # noqa: ANN401 structlog's own signature
        self._write("error", event, fields)


def light(process: str, *, stream: TextIO | None = None) -> Logger:
    """Return a logger that costs no import; the same fields as structlog's JSON lines."""
    return _LightLogger(process, _Unfailing(stream or sys.stderr))


def setup(process: str, *, stream: TextIO | None = None, level: str = "info") -> Logger:
    """Configure structlog and the standard library's logging; return the logger, bound to `process`."""
    import logging  # noqa: PLC0415 half a megabyte that a strategy process must not pay

    import structlog  # noqa: PLC0415 12 MB, the same

    steady = _Unfailing(stream or sys.stderr)
    renderer: Any = (
        structlog.dev.ConsoleRenderer(colors=True) if steady.isatty() else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"),
            structlog.processors.format_exc_info,
            _mask_fields,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(file=cast("TextIO", steady)),
        cache_logger_on_first_use=True,
    )
    _tame_libraries(steady)
    logger: Logger = structlog.get_logger().bind(process=process)
    return logger


def _tame_libraries(stream: _Unfailing) -> None:
    """Let library logs pass through our masks, so that no library can print a secret (websockets does at DEBUG)."""
    import logging  # noqa: PLC0415 half a megabyte that a strategy process must not pay

    class MaskingHandler(logging.StreamHandler[_Unfailing]):
        def format(self, record: logging.LogRecord) -> str:
            return masked(super().format(record))

    handler = MaskingHandler(stream)
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
