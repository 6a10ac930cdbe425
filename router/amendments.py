"""The way of a bust or a correction into the books: told, frozen, confirmed by order and positions, booked once.

The stream's word freezes the symbol and nothing more; so do fewer shares or other money that an order shows for ten
seconds without a word. Booked is the difference between the order as the venue answers it and as we have it, once the
positions show the same shares, or the order the same for ten seconds (shares of somebody else's may hide it in the
positions). The execution leaves the ledger at its own price and, corrected, enters it at its new one, as if both were
traded now (docs/adr/0040).
Rule: booked by (order, cumulative quantity and money), so told twice, late or to the next router it is booked once.
What the venue never shows is never booked: a person looks, and resumes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from risk.fees import fee
from risk.limits import usd
from router import records
from router.amended import AMENDED, BUST, CORRECT, Amendment, key_of, key_of_unheard
from router.day import day_of, time_of

if TYPE_CHECKING:
    from router.blotter import Blotter
    from router.broker import BrokerOrder, TradeUpdate
    from router.orders import Order

ASK_EVERY_MS, COMPARE_EVERY_MS = 1_000, 3_000
SHOWN_MS_MAX = 30_000  # whoever shows it shows it by then; a view of the venue may be ten seconds old
OLD_VIEW_MS = 10_000
ROUNDED_MAX = 1  # 1e-4 dollar a share: averages are told rounded
NEVER_SHOWN = "the venue's order and positions do not show it: look at Alpaca's page; hftctl resume takes its positions"


class View(NamedTuple):
    """The venue's view of an order, and since when it has been the same (as the desk's `steady_ns` counts)."""

    order: BrokerOrder
    since_ns: int


class Amendments:
    """Those that are not booked yet, and what the venue's orders say of them by now."""

    def __init__(self, desk: Blotter) -> None:
        self.desk = desk
        self._views: dict[str, View] = {}  # by our name of an order, heard after its amendment
        self._odd: dict[str, View] = {}  # views with fewer shares or other money than booked: old, or unheard of
        self._asked_ns: dict[str, int] = {}
        self._since_ns: dict[str, int] = {}  # key → since when this router waits for it to be shown

    # --- told

    def told(self, update: TradeUpdate) -> bool:
        """Freeze the symbol of an execution that the venue amends; return whether the update was about that."""
        desk, seen = self.desk, update.order
        order = desk.book.orders.get(seen.client_order_id)
        if update.event not in AMENDED or order is None:
            return False
        key = key_of(update.event, update.exec_id, update.previous_exec_id, seen.order_id)
        if key not in desk.book.frozen.keys:
            self._freeze(
                Amendment(
                    key=key,
                    event=update.event,
                    symbol=order.symbol,
                    client_order_id=order.client_order_id,
                    previous_exec_id=update.previous_exec_id,
                    qty=update.qty,
                    px=update.px,
                    told_ns=desk.now_ns,
                )
            )
        return True

    def _freeze(self, amendment: Amendment) -> None:
        desk, name = self.desk, amendment.client_order_id
        self._odd.pop(name, None)
        desk.write(records.TradeAmended(at_ns=desk.now_ns, amendment=amendment))
        self._show(amendment.symbol)
        self._views.pop(name, None)

    def _show(self, symbol: str) -> None:
        """Say of a frozen symbol what stands in the book."""
        self.desk.broken[symbol] = self.desk.book.frozen.why(symbol)

    def compare(self, order: Order, view: BrokerOrder) -> None:
        """Note an answer with less than was booked, or other money: old news, or an amendment that nobody told."""
        name, less = order.client_order_id, order.cum_qty - view.cum_qty
        cheaper = order.cum_notional - view.cum_notional
        other_money = less == 0 and abs(cheaper) > ROUNDED_MAX * order.cum_qty
        if self._open_of(order) or not (less > 0 or other_money):
            self._odd.pop(name, None)
            return
        seen = self._odd[name] = _since(self._odd.get(name), view, self.desk.steady_ns)
        if self.desk.steady_ns - seen.since_ns >= self.desk.config.ns(OLD_VIEW_MS):
            self._freeze(
                Amendment(
                    key=key_of_unheard(order.order_id, view.cum_qty, view.cum_notional),
                    event=BUST if less else CORRECT,
                    symbol=order.symbol,
                    client_order_id=name,
                    qty=max(0, less),  # no price: an average would be rounded, the money of the view is not
                    told_ns=self.desk.now_ns,
                )
            )

    # --- confirmed

    def wake(self) -> None:
        """Ask for the orders of those that are open; say it when the venue does not show one."""
        desk = self.desk
        for each in desk.book.frozen.open():
            since_ns = self._since_ns.setdefault(each.key, desk.steady_ns)
            order = desk.book.orders.get(each.client_order_id)
            if order is None or desk.steady_ns - since_ns >= desk.config.ns(SHOWN_MS_MAX):
                desk.broken[each.symbol] = f"{each.told()}, and {NEVER_SHOWN}"
            elif desk.steady_ns >= self._asked_ns.get(each.key, 0):
                self._asked_ns[each.key] = desk.steady_ns + desk.config.ns(ASK_EVERY_MS)
                desk.query(order)
        for name in list(self._odd):
            order = desk.book.orders.get(name)
            if order is None:
                del self._odd[name]
            elif desk.steady_ns >= self._asked_ns.get(name, 0):
                self._asked_ns[name] = desk.steady_ns + desk.config.ns(COMPARE_EVERY_MS)
                desk.query(order)

    @property
    def is_at_work(self) -> bool:
        """Return whether something is open, or looks odd: then there is something to ask."""
        return bool(self._odd or self.desk.book.frozen.open())

    def is_waited_for(self, symbol: str) -> bool:
        """Return whether the venue may still show an amendment of this symbol, or an order shows one unheard of."""
        return self.left_ns(symbol) > 0

    def left_ns(self, symbol: str) -> int:
        """Return for how long that may last from now on, at the most; 0 when there is nothing to wait for."""
        now_ns, most_ns = self.desk.steady_ns, self.desk.config.ns(SHOWN_MS_MAX)
        told = [self._since_ns.get(each.key, now_ns) for each in self.desk.book.frozen.open(symbol)]
        odd_ns = self.desk.config.ns(OLD_VIEW_MS)  # only then it is taken for an amendment, and that is waited for
        odd = [max(now_ns, view.since_ns + odd_ns) for view in self._odd.values() if view.order.symbol == symbol]
        return max((since_ns + most_ns - now_ns for since_ns in (*told, *odd)), default=0)

    def seen(self, order: Order, view: BrokerOrder) -> None:
        """Keep the venue's answer about an order that has an open amendment."""
        if self._open_of(order):
            name = order.client_order_id
            self._views[name] = _since(self._views.get(name), view, self.desk.steady_ns)

    def positions_told(self) -> list[BrokerOrder]:
        """Book what order and positions both show; return the views of these orders: they may have filled since."""
        shown: list[BrokerOrder] = []
        for name, view in list(self._views.items()):
            order = self.desk.book.orders.get(name)
            if order is None or not self._open_of(order):
                del self._views[name]
            elif self._is_shown(order, view):
                del self._views[name]
                self._book(order, view.order)
                shown.append(view.order)
        return shown

    def is_doubtful(self, order: Order, update: TradeUpdate | None, grew: int) -> bool:
        """Return whether shares that an order seems to have gained may be the ones that were taken back."""
        desk = self.desk
        if self._open_of(order):
            return self.is_waited_for(order.symbol)
        if not order.amended_ns:
            return False
        if update is not None:
            known = update.qty == grew and update.exec_id and update.exec_id not in order.exec_ids
            return not known or update.exch_ns <= order.amended_ns  # of then: it may be what was taken back
        return 0 <= desk.now_ns - order.amended_ns < desk.config.ns(OLD_VIEW_MS)

    def _open_of(self, order: Order) -> list[Amendment]:
        return [
            each for each in self.desk.book.frozen.open(order.symbol) if each.client_order_id == order.client_order_id
        ]

    def _is_shown(self, order: Order, view: View) -> bool:
        """Return whether the venue means it: what was told, and the positions agree; or the same for so long."""
        desk, seen = self.desk, view.order
        if _filled(seen) == (order.cum_qty, order.cum_notional) or seen.cum_qty > order.qty:
            return False
        more = seen.cum_qty - order.cum_qty
        told = -sum(each.qty for each in self._open_of(order) if each.event == BUST)
        there = desk.book.net_qty(order.symbol) + order.side.sign * more
        agreed = more == told and there == desk.broker_qty.get(order.symbol, 0)
        return agreed or desk.steady_ns - view.since_ns >= desk.config.ns(OLD_VIEW_MS)

    # --- booked

    def _book(self, order: Order, view: BrokerOrder) -> None:
        desk, amendments = self.desk, self._open_of(order)
        taken, given = _parts(order, view, amendments)
        day = day_of(desk.now_ns)
        fees = [fee(day, order.side, qty, notional) if qty else 0 for qty, notional in (taken, given)]
        desk.write(
            records.AmendmentBooked(
                at_ns=desk.now_ns,
                keys=tuple(each.key for each in amendments),
                client_order_id=order.client_order_id,
                taken_qty=taken[0],
                taken_notional=taken[1],
                given_qty=given[0],
                given_notional=given[1],
                cum_qty=order.cum_qty - taken[0] + given[0],
                cum_notional=order.cum_notional - taken[1] + given[1],
                fee=fees[1] - fees[0],
                outcome=f"booked in {order.ledger} at {time_of(desk.now_ns)}: {_in_words(order, taken, given)}",
                previous_exec_ids=tuple(each.previous_exec_id for each in amendments if each.previous_exec_id),
            )
        )
        self._show(order.symbol)


def _since(before: View | None, seen: BrokerOrder, now_ns: int) -> View:
    """Return the view, and since when it has been the same."""
    same = before is not None and _filled(before.order) == _filled(seen)
    return View(seen, before.since_ns if before is not None and same else now_ns)


def _filled(seen: BrokerOrder) -> tuple[int, int]:
    return seen.cum_qty, seen.cum_notional


Part = tuple[int, int]  # shares, money


def _parts(order: Order, view: BrokerOrder, amendments: list[Amendment]) -> tuple[Part, Part]:
    """Return what is taken back and what is booked anew: of the one execution if its size is told, else of all."""
    last = amendments[-1]
    more, dearer = view.cum_qty - order.cum_qty, view.cum_notional - order.cum_notional
    if all(each.event == BUST for each in amendments):
        busted = sum(each.qty for each in amendments), sum(each.qty * each.px for each in amendments)
        fits = 0 < busted[0] <= order.cum_qty and 0 < busted[1] <= order.cum_notional
        if fits and (more > -busted[0] or abs(busted[1] + dearer) <= view.cum_qty // 2):
            return busted, (0, 0)  # at their own prices: the order's average is told rounded
        if more < 0 and dearer < 0:
            return (-more, -dearer), (0, 0)
    given = last.qty, last.qty * last.px
    taken = given[0] - more, given[1] - dearer
    alone = len(amendments) == 1 and last.event != BUST and 0 < given[0] <= view.cum_qty and given[1] > 0
    if alone and 0 < taken[0] <= order.cum_qty and 0 < taken[1] <= order.cum_notional:
        return taken, given
    return (order.cum_qty, order.cum_notional), (view.cum_qty, view.cum_notional)


def _in_words(order: Order, taken: Part, given: Part) -> str:
    side, back = order.side.word, f"{taken[0]} {order.symbol} at {usd(taken[1] / taken[0]) if taken[0] else usd(0)}"
    anew = f", booked anew: {given[0]} at {usd(given[1] / given[0])}" if given[0] else ""
    return f"{side} of {back} taken back{anew}"
