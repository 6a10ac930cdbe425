"""The strict fill model, the dated fees, the limit bands: each switched on, none on by default."""

from __future__ import annotations

from datetime import date

import pytest

from tests.venue.desk import Desk, px
from venue import fees
from venue.ledger import Fill
from venue.rows import Luld, Nbbo
from venue.units import PX_PER_USD, SHARE, USD


def strict(bid: float = 25.00, ask: float = 25.02, bid_qty: int = 300, ask_qty: int = 200) -> Desk:
    desk = Desk(fill_model="strict")
    show(desk, bid, ask, bid_qty, ask_qty)
    return desk


def show(desk: Desk, bid: float, ask: float, bid_qty: int, ask_qty: int) -> None:
    desk.market.rows.append(Nbbo(desk.now_ns, "AAA", px(bid), bid_qty, px(ask), ask_qty))
    desk.wait(0)


def test_a_taker_gets_no_more_than_what_is_shown() -> None:
    desk = strict()
    desk.order("buy", 500)
    assert desk.events() == ["pending_new", "new", "partial_fill"]
    assert desk.book.qty("AAA") == 200 * SHARE
    show(desk, 25.00, 25.03, 300, 400)
    assert desk.events() == ["fill"]
    assert [fill.px for fill in desk.book.fills] == [px(25.02), px(25.03)]


def test_a_resting_order_waits_behind_what_was_shown_at_its_price() -> None:
    desk = strict()
    desk.order("buy", 100, 25.00)
    desk.events()
    desk.trade(25.00, 250)
    assert desk.events() == []
    desk.trade(25.00, 100)
    assert desk.events() == ["partial_fill"]
    assert desk.book.fills[0].qty == 50 * SHARE
    desk.trade(25.00, 60)
    assert desk.events() == ["fill"]


def test_an_order_that_improves_the_price_is_first_in_line() -> None:
    desk = strict()
    desk.order("buy", 100, 25.01)
    desk.events()
    desk.trade(25.01, 100)
    assert desk.events() == ["fill"]
    assert desk.book.fills[0].px == px(25.01)


def test_cancels_ahead_are_believed_only_when_the_shown_size_says_so() -> None:
    desk = strict()
    desk.order("buy", 100, 25.00)
    desk.events()
    show(desk, 25.00, 25.02, 100, 200)
    desk.trade(25.00, 150)
    assert desk.events() == ["partial_fill"]


def test_a_print_through_the_price_fills_at_the_price() -> None:
    desk = strict()
    desk.order("buy", 100, 25.00)
    desk.events()
    desk.trade(24.99, 100)
    assert desk.events() == ["fill"]
    assert desk.book.fills[0].px == px(25.00)


def test_one_print_is_shared_among_our_own_orders() -> None:
    desk = strict()
    desk.order("buy", 100, 25.01)
    desk.order("buy", 100, 25.01)
    desk.events()
    desk.trade(25.00, 120)
    assert sum(fill.qty for fill in desk.book.fills) == 120 * SHARE


def test_a_fok_needs_its_whole_size_on_show() -> None:
    desk = strict()
    desk.order("buy", 500, 25.02, time_in_force="fok")
    assert desk.events() == ["pending_new", "new", "canceled"]


def test_a_canceled_order_leaves_its_line() -> None:
    desk = strict()
    order = desk.order("buy", 100, 25.00)
    desk.events()
    desk.call("DELETE", f"/orders/{order['id']}")
    desk.events()
    desk.trade(24.99, 1_000)
    assert desk.events() == []


def test_an_order_that_would_trade_beyond_its_band_rests() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.02)
    desk.market.rows.append(Luld(desk.now_ns, "AAA", px(25.01), px(24.00)))
    desk.wait(0)
    desk.order("buy", 10)
    assert desk.events() == ["pending_new", "new"]
    desk.nbbo(24.99, 25.01)
    assert desk.events() == ["fill"]


# --- fees ---


def sold(qty: int, dollars: float, side: str = "sell") -> Fill:
    return Fill(
        number=1,
        account="a",
        order_id="o",
        symbol="AAA",
        side=side,
        t_ns=1,
        px=round(dollars * PX_PER_USD),
        qty=qty * SHARE,
        cum_qty=qty * SHARE,
        leaves_qty=0,
        type="fill",
        order_status="filled",
    )


@pytest.mark.parametrize(
    ("day", "dollars"),
    [(date(2026, 11, 22), 20.60), (date(2026, 4, 3), 0.0), (date(2024, 6, 1), 27.80), (date(2018, 1, 2), 23.10)],
)
def test_the_sec_fee_is_that_of_the_day_per_million_sold(day: date, dollars: float) -> None:
    assert fees.sec(sold(10_000, 100.0), day) == round(dollars * 100) * USD // 100
    assert fees.sec(sold(10_000, 100.0, "buy"), day) == 0


def test_the_taf_has_a_cap_and_a_holiday() -> None:
    day = date(2026, 9, 1)
    assert fees.taf(sold(1_000, 10.0), day, holiday=True) == USD * 195 // 1_000
    assert fees.taf(sold(1_000_000, 10.0), day, holiday=True) == USD * 979 // 100
    assert fees.taf(sold(1_000, 10.0), date(2026, 11, 22), holiday=True) == 0
    assert fees.taf(sold(1_000, 10.0), date(2026, 11, 22), holiday=False) > 0
    assert fees.taf(sold(1_000, 10.0, "buy"), day, holiday=True) == 0


def test_both_sides_pay_for_the_audit_trail() -> None:
    assert fees.cat(sold(1_000_000, 10.0, "buy"), date(2026, 9, 17)) == 3 * USD
    assert fees.cat(sold(1_000_000, 10.0, "buy"), date(2026, 9, 16)) == 0


def test_fees_are_booked_the_next_morning_rounded_up_to_the_cent() -> None:
    desk = Desk(fees=True)
    desk.nbbo(25.00, 25.02)
    desk.order("buy", 100)
    desk.events()
    desk.order("sell", 100)
    desk.events()
    assert desk.get("/account")["cash"] == "99998"
    desk.until("2026-11-24T12:00:00Z")
    assert desk.get("/account")["cash"] == "99997.93"
    charged = desk.get("/account/activities/FEE?direction=asc")
    assert [(row["activity_sub_type"], row["net_amount"], row["date"]) for row in charged] == [
        ("REG", "-0.06", "2026-11-23"),
        ("CAT", "-0.01", "2026-11-23"),
    ]
    desk.until("2026-11-25T12:00:00Z")
    assert len(desk.get("/account/activities/FEE")) == 2


def test_paper_charges_nothing() -> None:
    desk = Desk()
    desk.nbbo(25.00, 25.00)
    desk.order("buy", 100)
    desk.events()
    desk.until("2026-11-25T12:00:00Z")
    assert desk.get("/account")["cash"] == "97500"
