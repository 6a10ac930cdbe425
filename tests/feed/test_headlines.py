"""The news socket as messages in and messages out: numbered headlines, an outage told once, ticks untouched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from feed.core import FeedCore
from feed.frames import decode
from feed.headlines import HEADLINE_CHARS_MAX, KEPT_MAX, NewsDesk
from feed.lines import Closed, Frame, NewsClosed, NewsFrame, NewsReconnect
from hft.events import FeedDisconnected, NewsReceived, NewsUnavailable
from hft.messages import FeedState, News, Subscribed, Ticks
from hft.words import Health
from tests.feed.server import pack, quote, stamp
from tests.feed.test_core import MONDAY_OPEN_NS, SUBSCRIBED, S

if TYPE_CHECKING:
    from hft.actor import Output
    from hft.messages import Message

NEWS_SUBSCRIBED = {"T": "subscription", "news": ["SPY", "QQQ"]}
NOW_NS = MONDAY_OPEN_NS


def headline(number: int, *symbols: str, text: str = "SPY is upgraded", at_ns: int = NOW_NS) -> dict[str, Any]:
    return {
        "T": "n", "id": number, "headline": text, "summary": "", "author": "a", "created_at": stamp(at_ns),
        "updated_at": stamp(at_ns), "url": None, "content": "", "symbols": list(symbols or ("SPY",)), "source": "wire",
    }  # fmt: skip


def read(*messages: dict[str, Any], at_ns: int = NOW_NS) -> NewsFrame:
    parts, malformed, unknown = decode(pack(*messages))
    return NewsFrame(parts=tuple(parts), recv_ns=at_ns, malformed=malformed, unknown=unknown)


def core() -> FeedCore:
    news = NewsDesk(epoch=3, symbols=("SPY", "QQQ"))
    made = FeedCore(epoch=3, symbols=("SPY", "QQQ"), mute_after_ms=15_000, news=news)
    parts, *_ = decode(pack(SUBSCRIBED))
    tell(made, Frame(parts=tuple(parts), recv_ns=NOW_NS))
    return made


def tell(made: FeedCore, message: Message, now_ns: int = NOW_NS) -> list[Output]:
    return list(made.handle(message, now_ns))


def connected() -> FeedCore:
    made = core()
    tell(made, read(NEWS_SUBSCRIBED))
    return made


def test_a_headline_goes_out_numbered_and_into_the_record() -> None:
    news, event = tell(connected(), read(headline(71, "SPY", "IBM", at_ns=NOW_NS - S), at_ns=NOW_NS))
    assert news == News(
        epoch=3,
        seq=1,
        id="71",
        symbols=("SPY", "IBM"),
        headline="SPY is upgraded",
        source="wire",
        created_ns=NOW_NS - S,
        recv_ns=NOW_NS,
    )
    assert isinstance(event, NewsReceived)
    assert (event.id, event.created_ns, event.recv_ns) == ("71", NOW_NS - S, NOW_NS)


def test_headlines_count_on_their_own_and_a_long_one_is_cut() -> None:
    made = connected()
    found = [
        message
        for number in range(3)
        for message in tell(made, read(headline(number, text="x" * 900)))
        if isinstance(message, News)
    ]
    assert [news.seq for news in found] == [1, 2, 3]
    assert {len(news.headline) for news in found} == {HEADLINE_CHARS_MAX}


def test_a_headline_about_others_is_none_of_ours() -> None:
    assert tell(connected(), read(headline(1, "IBM"))) == []


def test_a_headline_without_a_time_is_counted_and_dropped() -> None:
    bad = headline(1) | {"created_at": "yesterday"}
    made = connected()
    assert [type(message) for message in tell(made, read(bad, headline(2)))] == [News, NewsReceived]


def test_who_joins_late_is_told_the_last_five_minutes_again_under_new_numbers() -> None:
    made = connected()
    tell(made, read(headline(1), at_ns=NOW_NS))
    tell(made, read(headline(2), at_ns=NOW_NS + 100 * S))
    out = tell(made, Subscribed(stream="ticks", topic="#news"), NOW_NS + 350 * S)
    assert [(m.id, m.seq, m.recv_ns) for m in out if isinstance(m, News)] == [("2", 3, NOW_NS + 100 * S)]
    assert not [m for m in tell(made, Subscribed(stream="ticks", topic="SPY")) if isinstance(m, News)]


def test_what_is_kept_for_late_joiners_is_bounded() -> None:
    made = connected()
    for number in range(3 * KEPT_MAX):
        tell(made, read(headline(number)))
    assert sum(isinstance(m, News) for m in tell(made, Subscribed(stream="ticks", topic="#news"))) == KEPT_MAX


@pytest.mark.parametrize("reason", ["insufficient subscription", "connection limit exceeded", "nobody there"])
def test_an_outage_is_told_once_and_the_ticks_go_on(reason: str) -> None:
    made = core()
    told: list[Output] = []
    for second in range(0, 120, 2):
        now_ns = NOW_NS + second * S
        told += tell(made, NewsClosed(reason=reason, retry_ms=2_000), now_ns)
        told += list(made.wake(now_ns))
    assert [m for m in told if isinstance(m, NewsUnavailable)] == [NewsUnavailable(reason=reason)]
    assert not [m for m in told if isinstance(m, FeedDisconnected)]
    report = made.report(NOW_NS)
    assert report.state is Health.READY
    assert report.note.endswith(f"; no headlines: {reason}")
    parts, *_ = decode(pack(quote("SPY", 1, 2)))
    assert [type(m) for m in tell(made, Frame(parts=tuple(parts), recv_ns=NOW_NS))] == [Ticks]


def test_a_new_connection_ends_an_outage_and_the_next_one_is_told_again() -> None:
    made = core()
    tell(made, NewsClosed(reason="no", retry_ms=0))
    back = tell(made, read(NEWS_SUBSCRIBED))
    assert [m.news for m in back if isinstance(m, FeedState)] == ["connected"]
    (event, state) = tell(made, NewsClosed(reason="no again", retry_ms=0))
    assert event == NewsUnavailable(reason="no again")
    assert isinstance(state, FeedState)
    assert state.news == "no again"


def test_a_short_break_is_not_told() -> None:
    made = connected()
    tell(made, NewsClosed(reason="broke off", retry_ms=500), NOW_NS + 60 * S)
    out = list(made.wake(NOW_NS + 61 * S))
    tell(made, read(NEWS_SUBSCRIBED, at_ns=NOW_NS + 62 * S), NOW_NS + 62 * S)
    out += list(made.wake(NOW_NS + 80 * S))
    assert not [m for m in out if isinstance(m, NewsUnavailable)]


def test_an_error_on_the_socket_asks_for_a_new_one_of_its_own_kind() -> None:
    (message,) = tell(connected(), read({"T": "error", "code": 500, "msg": "internal error"}))
    assert message == NewsReconnect(reason="the news stream said 500 internal error")


def test_half_an_hour_of_silence_in_the_session_is_suspicious() -> None:
    made = connected()
    assert not [m for m in made.wake(NOW_NS + 1_700 * S) if isinstance(m, NewsReconnect)]
    assert [m for m in made.wake(NOW_NS + 1_801 * S) if isinstance(m, NewsReconnect)]


def test_without_the_wish_for_headlines_nothing_is_said_of_them() -> None:
    made = FeedCore(epoch=3, symbols=("SPY",), mute_after_ms=15_000)
    (state,) = tell(made, Closed(reason="x", retry_ms=5))
    assert isinstance(state, FeedState)
    assert state.news == ""
    assert "headlines" not in made.report(NOW_NS).counters
