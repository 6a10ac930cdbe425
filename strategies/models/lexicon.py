"""What a headline says of a price, by its words: a number from −1 (bad) to +1 (good).

A short list in the manner of Loughran & McDonald (2011), of verbs and nouns that headlines about companies are made of;
a negation turns the word behind it round. No claim to understand: the family that uses it waits for the price to agree.
"""

from __future__ import annotations

import re

GOOD = frozenset(
    """
    accelerates approval approved approves awarded beat beats boosts breakthrough buyback climbs exceeds
    expands gain gains grows growth hikes jumps landmark lifts outperform outperforms profit profitable raise
    raised raises rallies rebounds record rises settles soars strong stronger surges surpasses tops upbeat
    upgrade upgraded upgrades win wins
    """.split()
)
BAD = frozenset(
    """
    bankruptcy breach cut cuts decline declines default delay delays delisting disappoints downbeat downgrade
    downgraded downgrades drops fails falls fine fined fraud halts inquiry investigation lawsuit layoffs loses
    loss losses lower lowers miss misses plunges probe recall recalls resigns shortfall sinks slashes slides
    slumps sued sues tumbles warning warns weak weaker
    """.split()
)
NEGATIONS = frozenset("no not never without despite denies avoids".split())
WORD = re.compile(r"[a-z]+")


def score(headline: str) -> float:
    """Return (good − bad) / (good + bad) over the words that the lists know, 0 when they know none."""
    good = bad = 0
    before = ""
    for word in WORD.findall(headline.lower()):
        sign = (word in GOOD) - (word in BAD)
        if before in NEGATIONS:
            sign = -sign
        good += sign > 0
        bad += sign < 0
        before = word
    return (good - bad) / (good + bad) if good + bad else 0.0


def same_words(headline: str) -> str:
    """Return the headline's words alone, so that two wires' versions of one text are equal."""
    return " ".join(WORD.findall(headline.lower()))
