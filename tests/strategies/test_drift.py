"""drift goes against a short move with a few shares, gives them back in time, and rests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hft.clock import NS_PER_S
from hft.messages import NewOrder, Quote
from hft.words import Side, Tif
from tests.strategies.arena import Arena, core_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hft.messages import Tick

START_NS = 1_795_446_300 * NS_PER_S  # Monday 23 November 2026, 10:05 in New York: at ten itself figures are due
GIVEN = {"tau_s": 20.0, "warm_s": 10.0, "entry_z": 2.0, "entry_spreads": 1.0, "hold_s": 8.0, "cooldown_s": 30.0}


def quotes(first_s: int, mids: list[int]) -> Iterator[tuple[int, Tick]]:
    """Return one quote a second around these mids, two cents wide."""
    for step, mid in enumerate(mids):
        now_ns = START_NS + (first_s + step) * NS_PER_S
        yield (
            now_ns,
            Quote(
                symbol="SPY",
                exch_ns=now_ns,
                recv_ns=now_ns,
                bid_px=mid - 100,
                bid_qty=100,
                ask_px=mid + 100,
                ask_qty=100,
            ),
        )


QUIET = [1_000_000 + 100 * (step % 2) for step in range(20)]


def after_a_jump(cents: int) -> Arena:
    arena = Arena(core_of("drift", ("SPY",), demo=False, **GIVEN))
    arena.play(quotes(0, QUIET))
    return arena.play(quotes(20, [1_000_000 + 100 * cents] * 3))


def orders(arena: Arena) -> list[NewOrder]:
    return [message for _, message in arena.said if isinstance(message, NewOrder)]


def test_it_sells_after_a_rise_and_buys_after_a_fall_at_the_far_side() -> None:
    (sold,), (bought,) = orders(after_a_jump(20)), orders(after_a_jump(-20))
    assert (sold.side, sold.px, sold.tif) == (Side.SELL, 1_001_900, Tif.IOC)
    assert (bought.side, bought.px, bought.tif) == (Side.BUY, 998_100, Tif.IOC)
    assert (sold.qty, bought.qty) == (4, 5)  # five hundred dollars


def test_a_move_worth_less_than_the_spread_is_none() -> None:
    assert not orders(after_a_jump(1))


def test_it_gives_the_shares_back_when_its_time_is_up_and_then_rests() -> None:
    arena = after_a_jump(20)
    arena.play(quotes(23, [1_002_000 + 100 * step for step in range(12)]))
    assert arena.positions == {"SPY": 0}
    assert [fill[2] for fill in arena.fills] == [Side.SELL, Side.BUY]
    arena.play(quotes(35, [1_000_000] * 10))
    assert len(orders(arena)) == 2
    assert "rest" in arena.core.strategy.why()


def test_it_gives_the_shares_back_when_the_average_is_reached() -> None:
    arena = after_a_jump(20).play(quotes(23, [999_000] * 2))
    assert arena.positions == {"SPY": 0}
    assert arena.cash > 0
