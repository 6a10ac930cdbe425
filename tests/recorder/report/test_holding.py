"""How long shares are held."""

from __future__ import annotations

from hft import events
from hft.words import Side
from recorder.report.fills import Fill, fill_of
from recorder.report.holding import half_life_s


def fill(at_s: float, qty: int, strategy: str = "mm") -> Fill:
    side = Side.BUY if qty > 0 else Side.SELL
    event = events.OrderFilled(
        strategy=strategy, client_order_id="a", order_id="a", symbol="SPY", side=side, last_qty=abs(qty),
        last_px=1_000_000, cum_qty=0, leaves_qty=0, position=0, broker_position=0, realised=0, mid_px=0,
        source="stream", exch_ns=0,
    )  # fmt: skip
    return fill_of(event, at_s, 0)


def test_half_of_the_shares_were_out_again_after_so_long() -> None:
    assert half_life_s([]) is None
    assert half_life_s([fill(0, 10)]) is None  # nothing was closed
    assert half_life_s([fill(0, 10), fill(5, -10)]) == 5
    assert half_life_s([fill(0, 10), fill(2, -4), fill(9, -6)]) == 9
    assert half_life_s([fill(0, -6), fill(2, 4), fill(9, 2)]) == 2


def test_one_trade_may_close_several_and_open_the_other_way() -> None:
    assert half_life_s([fill(0, 5), fill(4, 5), fill(10, -15), fill(11, 5)]) == 6  # held 10, 6 and 1 s


def test_each_strategy_holds_its_own() -> None:
    assert half_life_s([fill(0, 5), fill(1, -5, "etf")]) is None
