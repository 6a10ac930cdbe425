"""The generated market against table 9.1 of the strategy reference, its null worlds, and its determinism."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from hft.errors import ConfigError
from tests.venue.desk import at
from venue import market
from venue.generator import Generator
from venue.latent import Latent, World
from venue.rows import Luld, Nbbo, News, Print, Quote, Status
from venue.scenarios import SCENARIOS

if TYPE_CHECKING:
    from collections.abc import Callable

    from venue.rows import Row

START = at("2026-11-23T15:30:00Z")
SECOND = 1_000_000_000
SYMBOLS = ("SPY", "KO", "PEP", "IWM", "XLK", "AAPL")
SECONDS = 900

Floats = np.ndarray[Any, np.dtype[np.float64]]


def source(scenario: str = "calm", seed: int = 7, symbols: tuple[str, ...] = SYMBOLS) -> Generator:
    return Generator(seed=seed, symbols=symbols, start_ns=START, scenario=SCENARIOS[scenario])


@cache
def rows(scenario: str = "calm", seconds: int = SECONDS, symbols: tuple[str, ...] = SYMBOLS) -> tuple[Row, ...]:
    made = source(scenario, symbols=symbols)
    return tuple(row for second in range(seconds + 1) for row in made.until(START + second * SECOND))


@cache
def tops(symbol: str, scenario: str = "calm") -> Floats:
    """Return the NBBO: (n, 5) float, columns s, bid dollars, bid shares, ask dollars, ask shares."""
    found = [row for row in rows(scenario) if isinstance(row, Nbbo) and row.symbol == symbol]
    return np.array([((r.t_ns - START) / 1e9, r.bid_px / 1e4, r.bid_qty, r.ask_px / 1e4, r.ask_qty) for r in found])


@cache
def prints(symbol: str, scenario: str = "calm") -> Floats:
    """Return the prints: (n, 3) float, columns s, dollars, shares."""
    found = [row for row in rows(scenario) if isinstance(row, Print) and row.symbol == symbol]
    return np.array([((r.t_ns - START) / 1e9, r.px / 1e4, r.qty) for r in found])


def mids(symbol: str, step_s: float = 1.0, scenario: str = "calm") -> Floats:
    """Return the middle on a grid of time."""
    found = tops(symbol, scenario)
    index = np.searchsorted(found[:, 0], np.arange(0, SECONDS, step_s), side="right") - 1
    middle: Floats = (found[index, 1] + found[index, 3]) / 2
    return middle


def order_flow(symbol: str, step_s: float) -> Floats:
    """Return the order-flow imbalance of each step (Cont, Kukanov, Stoikov 2014, eq. 3)."""
    t, bid, bid_qty, ask, ask_qty = tops(symbol).T
    flow = np.zeros(len(t))
    flow[1:] = (
        (bid[1:] >= bid[:-1]) * bid_qty[1:]
        - (bid[1:] <= bid[:-1]) * bid_qty[:-1]
        - (ask[1:] <= ask[:-1]) * ask_qty[1:]
        + (ask[1:] >= ask[:-1]) * ask_qty[:-1]
    )
    index = np.searchsorted(t, np.arange(0, SECONDS, step_s), side="right") - 1
    return np.diff(np.cumsum(flow)[index])


def r_squared(x: Floats, y: Floats) -> float:
    return float(np.corrcoef(x, y)[0, 1] ** 2)


def signed_volume(symbol: str, step_s: float) -> Floats:
    """Return the trade imbalance of each step, signed by the quote rule."""
    t, px, qty = prints(symbol).T
    top = tops(symbol)
    middle = (top[:, 1] + top[:, 3]) / 2
    before = middle[np.maximum(np.searchsorted(top[:, 0], t, side="left") - 1, 0)]
    total = np.concatenate([[0.0], np.cumsum(np.sign(px - before) * qty)])
    return np.diff(total[np.searchsorted(t, np.arange(0, SECONDS, step_s))])


@pytest.mark.parametrize("symbol", ["SPY", "KO", "AAPL"])
def test_order_flow_explains_the_same_ten_seconds_better_than_trades_do(symbol: str) -> None:
    moves = np.diff(mids(symbol, 10))
    by_flow, by_trades = r_squared(order_flow(symbol, 10), moves), r_squared(signed_volume(symbol, 10), moves)
    assert 0.40 < by_flow < 0.97
    assert 0.02 < by_trades < 0.75
    assert by_flow > by_trades


@pytest.mark.parametrize("symbol", ["SPY", "KO", "AAPL"])
def test_order_flow_hardly_foretells_the_next_second(symbol: str) -> None:
    assert r_squared(order_flow(symbol, 1)[:-1], np.diff(mids(symbol))[1:]) < 0.03


@pytest.mark.parametrize("symbol", ["SPY", "PEP", "AAPL"])
def test_trades_come_in_clusters(symbol: str) -> None:
    waits = np.diff(prints(symbol)[:, 0])
    assert 1.4 < waits.std() / waits.mean() < 3.5


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_the_spread_is_mostly_one_tick(symbol: str) -> None:
    ticks = np.round((tops(symbol)[:, 3] - tops(symbol)[:, 1]) * 100)
    assert 0.6 < np.mean(ticks == 1) < 0.95
    assert np.mean(ticks >= 3) < 0.05
    assert ticks.min() >= 1


@pytest.mark.parametrize("symbol", ["SPY", "PEP", "IWM", "AAPL"])
def test_returns_are_close_to_a_random_walk(symbol: str) -> None:
    moves = np.diff(mids(symbol))
    assert abs(np.corrcoef(moves[1:], moves[:-1])[0, 1]) < 0.15
    ratio = np.diff(mids(symbol, 20)).var() / (20 * moves.var())
    assert 0.5 < ratio < 2.0


def hayashi_yoshida(leader: Floats, follower: Floats, lag_s: float) -> float:
    """Return the Hayashi-Yoshida covariance of two irregular paths, the follower moved back by a lag.

    Both are (n, 2) float, columns s, log price. Every overlapping pair of moves counts once (Hayashi, Yoshida 2005).
    """
    t, x = leader.T
    s, y = follower[:, 0] - lag_s, follower[:, 1]
    ends = np.minimum(np.searchsorted(s, t[1:], side="left"), len(s) - 1)
    begins = np.maximum(np.searchsorted(s, t[:-1], side="right") - 1, 0)
    return float(np.sum(np.diff(x) * (y[ends] - y[begins])))


def path(symbol: str, scenario: str = "calm") -> Floats:
    """Return the moves of a middle: (n, 2) float, columns s, log price."""
    found = tops(symbol, scenario)
    middle = np.log((found[:, 1] + found[:, 3]) / 2)
    moved = np.concatenate([[True], np.diff(middle) != 0])
    return np.column_stack([found[moved, 0], middle[moved]])


def test_the_lead_of_the_market_is_found_by_hayashi_and_yoshida() -> None:
    lags = np.round(np.arange(-2.0, 2.01, 0.1), 1)
    covariances = [hayashi_yoshida(path("SPY"), path("IWM"), lag) for lag in lags]
    best = float(lags[int(np.argmax(covariances))])
    assert 0.6 <= best <= 1.2
    forward = sum(c**2 for lag, c in zip(lags, covariances, strict=True) if lag > 0)
    backward = sum(c**2 for lag, c in zip(lags, covariances, strict=True) if lag < 0)
    assert forward > 3 * backward


def latent_spread(world: World) -> Floats:
    """Return a session of the pair's latent log spread, one value a second, in bps."""
    latent = Latent(11, ("KO", "PEP"), world)
    found = []
    for step in range(234_000):
        latent.step(0.5, {})
        if step % 10 == 0:
            found.append((latent.logs["PEP"] - latent.logs["KO"]) * 1e4)
    return np.array(found)


def test_the_pair_is_cointegrated_with_its_half_life_and_a_broken_pair_is_not() -> None:
    whole, broken = latent_spread(World()), latent_spread(SCENARIOS["null"].world)
    centred = whole - whole.mean()
    kept = float(np.dot(centred[10:], centred[:-10]) / np.dot(centred[:-10], centred[:-10]))
    assert 5.5 < whole.std() < 10.5
    assert 150 < 10 * np.log(0.5) / np.log(kept) < 450
    assert broken.std() > 3 * whole.std()


def test_the_traded_pair_stays_together() -> None:
    spread = (np.log(mids("PEP")) - np.log(mids("KO"))) * 1e4
    assert 2 < spread.std() < 14


def test_the_fund_keeps_close_to_its_basket() -> None:
    latent = Latent(5, ("XLK",), World())
    premium = []
    for _ in range(60_000):
        latent.step(0.5, {})
        basket = sum(latent.logs[name] for name in ("AAPL", "MSFT", "NVDA")) / 3
        premium.append((latent.logs["XLK"] - basket) * 1e4)
    assert 1.2 < np.std(premium) < 1.8


def test_the_null_world_shows_nothing_where_there_is_nothing() -> None:
    market_moves = np.diff(np.log(mids("SPY", 0.2, "null")))
    moves = np.diff(np.log(mids("IWM", 0.2, "null")))
    lags = [abs(float(np.corrcoef(moves[10:], np.roll(market_moves, lag)[10:])[0, 1])) for lag in range(9)]
    assert max(lags) < 0.06


def test_volatility_is_u_shaped_over_the_session() -> None:
    latent = Latent(5, ("SPY",), World())
    moves: dict[float, list[float]] = {0.02: [], 0.5: [], 0.98: []}
    for x, found in moves.items():
        for _ in range(4_000):
            before = latent.logs["SPY"]
            latent.step(x, {})
            found.append(latent.logs["SPY"] - before)
    morning, noon, evening = (np.std(found) for found in moves.values())
    assert morning > 1.5 * noon
    assert evening > 1.3 * noon


def test_iex_shows_less_than_the_market() -> None:
    found = rows()
    quotes = [row for row in found if isinstance(row, Quote)]
    assert 1 < len(quotes) / SECONDS / len(SYMBOLS) < 5
    published = sum(row.published for row in found if isinstance(row, Print))
    assert 0.1 < published / sum(isinstance(row, Print) for row in found) < 0.2


def test_the_poor_view_of_iex_is_poorer() -> None:
    def gap(scenario: str) -> tuple[float, float]:
        best: dict[str, Nbbo] = {}
        wide, count = 0.0, 0
        for row in rows(scenario, 120, ("SPY",)):
            if isinstance(row, Nbbo):
                best[row.symbol] = row
            elif isinstance(row, Quote) and row.bid_px and row.ask_px:
                wide += (row.ask_px - row.bid_px) - (best["SPY"].ask_px - best["SPY"].bid_px)
                count += 1
        return wide / count, count

    good, poor = gap("calm"), gap("poor")
    assert poor[0] > 4 * good[0]
    assert poor[1] < good[1] / 3


def maker_edge(toxic: float) -> float:
    """Return what a maker keeps of each print after five seconds, in ticks."""
    scenario = SCENARIOS["calm"]
    flow = type(scenario.flow)(toxic=toxic)
    made = Generator(
        seed=3, symbols=("AAPL",), start_ns=START, scenario=type(scenario)(world=scenario.world, flow=flow)
    )
    best: list[tuple[int, float]] = []
    trades: list[tuple[int, int, float]] = []
    for second in range(400):
        for row in made.until(START + second * SECOND):
            if isinstance(row, Nbbo):
                best.append((row.t_ns, (row.bid_px + row.ask_px) / 200))
            elif isinstance(row, Print):
                trades.append((row.t_ns, row.qty, row.px / 100))
    times, middles = np.array([t for t, _ in best]), np.array([mid for _, mid in best])
    stamps, px = np.array([t for t, _, _ in trades]), np.array([p for _, _, p in trades])
    before = middles[np.maximum(np.searchsorted(times, stamps, side="left") - 1, 0)]
    after = middles[np.minimum(np.searchsorted(times, stamps + 5 * SECOND), len(times) - 1)]
    return float(np.mean(np.sign(px - before) * (px - after)))


def test_the_more_informed_the_flow_the_less_a_maker_keeps() -> None:
    edges = [maker_edge(toxic) for toxic in (0.0, 0.5, 1.0)]
    assert edges[0] > edges[1] > edges[2]
    assert edges[2] < 0


def test_headlines_move_their_prices_as_they_say() -> None:
    found = rows("news", 400, ("SPY", "AAPL", "KO"))
    told = [row for row in found if isinstance(row, News)]
    assert len(told) >= 10
    agreed = 0
    for news in told[:-1]:
        name = news.symbols[0]
        path = [(row.t_ns, row.bid_px) for row in found if isinstance(row, Nbbo) and row.symbol == name]
        before = next(px for t, px in reversed(path) if t <= news.t_ns)
        after = next((px for t, px in path if t >= news.t_ns + 12 * SECOND), before)
        good = any(word in news.headline for word in ("beats", "raises", "wins", "upgraded"))
        agreed += (after > before) == good
    assert agreed / len(told[:-1]) > 0.6


def test_a_halt_stops_quotes_and_prints_and_ends() -> None:
    found = [row for row in rows("halt", 150, ("SPY", "KO")) if getattr(row, "symbol", "") == "SPY"]
    statuses = [row for row in found if isinstance(row, Status)]
    assert [(row.status_code, row.halted) for row in statuses] == [("H", True), ("T", False)]
    begin, end = (row.t_ns for row in statuses)
    assert end - begin == 60 * SECOND
    assert not [row for row in found if begin < row.t_ns < end]


def test_a_crash_runs_into_its_band_and_is_paused() -> None:
    found = rows("crash", 200, ("SPY",))
    statuses = [row for row in found if isinstance(row, Status)]
    assert [row.reason_code for row in statuses] == ["LUDP"]
    last = [row for row in found if isinstance(row, Luld)][-1]
    assert last.down_px < last.up_px
    falling = [row.bid_px for row in found if isinstance(row, Nbbo)]
    assert falling[-1] < 0.97 * falling[0]


@pytest.mark.parametrize("scenario", sorted(SCENARIOS))
def test_prices_are_whole_ticks_never_crossed_and_in_time_order(scenario: str) -> None:
    last = 0
    for row in rows(scenario, 60, ("SPY", "KO")):
        assert row.t_ns >= last
        last = row.t_ns
        if isinstance(row, Nbbo):
            assert 0 < row.bid_px < row.ask_px
            assert row.bid_px % 100 == row.ask_px % 100 == 0
            assert min(row.bid_qty, row.ask_qty) > 0


def digest(step_ns: int, events_max: int) -> str:
    made, hasher, count = source(), hashlib.sha256(), 0
    for step in range(10_000):
        for row in made.until(START + step * step_ns):
            hasher.update(repr(row).encode())
            count += 1
            if count == events_max:
                return hasher.hexdigest()
    raise AssertionError(count)


GOLDEN = "88069d017f1520dac6eb0fade71493c6cf34707435d2c5be53e32fe8a3511d7d"


def test_the_same_seed_gives_the_same_rows_however_often_one_asks() -> None:
    assert digest(SECOND, 5_000) == digest(7_000_001, 5_000) == GOLDEN


def test_another_seed_gives_another_market() -> None:
    first = [row for row in source(seed=1).until(START + 10 * SECOND) if isinstance(row, Print)]
    second = [row for row in source(seed=2).until(START + 10 * SECOND) if isinstance(row, Print)]
    assert first != second


def test_switching_one_relation_off_moves_no_other_symbol() -> None:
    def spy(scenario: str) -> list[Row]:
        return [row for row in rows(scenario, 60, ("SPY", "IWM")) if getattr(row, "symbol", "") == "SPY"]

    assert spy("calm") == spy("null")


def test_outside_the_session_nothing_trades() -> None:
    night = at("2026-11-24T03:00:00Z")
    made = Generator(seed=7, symbols=("SPY",), start_ns=night, scenario=SCENARIOS["calm"])
    assert list(made.until(night + SECOND)) == []
    assert made.next_ns() == at("2026-11-24T14:30:00Z")
    always = Generator(seed=7, symbols=("SPY",), start_ns=night, scenario=SCENARIOS["calm"], always=True)
    assert list(always.until(night + SECOND)) != []


def test_it_goes_on_from_the_last_prices_of_an_earlier_run() -> None:
    made = Generator(seed=7, symbols=("SPY",), start_ns=START, scenario=SCENARIOS["calm"], start_px={"SPY": 500.0})
    first = next(row for row in made.until(START + SECOND) if isinstance(row, Nbbo))
    assert abs(first.bid_px / 10_000 - 500) < 0.05


def test_any_ticker_can_be_traded_and_nonsense_cannot() -> None:
    build: Callable[..., Any] = market.generator
    options = {"seed": 1, "start_ns": START, "start_px": {}, "always": False}
    assert build(symbols=("TSLA", "BRK.B"), scenario="calm", **options).symbols == ("TSLA", "BRK.B")
    with pytest.raises(ConfigError, match="not a US equity symbol"):
        build(symbols=("spy",), scenario="calm", **options)
    with pytest.raises(ConfigError, match="no scenario 'clam'"):
        build(symbols=("SPY",), scenario="clam", **options)
