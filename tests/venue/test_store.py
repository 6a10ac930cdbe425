"""The exchange's memory: what was told is there after a kill, whatever the moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.venue.desk import KEY, SECRET, Desk, Hand, at, ticket
from venue.config import VenueConfig
from venue.exchange import Exchange
from venue.store import Store

if TYPE_CHECKING:
    from pathlib import Path


def stored(desk: Desk, path: Path) -> Store:
    """Give a desk a memory; what it already knows is written at once."""
    path.touch()
    store = Store(path)
    store.load(desk.exchange.engine, desk.now_ns)
    return store


def keep(desk: Desk, store: Store) -> None:
    """Write what changed, as the hub does before anything leaves."""
    levels = desk.exchange.engine.levels
    prices = {name: (level.bid_px, level.ask_px, level.last_px) for name, level in levels.items()}
    store.append(desk.exchange.engine.outbox.record(), prices, desk.now_ns)
    desk.wait(0)


def reborn(path: Path, now_ns: int) -> Desk:
    """Return a desk on a fresh exchange that read the file."""
    desk = Desk(now_ns=now_ns)
    desk.exchange = Exchange(VenueConfig(partial_fill_pct=0.0, requests_per_min=10**9), Hand("AAA", "BBB"))
    desk.market = desk.exchange.source  # type: ignore[assignment]  # it is the Hand of the line above
    store = Store(path)
    store.load(desk.exchange.engine, now_ns)
    store.close()
    desk.account = desk.exchange.open_account(KEY, SECRET, now_ns)
    return desk


def truth(desk: Desk) -> Any:  # noqa: ANN401 any JSON
    found = desk.get("/account")
    return found, desk.get("/positions"), desk.get("/orders?status=all"), desk.get("/account/activities")


def traded(tmp_path: Path) -> tuple[Desk, Path]:
    path = tmp_path / "venue.state"
    desk = Desk()
    store = stored(desk, path)
    desk.nbbo(25.00, 25.02)
    desk.trade(25.01)
    desk.order("buy", 100, client_order_id="first")
    desk.events()
    desk.order("buy", 10, 24.00)
    desk.order("sell", 5, 26.00)
    desk.events()
    keep(desk, store)
    store.close()
    return desk, path


def test_a_reborn_exchange_tells_the_same_truth(tmp_path: Path) -> None:
    desk, path = traded(tmp_path)
    assert truth(reborn(path, desk.now_ns)) == truth(desk)


def test_a_full_disk_does_not_end_the_exchange_and_nothing_is_missing_when_there_is_room_again(tmp_path: Path) -> None:
    desk, path = Desk(), tmp_path / "venue.state"
    store = stored(desk, path)
    kept, store._file = store._file, open("/dev/full", "ab", buffering=0)  # noqa: SIM115, PTH123 swapped back below
    desk.nbbo(25.00, 25.02)
    desk.order("buy", 10, 24.00)
    keep(desk, store)
    desk.order("buy", 5)
    desk.events()
    keep(desk, store)
    store.close()
    store._file = kept
    desk.order("buy", 1, 24.00)
    desk.events()
    keep(desk, store)
    store.close()
    assert truth(reborn(path, desk.now_ns)) == truth(desk)


def test_a_client_order_id_stays_used_and_new_ids_are_new(tmp_path: Path) -> None:
    desk, path = traded(tmp_path)
    again = reborn(path, desk.now_ns)
    body = ticket(limit=24, client_order_id="first")
    assert again.refused("POST", "/orders", body)[2] == "client_order_id must be unique"
    assert again.order("buy", 1, 24)["id"] not in desk.book.orders


def test_resting_orders_go_on_resting_and_fill(tmp_path: Path) -> None:
    desk, path = traded(tmp_path)
    again = reborn(path, desk.now_ns)
    again.nbbo(23.98, 24.00)
    assert again.events() == ["fill"]
    assert again.book.held_money == 0


def test_what_was_under_way_is_finished(tmp_path: Path) -> None:
    path = tmp_path / "venue.state"
    desk = Desk()
    store = stored(desk, path)
    desk.nbbo(25.00, 25.02)
    first = desk.order("buy", 10, 24.00)
    desk.events()
    desk.call("DELETE", f"/orders/{first['id']}")
    desk.order("buy", 10, 24.50)
    keep(desk, store)
    store.close()
    again = reborn(path, desk.now_ns)
    again.events()
    assert [row["status"] for row in again.get("/orders?status=all")] == ["new", "canceled"]


def test_a_torn_tail_is_cut(tmp_path: Path) -> None:
    desk, path = traded(tmp_path)
    before = truth(desk)
    with path.open("ab") as file:
        file.write(b'{"accounts":[{"id":"torn')
    assert truth(reborn(path, desk.now_ns)) == before
    assert truth(reborn(path, desk.now_ns)) == before


def test_a_file_cut_anywhere_gives_a_state_that_was(tmp_path: Path) -> None:
    desk, path = traded(tmp_path)
    whole = path.read_bytes()
    cut = tmp_path / "cut.state"
    for length in range(0, len(whole), 97):
        cut.write_bytes(whole[:length])
        book = reborn(cut, desk.now_ns).book
        cost = sum(position.cost for position in book.positions.values())
        assert book.account.cash + cost == book.account.start_cash
        assert len(book.fills) in {0, 1}


def test_a_held_symbol_without_a_market_keeps_its_last_quote(tmp_path: Path) -> None:
    desk, path = traded(tmp_path)
    again = reborn(path, desk.now_ns)
    again.market.symbols = ("BBB",)
    assert again.get("/positions/AAA")["current_price"] == "25.01"
    again.call("DELETE", "/orders")
    again.events()
    again.call("DELETE", "/positions/AAA")
    assert again.events() == ["pending_new", "new", "fill"]
    assert again.get("/positions") == []


def test_an_order_whose_open_was_missed_fills_at_the_next_quote(tmp_path: Path) -> None:
    path, desk = tmp_path / "venue.state", Desk()
    store = stored(desk, path)
    desk.nbbo(25.00, 25.02)
    desk.until("2026-11-23T22:00:00Z")
    desk.order("buy", 10)
    keep(desk, store)
    store.close()
    for morning in ("2026-11-23T22:00:00Z", "2026-11-24T14:00:00Z", "2026-11-24T15:00:00Z"):
        again = reborn(path, at(morning))
        again.until("2026-11-24T15:00:01Z")
        assert [(row["status"], row["filled_qty"]) for row in again.get("/orders")] == [("new", "0")]
    again.nbbo(30.00, 30.02)
    assert [fill.px for fill in again.book.fills] == [300_200]


def test_the_sessions_that_were_missed_have_their_effect(tmp_path: Path) -> None:
    desk, path = traded(tmp_path)
    desk.trade(25.01)
    again = reborn(path, at("2026-11-24T15:00:00Z"))
    assert {row["status"] for row in again.get("/orders?status=all")} == {"filled", "expired"}
    assert again.get("/account")["last_equity"] == again.get("/account")["equity"] == "99999"
    assert again.book.held_money == 0


def test_old_ended_orders_are_forgotten_and_their_ids_stay_used(tmp_path: Path) -> None:
    desk, path = traded(tmp_path)
    again = reborn(path, desk.now_ns)
    again.book.retire(0)
    assert [row["client_order_id"] == "first" for row in again.get("/orders?status=all")] == [False, False]
    body = ticket(limit=24, client_order_id="first")
    assert again.refused("POST", "/orders", body)[2] == "client_order_id must be unique"


def test_the_file_is_private(tmp_path: Path) -> None:
    _, path = traded(tmp_path)
    reborn(path, 1)
    assert path.stat().st_mode & 0o077 == 0


def test_a_gtc_order_still_ends_on_its_day_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "venue.state"
    desk = Desk()
    store = stored(desk, path)
    order = desk.order("buy", 10, 24.00, time_in_force="gtc")
    desk.events()
    keep(desk, store)
    store.close()
    again = reborn(path, at("2027-02-19T15:00:00Z"))
    again.until("2027-02-21T21:15:00Z")
    assert again.get(f"/orders/{order['id']}")["expired_at"] == "2027-02-21T21:15:00Z"
