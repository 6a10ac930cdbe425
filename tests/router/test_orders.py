"""The order table, the names of orders, and the page drawn from them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hft.words import TERMINAL, OrdStatus, Refusal, Side, Tif
from router.ids import ID_CHARS_MAX, Run, client_order_id, is_panic, parse
from router.orders import TABLE, Order, OrdEvent
from router.page import page
from router.refusals import MEANING
from tests.tree import ROOT


def order(status: OrdStatus = OrdStatus.PENDING_NEW, *, cum_qty: int = 0) -> Order:
    return Order(
        client_order_id="h1-mm-1.1-1",
        ledger="mm",
        symbol="SPY",
        side=Side.BUY,
        qty=10,
        px=4_500_000,
        tif=Tif.DAY,
        created_ns=0,
        status=status,
        cum_qty=cum_qty,
    )


def test_every_status_has_its_row() -> None:
    assert set(TABLE) == set(OrdStatus)


def test_only_a_late_fill_or_a_late_sighting_moves_a_terminal_order() -> None:
    late = {OrdEvent.FILL, OrdEvent.FILLED, OrdEvent.FOUND}
    for status in TERMINAL:
        assert set(TABLE[status]) <= late


def test_a_fill_may_cross_our_cancel() -> None:
    moved = order(OrdStatus.PENDING_CANCEL)
    moved.cum_qty = 10
    moved.move(OrdEvent.FILLED)
    assert (moved.status, moved.leaves_qty) == (OrdStatus.FILLED, 0)


def test_a_refused_cancel_leaves_the_order_as_it_was() -> None:
    untouched, partly = order(OrdStatus.PENDING_CANCEL), order(OrdStatus.PENDING_CANCEL, cum_qty=3)
    untouched.move(OrdEvent.CANCEL_REFUSED)
    partly.move(OrdEvent.CANCEL_REFUSED)
    assert (untouched.status, partly.status) == (OrdStatus.NEW, OrdStatus.PARTIALLY_FILLED)


def test_old_news_is_no_step() -> None:
    assert order(OrdStatus.FILLED).step(OrdEvent.NEW) is None
    assert order(OrdStatus.PENDING_CANCEL).step(OrdEvent.NEW) is None


def test_a_step_that_the_table_does_not_know_is_a_bug() -> None:
    with pytest.raises(AssertionError):
        order(OrdStatus.FILLED).move(OrdEvent.CANCELED)


def test_more_shares_than_ordered_is_a_bug() -> None:
    with pytest.raises(AssertionError):
        order(OrdStatus.NEW, cum_qty=11).move(OrdEvent.FILL)


def test_every_refusal_is_explained() -> None:
    assert set(MEANING) == set(Refusal)


def test_the_page_in_the_docs_is_drawn_from_these_tables() -> None:
    text = (ROOT / "docs" / "orders.md").read_text(encoding="utf-8")
    assert page() == text, "write it anew: python -m router.page > docs/orders.md"


NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,15}", fullmatch=True)


@given(
    ledger=NAMES,
    birth_s=st.integers(0, 2**31),
    epoch=st.integers(1, 10**5),
    number=st.integers(1, 10**7),
    flatten=st.booleans(),
)
def test_an_order_name_says_whose_it_is_in_48_characters(
    ledger: str, birth_s: int, epoch: int, number: int, *, flatten: bool
) -> None:
    name = client_order_id(ledger, Run(birth_s, epoch), number, flatten=flatten)
    assert len(name) <= ID_CHARS_MAX
    found = parse(name)
    assert found is not None
    if not flatten or ledger != "flat":
        assert (found.ledger, found.run, found.number) == (ledger, Run(birth_s, epoch), number)


@pytest.mark.parametrize("foreign", ["", "abc", "h1", "h1-mm-1-1-1-1", "h1-mm-x-1", "h1-mm-1.1-!", "h2-mm-1.1-1"])
def test_a_foreign_name_is_not_ours(foreign: str) -> None:
    assert parse(foreign) is None


def test_an_order_past_the_router_is_known_by_its_name() -> None:
    assert is_panic("h1-panic-abc-1")
    assert not is_panic("h1-mm-1.1-1")
