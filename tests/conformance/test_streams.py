"""StockDataStream and TradingStream, unmodified, parsed and raw."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from alpaca.data.live import NewsDataStream, StockDataStream
from alpaca.trading.client import TradingClient
from alpaca.trading.enums import OrderSide, TimeInForce
from alpaca.trading.requests import MarketOrderRequest
from alpaca.trading.stream import TradingStream

from tests.conformance.conftest import serve
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from venue.serve import Place

pytestmark = pytest.mark.e2e

WEBSOCKET = {"ping_interval": 5, "ping_timeout": 5, "max_queue": 1024, "close_timeout": 1}


@contextlib.contextmanager
def running(stream: Any, nudge: Callable[[], object] = int) -> Iterator[None]:  # noqa: ANN401 any stream of alpaca-py
    """Run a stream in a thread, and stop it as its documentation says; it notices when a message comes (`nudge`)."""
    thread = threading.Thread(target=stream.run, daemon=True)
    thread.start()
    until(lambda: stream._running, within_s=5, what="the stream runs")
    yield
    asyncio.run_coroutine_threadsafe(stream.stop_ws(), stream._loop).result(5)
    nudge()
    thread.join(8)
    assert not thread.is_alive()


@pytest.mark.parametrize("raw", [False, True])
def test_quotes_trades_and_a_late_subscription(account: Callable[[], Place], *, raw: bool) -> None:
    place = account()
    seen: list[Any] = []

    async def take(message: Any) -> None:  # noqa: ANN401 a model or a dict
        seen.append(message)

    stream = StockDataStream(place.key, place.secret, raw_data=raw, url_override=place.data, websocket_params=WEBSOCKET)
    stream.subscribe_quotes(take, "SPY")
    with running(stream):
        until(lambda: len(seen) >= 3, within_s=10, what="three quotes come")
        stream.subscribe_trades(take, "SPY", "AAPL")
        kinds: set[str] = set()

        def both() -> bool:
            kinds.update(_kind(message) for message in seen)
            return kinds >= {"q", "t"}

        until(both, within_s=30, what="trades come too")
    quote = next(message for message in seen if _kind(message) == "q")
    if raw:
        assert next(iter(quote)) == "T"
        assert (quote["S"], quote["bx"]) == ("SPY", "V")
        assert quote["t"].to_unix_nano() > 0
    else:
        assert (quote.symbol, quote.bid_exchange) == ("SPY", "V")
        assert 400 < quote.bid_price < 500
        assert quote.timestamp > datetime(2020, 1, 1, tzinfo=UTC)


def _kind(message: Any) -> str:  # noqa: ANN401 a model or a dict
    if isinstance(message, dict):
        return str(message["T"])
    return "q" if hasattr(message, "bid_price") else "t"


@pytest.mark.parametrize("raw", [False, True])
@pytest.mark.row("2.2/pending_new", "2.2/new", "2.2/fill")
def test_trade_updates_tell_the_life_of_an_order(account: Callable[[], Place], *, raw: bool) -> None:
    place = account()
    seen: list[Any] = []

    async def take(update: Any) -> None:  # noqa: ANN401 a model or a dict
        seen.append(update)

    stream = TradingStream(
        place.key, place.secret, raw_data=raw, url_override=place.updates, websocket_params=WEBSOCKET
    )
    stream.subscribe_trade_updates(take)
    client = TradingClient(place.key, place.secret, url_override=place.rest)
    request = MarketOrderRequest(symbol="SPY", qty=1, side=OrderSide.BUY, time_in_force=TimeInForce.DAY)
    with running(stream, lambda: client.submit_order(request)):
        client.submit_order(request)
        until(lambda: len(seen) >= 3, within_s=10, what="the order fills")
        life = seen[:3]
    client._session.close()
    if raw:
        assert [message["data"]["event"] for message in life] == ["pending_new", "new", "fill"]
        assert life[0]["stream"] == "trade_updates"
    else:
        assert [update.event for update in life] == ["pending_new", "new", "fill"]
        assert (life[2].qty, life[2].position_qty, life[2].order.symbol) == (1, 1, "SPY")


@pytest.mark.parametrize("raw", [False, True])
def test_news_comes_on_a_stream_of_its_own(*, raw: bool) -> None:
    process, place = serve(symbols=("SPY", "KO"), scenario="news", rate=20.0)
    seen: list[Any] = []

    async def take(news: Any) -> None:  # noqa: ANN401 a model or a dict
        seen.append(news)

    stream = NewsDataStream(place.key, place.secret, raw_data=raw, url_override=place.news, websocket_params=WEBSOCKET)
    stream.subscribe_news(take, "*")
    with running(stream):
        until(lambda: seen, within_s=15, what="a headline comes")
    process.terminate()
    assert process.wait(2) == 0
    assert process.stdout is not None
    process.stdout.close()
    if raw:
        assert set(seen[0]) == {
            *("T", "id", "headline", "summary", "author", "created_at", "updated_at"),
            *("url", "content", "symbols", "source"),
        }
    else:
        assert seen[0].symbols[0] in {"SPY", "KO"}
        assert seen[0].headline.startswith(seen[0].symbols[0])
