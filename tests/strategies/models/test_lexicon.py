"""Words point one way, both ways or none; a negation turns them."""

from __future__ import annotations

import pytest

from strategies.models.lexicon import BAD, GOOD, same_words, score


@pytest.mark.parametrize(
    ("headline", "value"),
    [
        ("SPY beats estimates", 1.0),
        ("KO misses estimates", -1.0),
        ("AAPL raises its outlook, wins a large contract", 1.0),
        ("MSFT beats, but cuts its outlook", 0.0),
        ("QQQ is not upgraded", -1.0),
        ("XLK denies fraud", 1.0),
        ("Two gains and one loss: strong", 1 / 3),
        ("Annual meeting on Tuesday", 0.0),
        ("", 0.0),
    ],
)
def test_a_headline_has_a_score(headline: str, value: float) -> None:
    assert score(headline) == pytest.approx(value)


def test_no_word_is_both_good_and_bad() -> None:
    assert not GOOD & BAD


def test_two_wires_with_one_text_have_the_same_words() -> None:
    assert same_words("SPY  Beats Estimates!") == same_words("SPY beats estimates")
