"""What a closed gate means, as a sentence: one table for the gates of every family.

A row is found by the gate's name and by the side of its bound that the value is on. A gate without a row (in a family
of your own) is told by its name and its bound: "fall under 2 sd: SPY 0.4 sd".
"""

from __future__ import annotations

import math
from typing import NamedTuple

SPELT = {"sd": "standard deviations"}  # units that are short in the table of gates


class Says(NamedTuple):
    """Templates with {value} and {bound}, both with their unit, and the value without it: {n}, {short}."""

    about: str
    each: str = "{value}"  # what is said of each symbol
    endless: str = "endless"  # … when the value is infinite
    unknown: str = "not known yet"  # … when it is not a number


WARMING = Says("warming up", "{short} of {bound}")
LEARNING = Says("learning", "{short} of {bound}")
UNPAID = "would not pay for its costs (under {bound} left after them)"
UNUSED = "no usable quote{} in the last {{bound}}"

WORDS = {
    "blackout over": Says("no new position for the moment", "{value} more", endless="trading halt"),
    "rest over": Says("resting after a trade", "{value} more"),
    "quote age over": Says(UNUSED.format(""), "{value} ago", endless="none yet"),
    "follower's age over": Says(UNUSED.format(" of the follower"), "{value} ago", endless="none yet"),
    "spread over": Says("the quote is too wide (over {bound})", endless="not known yet"),
    "fair value error over": Says("the price is not known well enough", "off by {value}, {bound} allowed", "no price"),
    "edge after costs under": Says(UNPAID),
    # pairs, etf
    "days that passed under": Says("came back together on too few of the last 5 days ({bound} needed)", "{n}"),
    "Dickey-Fuller t above its 5 % value over": Says(
        "no proof today that the two move together (t over its 5 % limit)", "by {n}", endless="not tested yet"
    ),
    "half-life over": Says("comes back too slowly (half-life over {bound})", endless="has none"),
    "half-life under": Says("comes back too quickly to be traded (half-life under {bound})", endless="has none"),
    "hedge ratio over": Says("needs too much of the other share (hedge ratio over {bound})"),
    "hedge ratio under": Says("moves too little with the other share, or against it (hedge ratio under {bound})"),
    "premium under": Says("the premium may be no more than measurement error", "{value}, {bound} needed"),
    "other trades with a leg of it over": Says("another trade with one of its legs has to end first", ""),
    "stops over": Says("was stopped out too often (over {bound} times)", "{n}"),
    "mean of 20 trades under": Says("its last 20 trades lost on average (under {bound})"),
    "score under": Says("too near its usual level (under {bound} away)", "{n}"),
    "score over": Says("too far from its usual level to be trusted (over {bound} away)", "{n}"),
    # leadlag
    "lead ratio under": Says(
        "no clear leader (leads under {bound} as much as it follows)", "{n}", unknown="not measured yet"
    ),
    "lead under": Says("leads by too little to be followed (under {bound})"),
    "windows that agree under": Says("led in too few of the last 4 measurements (under {bound})", "{n}"),
    "slope's t under": Says("its forecast may be chance (t under {bound})"),
    "leader's move under": Says("the leader has not moved far enough (under {bound})", "{n}"),
    "already moved over": Says("the follower has gone too much of its way already (over {bound})", "{n}"),
    # ml
    "log-loss below base under": Says("its forecasts are no better than chance (log-loss gain under {bound})"),
    # news
    "told to trade under": Says("told only to listen (trade = false)", ""),
    "trades today over": Says("has had its one trade of today", ""),
    "headline's age over": Says("no headline to follow in the last {bound}", "{value} ago", endless="none"),
    "move with it under": Says("the price does not go the headline's way (under {bound})", "{n}"),
    # drift
    "move under": Says("the price has not moved far enough (under {bound})", "{n}"),
}


def sentence(says: Says, value: float, bound: float, unit: str) -> tuple[str, str]:
    """Return what is about all, and what is said of this value: ("warming up", "0.5 of 2 s")."""
    unit = SPELT.get(unit, unit)
    known = {"value": quantity(value, unit), "bound": quantity(bound, unit)}
    known |= {"n": _hundredths(value), "short": f"{round(value, 1) + 0.0:g}"}
    each = says.unknown if math.isnan(value) else says.endless if math.isinf(value) else says.each
    return says.about.format(**known), each.format(**known)


def quantity(value: float, unit: str) -> str:
    """Return a number to three digits with its unit, never as a power of ten: "1,800 s", "0.31 bps"."""
    if math.isnan(value):
        return "not known"
    if math.isinf(value):
        return "infinite" if value > 0 else "minus infinite"
    return f"{_number(value)} {unit}".strip()


def _hundredths(value: float) -> str:
    return f"{round(value, 2) + 0.0:.10g}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{round(value, 4) + 0.0:.3g}"  # noqa: PLR2004 three digits
