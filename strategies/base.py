"""The SDK's face: all that a family needs, from one import (`from strategies import base`).

    class Params(base.Params, frozen=True, kw_only=True): …   its parameters, units in the names
    class Mine(base.Strategy[Params]): …                      handlers: one message in, the messages that follow out

docs/strategies.md has a whole family in forty lines.
"""

from hft.messages import Bar, ExecutionReport, Gate, Message, News, Quote, Status, Trade
from hft.words import OrdStatus, Side, Tif
from strategies.sdk.desk import Desk
from strategies.sdk.gate_words import Says
from strategies.sdk.gates import (
    Condition,
    at_most,
    first_closed,
    learning,
    pays,
    reasons,
    resting,
    undisturbed,
    warming_up,
    wary,
)
from strategies.sdk.params import Count, Params, Positive
from strategies.sdk.rules import CENT, PX_PER_USD, tick_size
from strategies.sdk.session import Phase
from strategies.sdk.strategy import Strategy, passive_px

__all__ = [
    "CENT",
    "PX_PER_USD",
    "Bar",
    "Condition",
    "Count",
    "Desk",
    "ExecutionReport",
    "Gate",
    "Message",
    "News",
    "OrdStatus",
    "Params",
    "Phase",
    "Positive",
    "Quote",
    "Says",
    "Side",
    "Status",
    "Strategy",
    "Tif",
    "Trade",
    "at_most",
    "first_closed",
    "learning",
    "passive_px",
    "pays",
    "reasons",
    "resting",
    "tick_size",
    "undisturbed",
    "warming_up",
    "wary",
]
