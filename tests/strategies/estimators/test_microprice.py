"""The micro-price against an oracle, a book whose law is known, and a real one."""

from __future__ import annotations

import csv
import gzip
import itertools
import random
from typing import TYPE_CHECKING

import numpy as np
import pytest

from strategies.estimators.microprice import BINS, MicroPrice, state_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import numpy.typing as npt

TICK = 100
Book = tuple[int, int, int, int]


def books(seed: int, count: int = 20_000, *, tells: bool = True) -> Iterator[Book]:
    """Return books one tick wide, now and then two; the heavier side pushes the price, or (null) it does not."""
    rng = random.Random(seed)
    bid, weight, wide = 1_000_000, 0.5, 1
    for _ in range(count):
        weight = min(max(weight + rng.gauss(0, 0.15), 0.01), 0.99)
        if rng.random() < 0.1:
            wide = 3 - wide
        if rng.random() < 0.05:
            up = rng.random() < (weight if tells else 0.5)
            bid += TICK if up else -TICK
            weight = rng.random()
        yield bid, round(1_000 * weight) + 1, bid + wide * TICK, round(1_000 * (1 - weight)) + 1


def fitted(seed: int, **law: bool) -> MicroPrice:
    made = MicroPrice(tick=TICK)
    for book in books(seed, **law):
        made.add(*book)
    made.fit()
    return made


def corrections(made: MicroPrice, spread: int = 1) -> list[float]:
    """Return the correction of each bin of imbalance."""
    return [made.correction(2 * i + 1, 2 * BINS - 2 * i - 1, spread) for i in range(BINS)]


def oracle(made: Iterator[Book]) -> list[float]:
    """Return the corrections at one tick's spread by matrices, from both sides' transitions, to the last term."""
    size = 2 * BINS
    stay: npt.NDArray[np.float64] = np.zeros((size, size))
    land, step = np.zeros((size, size)), np.zeros(size)
    seen = [(b, q, a, p) for b, q, a, p in made]
    for one, two in itertools.pairwise(seen):
        for flip in (False, True):
            i, j = (place(book, flip=flip) for book in (one, two))
            move = (two[0] + two[2] - one[0] - one[2]) / 2 / TICK * (-1 if flip else 1)
            (land if move else stay)[i, j] += 1
            step[i] += move
    total = stay.sum(axis=1) + land.sum(axis=1)
    inverse = np.linalg.inv(np.eye(size) - stay / total[:, None])
    first, power = inverse @ (step / total), inverse @ (land / total[:, None])
    found = sum(np.linalg.matrix_power(power, n) @ first for n in range(60))
    return [float(value) for value in np.asarray(found)[:BINS]]


def place(book: Book, *, flip: bool) -> int:
    bid, bid_qty, ask, ask_qty = book
    at = min(int(BINS * bid_qty / (bid_qty + ask_qty)), BINS - 1)
    return (BINS - 1 - at if flip else at) + BINS * ((ask - bid) // TICK - 1)


def test_it_agrees_with_an_oracle_that_takes_every_term() -> None:
    assert corrections(fitted(1)) == pytest.approx(oracle(books(1)), abs=0.002)


def test_a_heavier_bid_lifts_it_and_both_sides_are_alike() -> None:
    found = corrections(fitted(2))
    assert found == sorted(found)
    assert found == pytest.approx([-value for value in reversed(found)])
    assert 0.1 < found[-1] < 1.0


def test_where_the_imbalance_tells_nothing_there_is_no_correction() -> None:
    assert max(map(abs, corrections(fitted(3, tells=False)))) < 0.06


def test_before_a_fit_and_for_unknown_books_it_corrects_nothing() -> None:
    made = MicroPrice(tick=TICK)
    assert made.correction(3, 1, 1) == 0.0
    made.fit()
    assert (made.correction(3, 1, 7), made.correction(0, 0, 1)) == (0.0, 0.0)


def test_books_that_are_never_left_are_no_trouble() -> None:
    made = MicroPrice(tick=TICK)
    for _ in range(5):
        made.add(1_000_000, 3, 1_000_100, 1)
    made.fit()
    assert made.correction(3, 1, 1) == 0.0


def test_a_crossed_empty_or_wide_book_breaks_the_chain() -> None:
    for broken in ((1_000_100, 1, 1_000_000, 1), (0, 0, 0, 0), (1_000_000, 1, 1_000_900, 1)):
        made = MicroPrice(tick=TICK)
        for book in ((1_000_000, 9, 1_000_100, 1), broken, (1_000_100, 9, 1_000_200, 1)):
            made.add(*book)
        made.fit()
        assert made.correction(9, 1, 1) == 0.0


def test_states_are_ten_bins_and_the_last_holds_its_upper_end() -> None:
    assert [state_of(qty, 10 - qty, 1).bin for qty in (0, 1, 5, 9, 10)] == [0, 1, 5, 9, 9]


def test_real_books_of_expensive_shares_are_too_wide_for_it(data_file: Callable[[str], Path]) -> None:
    made = MicroPrice(tick=TICK)
    with gzip.open(data_file("nasdaq-2012-06-21-AAPL-AMZN.csv.gz"), "rt", newline="") as rows:
        for row in csv.DictReader(rows):
            if row["symbol"] == "AAPL" and row["kind"] == "q":
                made.add(*(int(row[name] or 0) for name in ("bid_px", "bid_qty", "ask_px", "ask_qty")))
    assert made.books > 50_000
    assert not made.is_usable


def test_on_a_real_national_best_book_the_correction_follows_the_imbalance(data_file: Callable[[str], Path]) -> None:
    made = MicroPrice(tick=TICK)
    with gzip.open(data_file("taq-2018-01-02-XXX-iex-nbbo.csv.gz"), "rt", newline="") as rows:
        for row in csv.DictReader(rows):
            if row["kind"] == "n":
                made.add(*(int(row[name] or 0) for name in ("bid_px", "bid_qty", "ask_px", "ask_qty")))
    made.fit()
    found = corrections(made)
    assert made.is_usable
    assert found == sorted(found)
    assert 0.05 < found[-1] < 1.0
