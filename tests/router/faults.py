"""The fault catalogue of the router: every row of alpaca.md 6.4 and of reliability.md 6, and the scenes that prove it.

SCENES: one blow on the whole fleet of the simulation, after which our book must be the venue's truth (orders, fills,
money, positions, cash) within so many seconds of market time. Rows that other tests prove, and those that are not the
router's, stand in tests/router/proofs.py. tests/router/test_fault_rows.py holds that no row is missing and that every
test named is there.
"""

from __future__ import annotations

from typing import NamedTuple

from hft.clock import NS_PER_S
from router import broker
from tests.conformance.rows import TABLES
from tests.router.blows import (
    Blow,
    again,
    answered,
    blocked,
    both,
    close_of_the_day,
    closed,
    cut_data,
    cut_updates,
    deafen_router,
    expire,
    fill_disk,
    flatten,
    halt,
    halt_alone,
    halted,
    jump_clock,
    kill_in_stall,
    kill_router,
    kill_strategy,
    menu,
    orders_work,
    refused,
    stall_disk,
    state,
    strangers,
    then,
    told,
    unasked,
)
from tests.simulation.storms import START_NS

MENU_ROWS = frozenset(f"{table}/{row}" for table, rows in TABLES.items() if table.startswith("6.4 ") for row in rows)
CATALOGUE_ROWS = frozenset(f"6/{number}" for number in range(1, 59))
ROWS = MENU_ROWS | CATALOGUE_ROWS
TO_THE_CLOSE_NS = round(4 * 3_600 * NS_PER_S - 5 * NS_PER_S)  # from the usual start, five seconds before 16:00


class Scenario(NamedTuple):
    """A blow on the fleet. `rows`: what it proves; `within_s`: market time from its end until all agrees."""

    words: str
    rows: tuple[str, ...]
    blow: Blow
    within_s: float = 6.0
    lasts_s: float = 2.0  # it blows at least so long
    start_ns: int = START_NS
    late: bool = False  # something comes long after
    tells: tuple[str, ...] = ()  # events that a person must hear of, each once for the whole incident
    frozen: str = ""  # by design it ends with a frozen symbol, told in these words, until a person resumes


def post(kind: str, count: int = 1, **settings: float) -> Blow:
    """Return a fault of the next orders' requests."""
    return menu(kind, method="POST", count=count, **settings)


def quote(kind: str, **settings: float) -> Blow:
    """Return three seconds of bent quotes of everything."""
    return menu(kind, for_s=3.0, **settings)


def stream(kind: str, **settings: float) -> Blow:
    """Return a fault of the open stream of trade updates."""
    return menu(kind, stream="updates", count=1, **settings)


def door(kind: str, count: int = 2, **settings: int) -> Blow:
    """Return a stream of trade updates that is lost, and a door that stays shut."""
    return both(menu(kind, stream="updates", count=count, **settings), cut_updates)


def feed_door(kind: str, count: int = 2, **settings: int) -> Blow:
    """Return the same for market data."""
    return both(menu(kind, stream="data", count=count, **settings), cut_data)


S = Scenario
SHUT = ("access.lost", "access.restored")
SOCKETS = (
    S("a clean close of the stream", ("6.4 sockets/clean close 1001",), stream("socket-close")),
    S("the stream is reset", ("6.4 sockets/abort",), stream("socket-abort")),
    S(
        "half-open: nothing comes, pings stay unanswered",
        ("6.4 sockets/half-open", "6.4 sockets/no pong", "6/23"),
        stream("socket-half-open"),
        lasts_s=11,
    ),
    S("mute before connected", ("6.4 sockets/mute before connected",), door("mute-before-connected", 1), 16),
    S("mute after auth", ("6.4 sockets/mute after auth",), door("mute-after-auth", 1), 16),
    S("mute after subscribe", ("6.4 sockets/mute after subscribe",), door("mute-after-subscribe", 1)),
    S("mute from some moment on", (), stream("socket-mute")),
    *(
        S(
            f"the upgrade is refused with {code}",
            ("6.4 sockets/upgrade 429, 502, 503",),
            door("upgrade-refused", 3, code=code),
        )
        for code in (429, 502, 503)
    ),
    S(
        "the slot of the connection that was reset stays taken",
        ("6.4 sockets/slot held after abort",),
        both(menu("slot-held", stream="updates", count=1, ms=3_000.0), stream("socket-abort")),
        10,
    ),
    S("frames come slowly", ("6.4 sockets/slow drip",), menu("updates-delayed", for_s=3.0, ms=300.0)),
    S("a text frame", ("6.4 sockets/text frame",), stream("text-frame")),
    S("a frame of no known kind", ("6.4 sockets/unknown T",), stream("unknown-type")),
    S("a bad message", ("6.4 sockets/bad message in the middle of a frame",), stream("bad-message")),
    S("a frame of more than 1 MiB", ("6.4 sockets/frame of more than 1 MiB",), stream("big-frame")),
    S("a dozen attempts to come back", ("6/22",), both(door("auth-error", 12), menu("updates-cut-at-fill"))),
    *(
        S(
            f"the feed is kept out by {code} frames",
            (f"6.4 sockets/{code} frame",),
            feed_door("auth-error", 3, code=code),
        )
        for code in (402, 404, 406, 409, 500)
    ),
    S("406 is the feed's first frame", ("6.4 sockets/406 as first frame", "6/34"), feed_door("first-frame-406")),
    S("the feed is called a slow client", ("6.4 sockets/407 frame", "6/34"), menu("slow-client", stream="data")),
)
QUOTES = (
    S("a stale quote", ("6.4 quotes/stale",), quote("quote-stale")),
    S("one-sided", ("6.4 quotes/one-sided", "6/35"), quote("quote-one-sided")),
    S("zero", ("6.4 quotes/zero", "6/35"), quote("quote-zero")),
    S("locked", ("6.4 quotes/locked", "6/35"), quote("quote-locked")),
    S("crossed", ("6.4 quotes/crossed", "6/35"), quote("quote-crossed", size=3.0)),
    S("wide", ("6.4 quotes/wide spread",), quote("quote-wide", size=5.0)),
    S("ten times the price", ("6.4 quotes/fat-finger price", "6/35"), quote("quote-fat-finger", size=10.0)),
    S("no sizes", ("6.4 quotes/size 0",), quote("quote-size-zero")),
    S(
        "stamped earlier than the one before",
        ("6.4 quotes/out-of-order timestamps", "6/35"),
        quote("quote-out-of-order"),
    ),
    S("stamped as the one before", ("6.4 quotes/equal timestamps",), quote("quote-equal-time")),
    S("stamped five seconds ahead", ("6.4 quotes/clock skew",), quote("quote-skew", ms=5_000.0)),
    S("fifty times each", ("6.4 quotes/burst", "6/36"), quote("quote-burst", size=50.0)),
    S("the router misses ticks", ("6.4 quotes/gap",), deafen_router),
    S("each twice", ("6.4 quotes/duplicate",), quote("quote-duplicate")),
    S("three seconds late", ("6.4 quotes/late", "6/33"), quote("quote-late", ms=3_000.0), lasts_s=4),
    S("a symbol is silent", ("6.4 quotes/symbol silence",), menu("quote-silence", symbol="AAA", for_s=5.0), lasts_s=5),
    S("the feed is gone for five seconds", ("6/32",), feed_door("upgrade-refused", 10), lasts_s=5),
)
MARKET = (
    S("a halt", ("6.4 market/halt and resume",), state("halt", halted, symbol="AAA", for_s=2.0), lasts_s=3),
    S("a volatility pause", ("6.4 market/LULD pause and bands",), state("luld-pause", halted, symbol="AAA", for_s=2.0)),
    S("a market-wide breaker", ("6.4 market/market-wide breaker",), state("market-halt", halted, for_s=2.0)),
    S("a print is corrected", ("6.4 market/trade correction", "6/35"), menu("trade-correction", symbol="AAA")),
    S("a print is cancelled", ("6.4 market/trade cancel", "6/35"), menu("trade-cancel", symbol="AAA")),
    S(
        "the session is over early",
        ("6.4 market/early close",),
        both(state("early-close", closed, for_s=4.0), cut_updates),
    ),
    S("no short sales", ("6.4 market/borrow status flips",), state("hard-to-borrow", refused("cannot be sold short"))),
    S("not tradable", ("6.4 market/asset becomes untradable",), state("untradable", refused("is not tradable"))),
    S("no active asset", (), state("inactive", refused("is not active"))),
    S("a print of the minute before", (), menu("late-trade", symbol="AAA")),
)
REST = (
    S(
        "answers two seconds late",
        ("6.4 REST/fixed and random latency",),
        menu("rest-latency", for_s=3.0, ms=2_000.0),
        20,
    ),
    S("no answer ever", ("6.4 REST/never answers", "6/12"), menu("rest-hang", count=3), 20),
    S("an answer byte by byte", ("6/12",), post("rest-drip", 2, ms=20.0)),
    S("429 with headers", ("6.4 REST/429 burst with headers", "6/13"), menu("rest-429", count=4), 20),
    S("429 without headers", ("6.4 REST/429 burst without headers", "6/13"), menu("rest-429-bare", count=4), 80),
    S("a cancel gets 429", ("6/13",), menu("rest-429", method="DELETE", count=2), 20),
    S("500, not executed", ("6.4 REST/500",), post("rest-500", 2), 20),
    S("502 with a page", ("6.4 REST/502 HTML",), post("rest-502", 2), 20),
    S("503", ("6.4 REST/503",), post("rest-503", 2), 20),
    S("504, not executed", ("6.4 REST/504",), post("rest-504", 2), 20),
    S("executed, then 504", ("6.4 REST/accept then 504",), post("accept-then-504", 2)),
    S("executed, then 500", ("6/10",), post("accept-then-500", 2)),
    S("executed, then dropped", ("6.4 REST/accept then drop", "6/6"), post("accept-then-drop", 2)),
    S("executed, the answer after 3 s", ("6.4 REST/accept then slow",), post("accept-then-slow", 2, ms=3_000.0)),
    S("never reached the venue", ("6/7",), post("rest-drop", 2), 20),
    S("given up, and arrives after 8 s", ("6/8",), post("slow-then-accept", 1, ms=8_000.0), 20),
    S("half of the JSON", ("6.4 REST/truncated JSON", "6/11"), post("rest-truncated", 2)),
    S("200 with a page", ("6/11",), post("rest-html", 2)),
    S("200 with nothing", ("6/11",), post("rest-empty", 2)),
    S("422 without a code", ("6.4 REST/missing code",), post("rest-no-code", 2)),
    S("401 in the middle of the day", ("6.4 REST/401 mid-session", "6/14"), menu("rest-401", count=5), 10, tells=SHUT),
    S("the account is blocked", ("6/14",), state("account-blocked", blocked, for_s=6.0), 10, lasts_s=6, tells=SHUT),
    S("only closing orders are taken", (), state("liquidation-only", refused("restricted to liquidation"), for_s=3.0)),
    S(
        "GETs tell of five seconds ago",
        ("6.4 REST/stale GET",),
        state("stale-get", answered(broker.PositionsReply), ms=5_000.0),
        10,
        6,
    ),
    S("nobody answers for half a minute", ("6/15",), menu("rest-drop", for_s=30.0), 40, lasts_s=30),
    S(
        "the router starts, and is answered 500",
        ("6/27",),
        both(menu("rest-500", method="GET", count=4), kill_router),
        20,
    ),
)
ORDERS = (
    S(
        "a cancel that stays pending",
        ("6.4 orders/stuck pending_cancel",),
        menu("stuck-pending-cancel", ms=3_000.0),
        10,
    ),
    S("the cancel loses to a fill", ("6.4 orders/cancel loses to fill", "6/16"), menu("cancel-loses")),
    S("the replace loses to a fill", ("6.4 orders/replace loses to fill", "6/17"), menu("replace-loses")),
    S("the cancel is refused", ("6.4 orders/order_cancel_rejected",), menu("cancel-rejected")),
    S("the replace is refused", ("6.4 orders/order_replace_rejected", "6/17"), menu("replace-rejected")),
    S("403 wash trade", ("6.4 orders/403 wash on demand",), menu("deny-wash", count=2)),
    S("403 insufficient qty", ("6.4 orders/403 insufficient qty on demand",), menu("deny-qty", count=2)),
    S("403 buying power", ("6.4 orders/403 buying power on demand",), menu("deny-buying-power", count=2)),
    S("403 day trading", (), menu("deny-day-trade", count=2)),
    S("a part fills, then nothing", ("6.4 orders/partial then nothing",), menu("partial-then-nothing")),
    S("200, then rejected", ("6.4 REST/reject after 200",), menu("reject-after-200", count=2)),
    S("the broker cancels", ("6/25",), again("broker-cancel", unasked)),
    *(
        S(f"the broker says {word}", ("6/25",), again("broker-event", told(word), word=word))
        for word in ("suspended", "stopped", "calculated", "held", "restated", "done_for_day")
    ),
    S(
        "the session ends over an order",
        ("6.4 market/session edges",),
        both(again("foreign-order", strangers, size=3.0), close_of_the_day),
        6,
        8,
        START_NS + TO_THE_CLOSE_NS,
    ),
    S("the broker lets orders expire", ("6/25",), expire),
    S("somebody else's order", ("6/26",), again("foreign-order", strangers, size=3.0)),
    S("somebody else's shares", ("6/26",), again("foreign-fill", strangers, size=3.0), 8),
    S("a fill is taken back", ("6/24",), again("trade-bust", told("trade_bust")), 8, frozen="trade_bust"),
    S(
        "a fill is booked again, dearer",
        ("6/24",),
        again("trade-correct", told("trade_correct")),
        8,
        frozen="trade_correct",
    ),
    S(
        "a fill is taken back, and the router dies",
        (),
        then(again("trade-bust", told("trade_bust")), kill_router),
        12,
        frozen="trade_bust",
    ),
    S(
        "a fill is booked again, dearer, and the router dies",
        (),
        then(again("trade-correct", told("trade_correct")), kill_router),
        12,
        frozen="trade_correct",
    ),
    S(
        "a fill is taken back while answers are lost",
        (),
        both(menu("rest-hang", method="GET", count=2), again("trade-bust", told("trade_bust"))),
        30,
        frozen="trade_bust",
    ),
    S(
        "a fill is taken back while GETs tell of five seconds ago",
        (),
        both(
            state("stale-get", answered(broker.PositionsReply), for_s=8.0, ms=5_000.0),
            again("trade-bust", told("trade_bust")),
        ),
        20,
        frozen="trade_bust",
    ),
    S(
        "a fill is taken back, and its update comes twice",
        (),
        both(menu("updates-duplicated", for_s=4.0), again("trade-bust", told("trade_bust"))),
        8,
        frozen="trade_bust",
    ),
)
UPDATES = (
    S(
        "updates are lost",
        ("6.4 updates/lost", "6/19"),
        menu("updates-lost", for_s=3.0),
        tells=("fills.unheard",),
    ),
    S(
        "updates come twice",
        ("6.4 updates/duplicated, also after terminal", "6/20"),
        menu("updates-duplicated", for_s=3.0),
    ),
    S(
        "an update comes after its successor",
        ("6.4 updates/fill before new", "6.4 updates/partial after fill", "6/20"),
        menu("updates-reordered", for_s=3.0),
    ),
    S("updates come 5 s late", ("6.4 updates/delayed",), menu("updates-delayed", for_s=3.0, ms=5_000.0)),
    S("updates come 30 s late", ("6/20",), menu("updates-delayed", for_s=3.0, ms=30_000.0), late=True),
    S("whole lives are told again", ("6.4 updates/replay of whole lives",), menu("updates-replay", for_s=3.0)),
    S("data null", ("6.4 updates/data null", "6/21"), menu("updates-null", count=3)),
    S("an unknown event", ("6.4 updates/unknown event", "6/21"), menu("updates-unknown-event", count=3)),
    S("an unknown status", ("6.4 updates/unknown status", "6/21"), menu("updates-unknown-status", count=3)),
    S("no submitted_at", ("6.4 updates/null submitted_at", "6/21"), menu("updates-null-submitted", count=3)),
    S("binary garbage", ("6/21",), menu("updates-garbage", count=3)),
    S(
        "the update comes before the answer",
        ("6.4 updates/event before the REST reply",),
        post("accept-then-slow", 2, ms=600.0),
    ),
    S("an order that is not ours", ("6.4 updates/update for an order not ours",), menu("updates-foreign", count=4)),
    S("cut exactly at a fill", ("6.4 updates/disconnect exactly at a fill", "6/22"), menu("updates-cut-at-fill")),
)
OURSELVES = (
    S("the router is killed", ("6/2", "6/53"), kill_router, 10),
    S("the router's disk stalls", ("6/31",), stall_disk(5.0), lasts_s=5),
    S("the router is killed while its disk stalls", ("6/31", "6/2"), kill_in_stall, 20),
    S("a strategy is killed", ("6/37",), kill_strategy, lasts_s=5),
    S("the kill switch, a request in flight", ("6/46",), both(menu("rest-hang", count=2), halt), 20),
    S("the kill switch while requests wait", ("6/46",), both(menu("rest-429", count=4), halt), 20),
    S("the kill switch while the books are compared", ("6/46",), both(cut_updates, halt), 20),
    S("the kill switch, and no strategy takes anything back", ("6/46",), then(orders_work, halt_alone), 20),
    S("the kill switch, and the router dies", ("6/46",), both(halt, kill_router), 20),
    S("the kill switch, the disk full", ("6/46", "6/30"), then(fill_disk, halt), 20),
    S("a flatten while answers are lost", ("6/47",), both(post("accept-then-drop", 2), flatten), 20),
    S("the clock an hour ahead", ("6/49",), jump_clock(3_600_000), 20),
    S("the clock an hour back", ("6/49",), jump_clock(-3_600_000), 20),
)
SCENES = (*SOCKETS, *QUOTES, *MARKET, *REST, *ORDERS, *UPDATES, *OURSELVES)
