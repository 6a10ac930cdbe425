"""The edge to Alpaca: the official client for requests, the official stream for trade updates. No core knows it.

Rules: alpaca-py's own retries are off (it would send an order again after a 504), every call has its timeouts, proxies
and netrc are not read, redirects are not followed, and the session can reach one host only: paper or loopback, checked
here, where the address is used.
What is asked and how the answers are read stands in router/alpaca_calls.py and router/alpaca_words.py.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from hft import keys
from hft.errors import ConfigError, Unavailable
from hft.standins import without_pandas
from hft.unreachable import told
from router import alpaca_calls as calls

with without_pandas():
    from alpaca.common.exceptions import APIError
    from alpaca.trading.client import TradingClient
    from alpaca.trading.stream import TradingStream

if TYPE_CHECKING:
    from collections.abc import Callable

    from hft.clock import Clock
    from hft.messages import Message
    from router.broker import AnyReply, AnyRequest

NEVER_SENT = (NewConnectionError, ConnectTimeoutError)
SOCKET_PARAMS = {
    "ping_interval": 5,
    "ping_timeout": 5,
    "max_queue": 4_096,
    "max_size": 8 << 20,
    "close_timeout": 1,
    "compression": None,
}


class Rest:
    """One session with the venue's REST interface; a thread has its own. `perform` answers every request, once."""

    def __init__(
        self,
        *,
        find_broker: Callable[[], keys.Broker],
        clock: Clock,
        timeouts_s: tuple[float, float],
        is_halted: Callable[[], bool],
        put: Callable[[Message], None],
    ) -> None:
        self._find_broker, self._clock, self._timeouts_s = find_broker, clock, timeouts_s
        self._is_halted, self._put = is_halted, put
        self._client: TradingClient | None = None

    def perform(self, request: AnyRequest) -> AnyReply:
        """Do what is asked and return the answer."""
        now_ns = self._clock.now_ns()
        held_back = calls.held_back(request, halted=self._is_halted(), now_ns=now_ns)
        if held_back is not None:
            return held_back
        try:
            return calls.Calls(self.client).perform(request, now_ns)
        except (ConfigError, Unavailable) as error:
            return calls.not_sent(request, error.what)
        except APIError as error:
            return self._refused(request, error)
        except requests.RequestException as error:
            self._client = None  # the venue may have moved: ask anew where it is
            if _never_sent(error):
                return calls.not_sent(request, f"no connection: {_short(error)}")
            return calls.unknown(request, _short(error))
        except ValueError as error:  # JSON that is none, or says something else
            return calls.unknown(request, f"not understood: {_short(error)}")

    def close(self) -> None:
        """Close the session."""
        if self._client is not None:
            self._client._session.close()  # noqa: SLF001 alpaca-py has no public way

    @property
    def client(self) -> TradingClient:
        """Return the official client, set up as the module's rules say; raise ConfigError for any other host."""
        if self._client is None:
            self._client = client_for(self._find_broker(), self._timeouts_s, self._note_headers)
        return self._client

    def _refused(self, request: AnyRequest, error: APIError) -> AnyReply:
        status = error.status_code or 0
        headers = error.response.headers if status else {}
        return calls.refused(request, status=status, text=str(error), headers=headers, now_ns=self._clock.now_ns())

    def _note_headers(self, response: requests.Response) -> None:
        noted = calls.rate_noted(response.headers, self._clock.now_ns())
        if noted is not None:
            self._put(noted)


class _Adapter(HTTPAdapter):
    """Every call with (connect, read) timeouts, no retry of any kind."""

    def __init__(self, timeouts_s: tuple[float, float]) -> None:
        self._timeouts_s = timeouts_s
        super().__init__(max_retries=0, pool_connections=1, pool_maxsize=2)

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]  # noqa: ANN401 requests' own signature, shortened
        """Send with our timeouts, whatever the caller said."""
        return super().send(request, **{**options, "timeout": self._timeouts_s})


class _Session(requests.Session):
    """alpaca-py's session: what it asks goes straight to the adapter, and what is for browsers only is left away.

    No cookie is kept, nothing is merged or followed; a request costs two thirds, which is what eight at once wait for.
    """

    def __init__(self, url: str, adapter: HTTPAdapter, note: Callable[[requests.Response], None]) -> None:
        super().__init__()
        self.trust_env = False
        self.adapters.clear()
        self.mount(url + "/", adapter)
        self._note = note

    def request(self, method: str, url: str, **options: Any) -> requests.Response:  # type: ignore[override]  # noqa: ANN401 requests' own signature, shortened
        """Return the answer, read to its end; raise what requests raises."""
        asked = requests.PreparedRequest()
        asked.method, asked.url = method, _with_query(url, options.get("params"))
        asked.headers = CaseInsensitiveDict({**options.get("headers", {}), "Accept-Encoding": "gzip, deflate"})
        if options.get("json") is not None:
            asked.body = json.dumps(options["json"], allow_nan=False).encode()
            asked.headers.update({"Content-Type": "application/json", "Content-Length": str(len(asked.body))})
        response = self.get_adapter(url).send(asked)
        response.content  # noqa: B018 read here, so that what breaks while it comes is an error of this call
        self._note(response)
        return response


def _with_query(url: str, params: dict[str, Any] | None) -> str:
    return f"{url}?{urlencode(params)}" if params else url


def client_for(
    where: keys.Broker, timeouts_s: tuple[float, float], note: Callable[[requests.Response], None]
) -> TradingClient:
    """Return alpaca-py's client for paper or loopback; raise ConfigError for any other host."""
    url = keys.base_url(where.rest)
    client = TradingClient(where.keys.key_id, where.keys.secret, paper=True, raw_data=True, url_override=url)
    client._retry = 0  # noqa: SLF001 the only way to keep it from sending an order twice
    client._session = _Session(url, _Adapter(timeouts_s), note)  # noqa: SLF001 the only way to give it timeouts
    return client


def _never_sent(error: requests.RequestException) -> bool:
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NEVER_SENT)


def _short(error: Exception) -> str:
    return calls.shortened(told(error))


class Stream(TradingStream):
    """alpaca-py's stream of trade updates: its handshake, and frames as they come."""

    def __init__(self, where: keys.Broker) -> None:
        super().__init__(
            where.keys.key_id,
            where.keys.secret,
            paper=True,
            raw_data=True,
            url_override=where.updates,
            websocket_params=dict(SOCKET_PARAMS),
        )
        self.subscribe_trade_updates(_unused)  # it listens only if someone wants to hear

    async def start(self) -> None:
        """Connect, authenticate, ask to listen."""
        await self._start_ws()  # type: ignore[no-untyped-call]  # alpaca-py's own, without types

    async def frame(self) -> str | bytes:
        """Return the next frame; raise when the socket has ended."""
        socket: Any = self._ws
        found: str | bytes = await socket.recv()
        return found

    async def end(self) -> None:
        """Close the socket with a close frame, if it was open."""
        await self.close()


async def _unused(_: object) -> None:
    """Never called: the frames are read by router/updates.py."""
