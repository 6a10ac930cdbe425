"""What `hftctl strategy why` and `status` say of a strategy's own limits: what each means, and which binds now."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import click
import msgspec
import pytest

from hft.schema import OwnLimits, Settings
from hft.words import TradingState
from hftctl.assembling import assemble
from hftctl.own_limits import MEANS, REFUSED_BY, binding, described
from hftctl.screen import status_lines
from hftctl.whys import own_limits
from tests.hftctl.pictures import beat, facts, loaded, router_status

if TYPE_CHECKING:
    from hft.control import RouterStatus
    from hft.settings import Loaded

OWN = Settings(strategy={"mm": {"limits": {"order_usd_max": 500.0, "collar_bps": 9.0, "order_qty_max": 7}}})
ORDER = "at most $500.00 in one order (fleet: $5,000.00)"
REFUSED = "order_notional: $1,200.00 in one order, at most $500.00"


def of_mm(**changes: object) -> RouterStatus:
    """Return what the router says when mm's line is like this."""
    status = router_status()
    lines = (msgspec.structs.replace(status.strategies[0], **changes), *status.strategies[1:])
    return msgspec.structs.replace(status, strategies=lines)


def limited() -> Loaded:
    """Return the settings of a fleet of which mm has limits of its own."""
    fleet = loaded().settings.fleet
    return dataclasses.replace(loaded(), settings=msgspec.structs.replace(OWN, fleet=fleet))


def test_every_limit_a_strategy_may_have_is_in_words_and_every_one_can_bind() -> None:
    assert set(MEANS) == set(OwnLimits.__struct_fields__)
    assert {name for names in REFUSED_BY.values() for name in names} == set(MEANS)


def test_a_strategys_own_limits_stand_in_words_beside_the_fleets_and_those_that_bind_are_marked() -> None:
    line = of_mm(last_refusal=REFUSED).strategies[0]
    assert own_limits(OWN, "mm", beat("mm"), line) == [
        "Its own limits:",
        "  order_qty_max: at most 7 shares in one order (fleet: 200)",
        f"  BINDS  order_usd_max: {ORDER}",
        "  collar_bps: at most 9 bps through the mid (fleet: 25)",
    ]
    assert own_limits(OWN, "drift", beat("drift"), None) == []


@pytest.mark.parametrize(
    ("why", "held", "last", "binds"),
    [
        ("", "", REFUSED, [ORDER]),
        ("SPY $1,200 > $500 (limits.order_usd_max)", "", "", [ORDER]),
        (
            "",
            "",
            "price_collar: $1.00 reaches $0.10 through the mid, at most $0.05",
            [described(OWN, "mm")["collar_bps"]],
        ),
        ("", "", "position: $20,000.00 in one symbol by the strategy, at worst, at most $10,000.00", []),
        ("", "", "working_orders: 31 working orders of the account, at most 30", []),
        ("", "", "quantum_leap: no", []),
        ("all is well", "", "", []),
    ],
)
def test_a_limit_binds_when_the_family_or_the_last_refusal_names_it(
    why: str, held: str, last: str, binds: list[str]
) -> None:
    assert list(binding(described(OWN, "mm"), why, held, last)) == binds


def test_the_daily_loss_binds_while_it_holds_the_strategy_halted() -> None:
    own = Settings(strategy={"mm": {"limits": {"strategy_daily_loss_usd_max": 40.0}}})
    held = "HALTED: daily loss: the strategy lost $41.00, limit $40.00"
    assert binding(described(own, "mm"), "", held, "") == ("at most $40.00 of loss in a day (fleet: $250.00)",)
    assert binding(described(own, "mm"), "", "HALTED: daily loss: the account lost $1,000.00", "") == ()


def test_the_status_says_beside_the_strategy_which_of_its_own_limits_holds_it_back() -> None:
    status = of_mm(refusals=3, last_refusal=REFUSED, state=TradingState.ACTIVE)
    picture = assemble(facts(loaded=limited(), router=status))
    assert picture.strategies[0].limits_binding == (ORDER,)
    text = " ".join(" ".join(map(click.unstyle, status_lines(picture, 240))).split())
    assert f"3 refused, last {REFUSED}; its own limit: {ORDER}" in text
    assert "its own limit" not in " ".join(status_lines(assemble(facts(router=status)), 240))
