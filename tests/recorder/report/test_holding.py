"""How long shares are held."""

from __future__ import annotations

from recorder.report.holding import Holding, half_life_s


def held(*fills: tuple[float, int]) -> Holding:
    """Return what was held by these fills of one strategy: seconds, signed shares."""
    holding = Holding()
    for at_s, signed_qty in fills:
        holding.fill("SPY", at_s, signed_qty)
    return holding


def test_half_of_the_shares_were_out_again_after_so_long() -> None:
    assert half_life_s([held()]) is None
    assert half_life_s([held((0, 10))]) is None  # nothing was closed
    assert half_life_s([held((0, 10), (5, -10))]) == 5
    assert half_life_s([held((0, 10), (2, -4), (9, -6))]) == 9
    assert half_life_s([held((0, -6), (2, 4), (9, 2))]) == 2


def test_one_trade_may_close_several_and_open_the_other_way() -> None:
    assert half_life_s([held((0, 5), (4, 5), (10, -15), (11, 5))]) == 6  # held 10, 6 and 1 s


def test_each_strategy_and_symbol_holds_its_own() -> None:
    assert half_life_s([held((0, 5)), held((1, -5))]) is None
    both = held((0, 5))
    both.fill("QQQ", 1, -5)
    assert half_life_s([both]) is None


def test_all_strategies_together_have_the_half_life_of_all_their_shares() -> None:
    assert half_life_s([held((0, 5), (2, -5)), held((0, 9), (7, -9))]) == 7
