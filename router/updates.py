"""The stream of trade updates, in a thread of its own, through alpaca-py's own stream class.

The official client keeps the handshake (connect, authenticate, listen); the loop around it is ours, because its own
waits for ever on a mute server and backs off further and further on a quiet day. Frames are read raw, so that a word
we do not know is never dropped.
Rule: UpdatesUp is said when the venue confirms that we listen, not before; after UpdatesDown anything may be missing.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import websockets

from hft import keys
from hft.errors import ConfigError, Unavailable
from hft.unreachable import told
from router import alpaca_words as words
from router import broker

if TYPE_CHECKING:
    from collections.abc import Callable

    from hft.log import Logger
    from hft.messages import Message
    from router.alpaca import Stream

HANDSHAKE_S = 10.0
WAIT_S, WAIT_S_MAX = 0.25, 8.0
JOIN_S = 1.5
REFUSED_WORDS = "failed to authenticate"  # alpaca-py's ValueError when the venue does not accept the keys


class Updates:
    """The thread."""

    def __init__(
        self,
        *,
        find_broker: Callable[[], keys.Broker],
        open_stream: Callable[[keys.Broker], Stream],
        put: Callable[[Message], None],
        log: Logger,
        seed: int,
    ) -> None:
        self._find_broker, self._open_stream, self._put, self._log = find_broker, open_stream, put, log
        self._random = random.Random(seed)  # only spreads reconnects in time
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._said_down = "not connected yet"
        logging.getLogger("alpaca").setLevel(logging.CRITICAL)  # it logs a traceback for each refused connection
        self._thread = threading.Thread(target=self._run, name="trade-updates", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Close the socket with a close frame and end the thread; bounded."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(JOIN_S)

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        wait_s = WAIT_S
        while not self._stop.is_set():
            listened = await self._session()
            wait_s = WAIT_S if listened else min(2 * wait_s, WAIT_S_MAX)
            try:
                await asyncio.wait_for(self._stop.wait(), wait_s * self._random.uniform(0.5, 1.0))
            except TimeoutError:
                continue  # time to try again

    async def _session(self) -> bool:
        """Connect, listen, read until it ends; return whether it had listened."""
        listened = False
        stream: Stream | None = None
        try:
            stream = self._open_stream(_paper_only(self._find_broker()))
            await asyncio.wait_for(stream.start(), HANDSHAKE_S)
            listened = await self._listen(stream)
        except (Unavailable, ConfigError) as error:
            self._down(error.what)
        except TimeoutError:
            self._down("the venue did not answer the handshake in time")
        except (OSError, EOFError, websockets.WebSocketException, ValueError) as error:
            listened = self._said_down == ""
            self._down(told(error), refused=str(error) == REFUSED_WORDS)
        finally:
            if stream is not None:
                await stream.end()
        return listened

    async def _listen(self, stream: Stream) -> bool:
        """Read frames until the socket ends (it raises) or we are asked to stop."""
        stopped = asyncio.ensure_future(self._stop.wait())
        listened = False
        try:
            while not self._stop.is_set():
                frame = asyncio.ensure_future(stream.frame())
                timeout = None if listened else HANDSHAKE_S
                done, _ = await asyncio.wait({frame, stopped}, return_when=asyncio.FIRST_COMPLETED, timeout=timeout)
                if frame not in done:
                    frame.cancel()
                    if stopped not in done:
                        raise TimeoutError
                    break
                listened |= self._take(frame.result())
        finally:
            stopped.cancel()
        return listened

    def _take(self, frame: str | bytes) -> bool:
        """Hand on one frame; return whether it was the venue's word that we listen."""
        try:
            message = json.loads(frame)
        except ValueError:
            self._log.warning("updates.garbled", frame=repr(frame[:200]))
            return False
        stream = message.get("stream") if isinstance(message, dict) else None
        if stream == "listening":
            self._said_down = ""
            self._put(broker.UpdatesUp())
            return True
        if stream == "trade_updates":
            self._hand_on(message.get("data"))
        return False

    def _hand_on(self, data: Any) -> None:  # noqa: ANN401 whatever stands in the JSON
        try:
            self._put(words.trade_update(data))
        except words.Untranslatable as error:
            # What we cannot read may be a fill: the polls will tell, and sooner if the order's name can be read.
            self._log.warning("updates.unreadable", reason=str(error), data=repr(data)[:500])
            order = data.get("order") if isinstance(data, dict) else None
            name = order.get("client_order_id") if isinstance(order, dict) else None
            self._put(broker.UpdateUnreadable(client_order_id=name if isinstance(name, str) else ""))

    def _down(self, reason: str, *, refused: bool = False) -> None:
        """Say why the stream is down, once per reason."""
        if reason != self._said_down and not self._stop.is_set():
            self._said_down = reason
            self._log.warning("updates.down", reason=reason)
            self._put(broker.UpdatesDown(reason=reason, refused=refused))


def _paper_only(found: keys.Broker) -> keys.Broker:
    """Return the broker unchanged if its stream is Alpaca's paper one or on this machine; raise ConfigError else."""
    parts = urlsplit(found.updates)
    paper = parts.scheme == "wss" and parts.hostname in keys.TRADING_HOSTS
    if paper or (parts.scheme in {"ws", "wss"} and parts.hostname in keys.LOOPBACK_HOSTS):
        return found
    raise ConfigError(
        f"{found.updates!r} is not Alpaca's paper stream.",
        "This program trades on paper only; it never talks to a live account.",
        f"Use {keys.PAPER_UPDATES_URL}",
    )
