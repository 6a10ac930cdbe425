"""ml learns what is there to learn and nothing else: true labels, shuffled labels, and features that peek."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from hft.clock import NS_PER_S
from hft.messages import Quote, Trade
from strategies.estimators.ftrl import Ftrl, log_loss
from strategies.estimators.platt import Platt
from strategies.ml import FEATURES, Params, View
from tests.strategies.arena import tape

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

AHEAD_NS = 5 * 10**9
TAPE = "nasdaq-2012-06-21-AAPL-AMZN.csv.gz"


class Recording(View):
    """A view that notes the features it predicted from."""

    def __init__(self, symbol: str, params: Params) -> None:
        super().__init__(symbol, params)
        self.notes: list[tuple[int, tuple[float, ...], float]] = []

    def _predict(self, features: tuple[float, ...]) -> None:
        self.notes.append((self.now_ns, features, self.fair.log_bps))
        super()._predict(features)


@pytest.fixture(scope="module")
def notes(data_file: Callable[[str], Path]) -> list[tuple[int, tuple[float, ...], float]]:
    """Give what ml saw of AMZN in one real session, once a second."""
    view = Recording("AMZN", Params())
    for now_ns, tick in tape(data_file(TAPE), ("AMZN",)):
        if isinstance(tick, Quote):
            view.learn(tick, now_ns)
        elif isinstance(tick, Trade):
            view.learn_trade(tick)
    return view.notes


def examples(
    notes: list[tuple[int, tuple[float, ...], float]], *, peek: bool = False
) -> list[tuple[tuple[float, ...], int]]:
    """Return features and labels; `peek`: the features of the time at which the label is known."""
    found, later = [], 0
    for now_ns, features, level in notes:
        while later < len(notes) and notes[later][0] < now_ns + AHEAD_NS:
            later += 1
        if later < len(notes) and notes[later][2] != level:
            found.append((notes[later][1] if peek else features, int(notes[later][2] > level)))
    return found


def auc(data: list[tuple[tuple[float, ...], int]]) -> float:
    """Return the area under the curve of FTRL's predictions, each made before its label was learnt."""
    model = Ftrl(len(FEATURES), l1=1.0)
    scored = sorted((model.learn(features, label), label) for features, label in data)
    ones = sum(label for _, label in scored)
    ranks = sum(rank for rank, (_, label) in enumerate(scored, 1) if label)
    return (ranks - ones * (ones + 1) / 2) / (ones * (len(scored) - ones))


def test_it_finds_in_a_real_session_what_the_literature_finds(
    notes: list[tuple[int, tuple[float, ...], float]],
) -> None:
    assert auc(examples(notes)) == pytest.approx(0.61, abs=0.04)


def test_shuffled_labels_teach_nothing(notes: list[tuple[int, tuple[float, ...], float]]) -> None:
    data = examples(notes)
    labels = [label for _, label in data]
    random.Random(1).shuffle(labels)
    shuffled = [(features, label) for (features, _), label in zip(data, labels, strict=True)]
    assert auc(shuffled) == pytest.approx(0.5, abs=0.03)


def test_features_that_peek_are_much_too_good_which_is_how_a_leak_would_look(
    notes: list[tuple[int, tuple[float, ...], float]],
) -> None:
    assert auc(examples(notes, peek=True)) > auc(examples(notes)) + 0.1


def test_the_rolling_sums_are_those_of_the_window() -> None:
    view, rng = View("SPY", Params(loss_window=50)), random.Random(5)
    for _ in range(500):
        label = int(rng.random() < 0.4)
        view._note(log_loss(rng.uniform(0.1, 0.9), label), label)
    assert view.ones == sum(label for _, label in view.losses)
    assert view.loss_sum == pytest.approx(sum(loss for loss, _ in view.losses), rel=1e-12)


def test_a_label_is_learnt_only_when_its_horizon_has_come() -> None:
    view = View("SPY", Params(ahead_s=5.0, sample_s=1.0))
    for second in range(6):
        now_ns = second * 10**9 + 1
        px = 4_500_000 + 100 * second
        view.learn(
            Quote(symbol="SPY", exch_ns=now_ns, recv_ns=now_ns, bid_px=px, bid_qty=1, ask_px=px + 100, ask_qty=1),
            now_ns,
        )
        assert view.model.seen == (second == 5)


def test_platts_scaling_makes_a_margin_mean_its_probability() -> None:
    rng, platt = random.Random(3), Platt(window=4_000, every=1_000)
    for _ in range(4_000):
        margin = rng.gauss(0, 2)
        platt.learn(margin, int(rng.random() < 0.5 + 0.3 * (margin > 0) - 0.3 * (margin < 0)))
    assert platt.probability(2.0) == pytest.approx(0.83, abs=0.06)
    assert platt.probability(0.0) == pytest.approx(0.5, abs=0.03)


def test_platts_scaling_stays_finite_when_all_labels_agree() -> None:
    platt = Platt(every=50)
    for _ in range(50):
        platt.learn(1.0, 1)
    assert 0.9 < platt.probability(1.0) < 1.0
    assert log_loss(platt.probability(1.0), 0) < 10


def quote_of_spy(second: float, px: int) -> tuple[Quote, int]:
    now_ns = 1_795_446_300 * NS_PER_S + round(second * NS_PER_S)
    quote = Quote(symbol="SPY", exch_ns=now_ns, recv_ns=now_ns, bid_px=px, bid_qty=1, ask_px=px + 100, ask_qty=1)
    return quote, now_ns


def test_a_move_across_a_hole_is_no_move_of_five_seconds() -> None:
    view = View("SPY", Params())
    for second in range(120):
        view.learn(*quote_of_spy(second, 4_500_000 + 300 * (second % 7)))
    learnt = (view.move.mean, view.model.seen, len(view.losses), view.platt.probability(1.0))
    assert view.waiting
    assert view.model.seen > 50
    view.learn(*quote_of_spy(119 + 300, 4_590_000))
    assert (view.move.mean, view.model.seen, len(view.losses), view.platt.probability(1.0)) == learnt
    assert len(view.waiting) == 1


def test_a_symbol_that_is_quoted_every_nine_seconds_still_teaches() -> None:
    view = View("SPY", Params())
    for step in range(20):
        view.learn(*quote_of_spy(9 * step, 4_500_000 + 300 * (step % 7)))
    assert view.model.seen == 19
