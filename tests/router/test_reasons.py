"""The reason of a state names the cause before its effects: a broker that does not answer, a market that is closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
import msgspec
import pytest

from hft.words import Side, TradingState
from hftctl.assembling import assemble
from hftctl.screen import status_lines
from router import broker
from router.outage import FAILED_MIN, TEXT_CHARS_MAX, Outage
from tests.hftctl.pictures import facts
from tests.router.world import World

if TYPE_CHECKING:
    from hft.messages import Message

NOON_NS = 1_795_453_200 * 1_000_000_000  # 2026-11-23, 12:00:00 in New York
BUSY = "503 Service Unavailable"


def unknown(reason: str = BUSY) -> broker.BrokerUnknown:
    return broker.BrokerUnknown(ticket=1, request="GetAccount", client_order_id="", reason=reason)


def not_sent(reason: str, *, halted: bool = False, held: bool = False) -> broker.NotSent:
    return broker.NotSent(ticket=1, request="GetAccount", client_order_id="", reason=reason, halted=halted, held=held)


def rejected(status: int) -> broker.BrokerRejected:
    fields: dict[str, Any] = {"request": "GetAccount", "client_order_id": "", "code": 0, "retry_after_ms": 0}
    return broker.BrokerRejected(ticket=1, status=status, text="no", **fields)


def heard(*replies: Message) -> Outage:
    outage = Outage()
    for reply in replies:
        outage.note(reply, NOON_NS)
    return outage


def test_a_request_that_fails_alone_is_no_outage_and_so_many_in_a_row_are() -> None:
    assert heard(*[unknown()] * (FAILED_MIN - 1)).words == ()
    (words,) = heard(*[unknown()] * FAILED_MIN).words
    assert words.startswith(
        "the broker answers 503 Service Unavailable (3 requests in a row since 12:00:00 New York time)"
    )


def test_the_first_answer_ends_it() -> None:
    done = broker.CancelTaken(ticket=2)
    assert heard(*[unknown()] * 9, done).words == ()
    assert heard(*[unknown()] * 2, done, unknown()).cause == ""


def test_what_we_held_back_ourselves_says_nothing_of_the_broker() -> None:
    ours = (
        not_sent("it expired while it waited for its turn", held=True),
        not_sent("the HALT file is there", halted=True),
        not_sent("its record was not on disk after 1.0 s", held=True),
    )
    assert heard(*ours * 3).cause == ""
    assert heard(unknown(), *ours, unknown(), *ours, unknown()).cause != "", "and does not end an outage either"


@pytest.mark.parametrize(
    ("reply", "cause"),
    [
        (unknown("502 <html>Bad Gateway</html>"), "the broker answers 502 <html>Bad Gateway</html>"),
        (unknown("ReadTimeout: after 5 s"), "the broker does not answer: ReadTimeout: after 5 s"),
        (not_sent("no connection: refused"), "the broker does not answer: no connection: refused"),
        (rejected(401), "the broker refuses the keys: 401 no"),
        (rejected(422), ""),
    ],
)
def test_each_kind_of_silence_has_its_words(reply: Message, cause: str) -> None:
    assert heard(*[reply] * FAILED_MIN).cause == cause


def test_a_long_answer_is_cut() -> None:
    cause = heard(*[unknown("503 " + "x" * 500)] * FAILED_MIN).cause
    assert cause.startswith("the broker answers 503 xxx")
    assert len(cause) < len("the broker answers ") + TEXT_CHARS_MAX + 2


def down(world: World) -> World:
    """Let three orders get a 503, and nothing an answer any more."""
    for qty in (1, 2, 3):
        world.turn(world.order("mm", Side.BUY, qty))
    requests, world.requests = world.requests, []
    world.turn(*(_failed(request) for request in requests))
    world.turn()
    return world


def _failed(request: broker.Request) -> broker.BrokerUnknown:
    name = getattr(request, "client_order_id", "")
    return broker.BrokerUnknown(
        ticket=request.ticket, request=type(request).__name__, client_order_id=name, reason=BUSY
    )


def test_the_state_the_first_warning_and_the_screen_name_the_503_before_the_orders() -> None:
    status = down(World().ready()).status()
    assert status.state is TradingState.REDUCING
    assert status.reason == "the broker answers 503 Service Unavailable; more than 2 orders are unknown at the venue"
    assert status.warnings[0].startswith("the broker answers 503")
    lines = [click.unstyle(line) for line in status_lines(assemble(facts(router=status)), 140)]
    troubles = " ".join(line for line in lines if line.startswith(("! ", "  ")))
    assert troubles.index("answers 503") < troubles.index("orders may or may not be at the broker")


def test_the_reason_of_the_state_does_not_change_with_every_order_in_doubt() -> None:
    world = down(World().ready())
    before = world.status().reason
    world.turn(world.order("drift", Side.BUY, 1))
    assert world.status().reason == before


def test_a_closed_market_says_until_when() -> None:
    world = World().ready()
    told = world.broker.answer(broker.GetClock(ticket=0, priority=broker.Priority.QUERY))
    monday_ns = 1_796_049_000 * 1_000_000_000  # 2026-11-30, 09:30 in New York
    closed = msgspec.structs.replace(told, is_open=False, next_open_ns=monday_ns, next_close_ns=monday_ns + 1)
    world.turn(closed)
    assert world.status().reason == "the market is closed until Mon 2026-11-30 09:30 New York time"
