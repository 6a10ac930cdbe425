"""news: listens to headlines, and measures what they are worth; it trades on them only when told to (`trade = true`).

Its useful part is done for every family: the blackout of sdk/blackout.py. Here each headline that is short of symbols,
new, and says good or bad by its words is watched for a minute. Only if the fair value itself has moved the same way by
one standard deviation does it follow: at most one trade a symbol and day, ten minutes, with a stop.
Groß-Klußmann & Hautsch (2011), Tetlock (2007): spreads and volatility react within seconds, direction hardly.
Beside each headline it measures the same at a moment when nothing was said, a quarter of an hour later: the control.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from hft.clock import NS_PER_MS, NS_PER_S
from strategies import base
from strategies.base import Condition, Side
from strategies.estimators.markouts import Markouts
from strategies.estimators.symbol import SymbolView
from strategies.models.lexicon import same_words, score
from strategies.sdk.session import new_york_midnight_ns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from strategies.sdk.desk import Desk

SEEN_MAX = 1_000
ECHOES_MAX = 100  # a symbol
RECENT = 20
HORIZONS_S = (1, 5, 30, 300)
ECHO_S = 900.0  # the control: the same sign, so much later
PAST_S = 60  # for so long the price before a headline is remembered, once a second
TOLD_S = 30


class Params(base.Params, frozen=True, kw_only=True):
    """Dollars, seconds, basis points, standard deviations (reference 7)."""

    DEMO: ClassVar[dict[str, Any]] = {"observe_min": 0.0, "warm_s": 2.0, "grid_s": 1.0}

    trade: bool = False  # false: it listens, and measures what headlines were worth
    news_blackout_s: float = 0.0  # it lives on headlines; halts and scheduled figures hold for it too
    symbols_max: int = 3  # a headline about more is about none
    same_text_s: float = 300.0  # the same words from another wire within so long are not new
    score_min: float = 0.5  # of the words, from -1 to 1
    window_s: float = 60.0  # in which the price must agree
    sigmas_min: float = 1.0  # of the fair value's move in 60 s
    error_bps_max: float = 2.0  # standard deviation of the fair value
    hold_s_max: float = 600.0
    stop_bps: float = 15.0  # against us: it is left
    order_usd: float = 1_000.0
    warm_s: float = 60.0  # watching first
    grid_s: float = 10.0  # volatility is sampled on this grid
    orders_per_min_max: int = 6


@dataclass(frozen=True, slots=True)
class Story:
    """A headline under watch: which way its words point, and where the fair value and its volatility were."""

    sign: int
    log_bps: float
    sigma_bps: float  # of a move in a minute
    heard_ns: int


class View(SymbolView):
    """One symbol: the story told of it, the position taken on it."""

    def __init__(self, symbol: str, params: Params) -> None:
        super().__init__(symbol, grid_s=params.grid_s)
        self.story: Story | None = None
        self.past: deque[tuple[int, float]] = deque(maxlen=PAST_S)
        self.past_ns = self.entered_ns = self.traded_day_ns = 0
        self.entry_px = 0.0

    def learn(self, quote: base.Quote, now_ns: int) -> bool:
        """Take a quote; remember the fair value once a second."""
        trusted = super().learn(quote, now_ns)
        if self.fair.is_known and now_ns >= self.past_ns:
            self.past_ns = now_ns + NS_PER_S
            self.past.append((now_ns, self.fair.log_bps))
        return trusted

    def before(self, time_ns: int) -> float:
        """Return the fair value (log, bps) at a time of the last minute."""
        known = [value for at_ns, value in self.past if at_ns <= time_ns]
        return known[-1] if known else self.past[0][1] if self.past else self.fair.log_bps

    @property
    def story_age_s(self) -> float:
        """Return the age of the story under watch; endless without one."""
        return (self.now_ns - self.story.heard_ns) / NS_PER_S if self.story else float("inf")

    @property
    def move_sigmas(self) -> float:
        """Return how far the fair value has gone the story's way since it was heard."""
        if self.story is None or not self.story.sigma_bps:
            return 0.0
        return self.story.sign * (self.fair.log_bps - self.story.log_bps) / self.story.sigma_bps

    @property
    def trades_today(self) -> int:
        """Return 1 when there was a trade this day."""
        return int(self.traded_day_ns == new_york_midnight_ns(self.now_ns))


class Seen:
    """What was heard already: ids, and texts with their times; the oldest are forgotten."""

    def __init__(self) -> None:
        self.ids: deque[str] = deque(maxlen=SEEN_MAX)
        self.texts: deque[tuple[int, str]] = deque(maxlen=SEEN_MAX)

    def is_new(self, news: base.News, same_text_s: float) -> bool:
        """Return whether neither this headline nor its words were heard before, and remember both.

        The feed tells everybody the last headlines again when somebody joins: those change nothing here. Remembered
        anew they would stand behind younger words, outlive their time, and push out ids that were heard once.
        """
        if news.id in self.ids:
            return False
        words, oldest_ns = same_words(news.headline), news.recv_ns - round(same_text_s * NS_PER_S)
        while self.texts and self.texts[0][0] < oldest_ns:
            self.texts.popleft()
        new = all(text != words for _, text in self.texts)
        self.ids.append(news.id)
        self.texts.append((news.recv_ns, words))
        return new


class Measured:
    """What headlines are worth: how late they come, what has moved by then, what moves after; and the control."""

    def __init__(self, symbols: tuple[str, ...]) -> None:
        self.heard = self.told = 0
        self.latencies_ms: deque[float] = deque(maxlen=RECENT)
        self.moved_bps: deque[float] = deque(maxlen=RECENT)
        self.after = {symbol: Markouts(HORIZONS_S) for symbol in symbols}
        self.control = {symbol: Markouts(HORIZONS_S) for symbol in symbols}
        self.echoes: dict[str, deque[tuple[int, int]]] = {symbol: deque(maxlen=ECHOES_MAX) for symbol in symbols}

    def take(self, view: View, sign: int, news: base.News) -> None:
        """Take a headline that points one way."""
        self.told += 1
        self.latencies_ms.append((news.recv_ns - news.created_ns) / NS_PER_MS)
        self.moved_bps.append(sign * (view.fair.log_bps - view.before(news.created_ns)))
        self.after[view.symbol].filled(sign, view.fair.px, news.recv_ns)
        self.echoes[view.symbol].append((news.recv_ns + round(ECHO_S * NS_PER_S), sign))

    def priced(self, view: View, now_ns: int) -> None:
        """Take the fair value now; begin the controls that are due."""
        echoes = self.echoes[view.symbol]
        while echoes and echoes[0][0] <= now_ns:
            self.control[view.symbol].filled(echoes.popleft()[1], view.fair.px, now_ns)
        for markouts in (self.after[view.symbol], self.control[view.symbol]):
            markouts.priced(view.fair.px, now_ns)

    def in_words(self) -> str:
        """Return how many, how late, and what moved before and after."""
        if not self.told:
            return f"{self.heard} headlines about our symbols, none pointed one way"
        late_ms, moved = sum(self.latencies_ms) / len(self.latencies_ms), sum(self.moved_bps) / len(self.moved_bps)
        after, control = _mean_bps(self.after), _mean_bps(self.control)
        return (
            f"{self.told} of {self.heard} headlines pointed one way, {late_ms:.0f} ms late, {moved:+.1f} bps gone by"
            f" then, {after:+.1f} bps in the next {TOLD_S} s ({control:+.1f} at other times)"
        )


def _mean_bps(markouts: dict[str, Markouts]) -> float:
    counts = {symbol: each.count(TOLD_S) for symbol, each in markouts.items()}
    total = sum(each.mean_bps(TOLD_S) * counts[symbol] for symbol, each in markouts.items())
    return total / max(sum(counts.values()), 1)


class News(base.Strategy[Params]):
    """One small position a symbol and day, behind a headline that the price agrees with."""

    idea = "measures headlines; follows one that the price agrees with, only when told to"

    def __init__(self, params: Params, desk: Desk) -> None:
        super().__init__(params, desk)
        self.views = {symbol: View(symbol, params) for symbol in desk.symbols}
        self.seen, self.measured = Seen(), Measured(desk.symbols)
        self.results: deque[float] = deque(maxlen=RECENT)
        self.table: tuple[Condition[View], ...] = (
            base.warming_up("warm", lambda v: v.warm_s, params.warm_s),
            Condition("told to trade", lambda _: float(params.trade), lambda _: 1.0, at_least=True),
            base.undisturbed(lambda v: desk.dark_s(v.symbol)),
            Condition("trades today", lambda v: v.trades_today, lambda _: 0.0),
            Condition("headline's age", lambda v: v.story_age_s, lambda _: params.window_s, "s"),
            Condition("move with it", lambda v: v.move_sigmas, base.wary(desk, params.sigmas_min), "sd", at_least=True),
            Condition("fair value error", lambda v: v.error_bps, lambda _: params.error_bps_max, "bps"),
        )

    @property
    def is_warm(self) -> bool:
        """Return whether any symbol has been watched for long enough."""
        return any(self.table[0].passes(view) for view in self.views.values())

    def on_news(self, news: base.News) -> Iterator[base.Message]:
        """Watch the symbols of a headline that is new, about few, and points one way."""
        ours = [self.views[symbol] for symbol in news.symbols if symbol in self.views]
        late = self.now_ns - news.recv_ns > self.params.late_after_ms * NS_PER_MS
        if not self.seen.is_new(news, self.params.same_text_s) or not ours or late:
            return iter(())
        self.measured.heard += 1
        value = score(news.headline)
        if abs(value) < self.params.score_min or len(news.symbols) > self.params.symbols_max:
            return iter(())
        for view in ours:
            if view.fair.is_known:
                sign = 1 if value > 0 else -1
                view.story = Story(sign, view.fair.log_bps, view.volatility.over_s(60.0), news.recv_ns)
                self.measured.take(view, sign, news)
        return iter(())

    def on_trade(self, trade: base.Trade) -> Iterator[base.Message]:
        """Let a print teach the fair value."""
        self.views[trade.symbol].learn_trade(trade)
        return iter(())

    def on_quote(self, quote: base.Quote) -> Iterator[base.Message]:
        """Learn and measure; leave when it is time; follow a headline when every condition holds."""
        view = self.views[quote.symbol]
        view.learn(quote, self.now_ns)
        if not view.fair.is_known:
            return
        self.measured.priced(view, self.now_ns)
        if not self.acting or not quote.is_two_sided or self.desk.orders.in_symbol(quote.symbol):
            return
        position = self.position(quote.symbol)
        if position:
            if self._is_over(view, position):
                yield from self.take(quote, Side.SELL if position > 0 else Side.BUY, abs(position))
        elif view.story and base.first_closed(self.table, view) is None:
            qty = max(1, int(self.params.order_usd * base.PX_PER_USD / view.fair.px))
            yield from self.take(quote, Side.BUY if view.story.sign > 0 else Side.SELL, qty)

    def _is_over(self, view: View, position: int) -> bool:
        held_s = (self.now_ns - view.entered_ns) / NS_PER_S
        sign = 1 if position > 0 else -1
        gain_bps = sign * (view.fair.px / view.entry_px - 1) * 1e4 if view.entry_px else 0.0
        late = held_s >= self.params.hold_s_max or not self.phase.takes_entries
        return late or gain_bps <= -self.params.stop_bps

    def on_report(self, report: base.ExecutionReport) -> Iterator[base.Message]:
        """Note entry and result; give up when twenty trades lost on average."""
        view = self.views[report.symbol]
        if not report.last_qty:
            return
        if report.position * report.side.sign > 0:
            view.entry_px, view.entered_ns = float(report.last_px), self.now_ns
            view.traded_day_ns = new_york_midnight_ns(self.now_ns)
        elif not report.position and view.entry_px:
            self.results.append(-report.side.sign * (report.last_px / view.entry_px - 1) * 1e4)
            mean = sum(self.results) / len(self.results)
            if len(self.results) == RECENT and mean < 0:
                yield from self.disable(f"its last {RECENT} trades lost {-mean:.1f} bps on average")

    def memory(self) -> dict[str, object]:
        """Return the views, what was heard, and what it was worth."""
        return {**self.views, "seen": self.seen, "measured": self.measured}

    def gates(self) -> tuple[base.Gate, ...]:
        """Return whether there are headlines, and every condition of every symbol."""
        told = self.desk.news or "not asked for"
        stream = base.Gate(name="news stream", value=told, threshold="connected", passed=told == "connected")
        return (stream, *(row.told(view, symbol) for symbol, view in self.views.items() for row in self.table))

    def why(self) -> str:
        """Return whether there are headlines, what they were worth, and what it holds or waits for."""
        held = [f"holds {qty} {symbol}" for symbol, qty in self.desk.orders.positions.items() if qty]
        news = self.desk.news
        stream = [] if news == "connected" else [f"no headlines: {news or 'the feed does not ask for them'}"]
        waits = (
            base.reasons(self.table, self.flat(self.views)) if self.params.trade else ["listens only (trade = false)"]
        )
        return "; ".join([*held, *stream, *waits, self.measured.in_words()])
