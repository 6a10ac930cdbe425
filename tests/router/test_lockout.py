"""The broker shuts us out: a person hears of it once, and of its end. Row 6/14."""

from __future__ import annotations

import msgspec
import pytest

from hft import events
from router import broker
from tests.router.test_reconcile import asked_while_refused
from tests.router.world import World

S_MS = 1_000


@pytest.fixture
def world() -> World:
    return World().ready()


def answers(world: World, *statuses: int, code: int = 0) -> None:
    """Let the broker answer a cancel of no order with each status in turn."""
    for status in statuses:
        world.turn(
            broker.BrokerRejected(
                ticket=9_999, request="CancelRequest", client_order_id="", status=status, code=code, text="forbidden."
            )
        )


def test_refused_keys_are_told_once_with_what_to_do_and_so_is_their_end(world: World) -> None:
    asked_while_refused(world, 60)
    (lost,) = world.told(events.AccessLost)
    assert lost.reason.startswith("the broker refuses the keys: 401")
    assert lost.advice.endswith(".env, then: hftctl restart feed router guardian"), (
        "all that hold keys; the feed is gone"
    )
    assert world.told(events.AccessRestored) == []
    world.run(100 * S_MS, 500)
    assert len(world.told(events.AccessRestored)) == 1
    assert len(world.told(events.AccessLost)) == 1


def test_keys_that_are_taken_in_between_are_still_one_incident(world: World) -> None:
    for _ in range(5):
        asked_while_refused(world, 20)
        assert world.core.gates.standing().is_halted
        while world.core.gates.standing().is_halted:
            world.run(1 * S_MS, 200)
    assert len(world.told(events.AccessLost)) == 1
    assert world.told(events.AccessRestored) == []


def test_a_blocked_account_is_told_and_so_is_that_it_is_free(world: World) -> None:
    account = world.core.desk.account
    assert account is not None
    world.turn(msgspec.structs.replace(account, blocked="trading blocked"))
    (lost,) = world.told(events.AccessLost)
    assert lost.reason == "the broker blocks the account: trading blocked"
    assert "Alpaca" in lost.advice
    world.run(60 * S_MS, 500)
    assert len(world.told(events.AccessRestored)) == 1


def test_403_without_a_code_is_about_the_keys_and_with_one_about_the_request(world: World) -> None:
    answers(world, 403, 403, 403, code=40_310_000)
    assert world.told(events.AccessLost) == []
    answers(world, 403, 403, 403)
    (lost,) = world.told(events.AccessLost)
    assert lost.reason == "the broker refuses the keys: 403 forbidden."
    assert world.core.gates.standing().is_halted


def test_keys_that_the_stream_refuses_at_the_start_are_told_before_anything_is_asked() -> None:
    world = World()
    world.turn(broker.UpdatesDown(reason="failed to authenticate", refused=True))
    (lost,) = world.told(events.AccessLost)
    assert lost.reason == "the broker refuses the keys: trade updates failed to authenticate"
    world.turn(
        broker.UpdatesDown(reason="connection reset")
    )  # the next attempt ends otherwise: nothing was accepted yet
    world.run(60 * S_MS, 500)
    assert world.told(events.AccessRestored) == []
    world.ready()
    world.run(60 * S_MS, 500)
    assert len(world.told(events.AccessLost)) == len(world.told(events.AccessRestored)) == 1
