"""A run that is heard again says the same; a parameter that was changed since is found at its first word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from hft import codec
from hft.actor import Report
from hft.errors import ConfigError
from hft.inputs import Began, Entry, Heard, InputTape, Listening, Said, code_of, path_of, read
from hft.messages import Gap, NewOrder, ReplaceOrder
from replay.fleet import Fleet
from replay.sources import GENERATED_DAY
from replay.verify import compare, verify
from strategies.sdk.core import StrategyCore
from tests.replay.plans import generated, plan, seconds

if TYPE_CHECKING:
    from pathlib import Path

    from replay.strategy import StrategyNode


class Told(StrategyCore):
    """The core as the process runs it."""

    def report(self, _: int) -> Report:
        return Report(**self.standing()._asdict())


def listen(node: StrategyNode, data: Path, start_ns: int) -> InputTape:
    """Let a strategy of a simulated fleet keep its tape as a process does."""
    means = plan().settings.means(node.name)
    began = Began(name=node.name, epoch=1, pid=1, at_ns=start_ns, version="1", made=means)
    tape = InputTape(path_of(data, node.name, 1), began)
    node.core = Listening(Told(node.strategy_core.strategy, pid=1), tape)
    return tape


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("data")
    opened = generated()
    fleet = Fleet(plan(), opened.source, opened.start_ns)
    tapes = [listen(node, data, opened.start_ns) for node in fleet.strategies.values()]
    fleet.begin()
    fleet.run(seconds(opened, 45))
    fleet.finish()
    for tape in tapes:
        tape.close()
    return data


def test_every_run_of_the_day_says_the_same_again(recorded: Path) -> None:
    verdicts = verify(recorded, GENERATED_DAY)
    assert [verdict.strategy for verdict in verdicts] == ["drift", "mm"]
    assert all(verdict.is_clean for verdict in verdicts), verdicts
    assert all(verdict.said > 5 and verdict.inputs > 400 for verdict in verdicts)


def orders(path: Path) -> list[NewOrder | ReplaceOrder]:
    """Return the orders that a tape says."""
    said = [entry.body for entry in read(path) if isinstance(entry, Said)]
    found = [codec.decode(body) for body in said if b"NewOrder" in body or b"ReplaceOrder" in body]
    return [order for order in found if isinstance(order, NewOrder | ReplaceOrder)]


def test_no_reading_of_a_clock_is_in_what_is_compared(recorded: Path) -> None:
    said = [order for name in ("drift", "mm") for order in orders(path_of(recorded, name, 1))]
    assert len(said) > 5
    assert {(order.tick_ns, order.decided_ns) for order in said} == {(0, 0)}, "the shell writes them after the tape"


def test_a_tape_from_before_orders_had_a_time_of_decision_says_the_same(recorded: Path, tmp_path: Path) -> None:
    cut = []

    def older(entry: Entry) -> Entry:
        words = msgspec.msgpack.decode(entry.body) if isinstance(entry, Said) else None
        if isinstance(words, list) and words[0] in {"NewOrder", "ReplaceOrder"}:
            cut.append(words[-2:])
            return Said(msgspec.msgpack.encode(words[:-2]))
        return entry

    verdict = compare(rewritten(path_of(recorded, "mm", 1), tmp_path, older))
    assert len(cut) > 5
    assert verdict.is_clean, verdict


def test_another_price_on_such_a_tape_is_found(recorded: Path, tmp_path: Path) -> None:
    first = orders(path_of(recorded, "mm", 1))[0]

    def other(entry: Entry) -> Entry:
        if isinstance(entry, Said) and entry.body == codec.encode(first):
            words = msgspec.msgpack.decode(codec.encode(msgspec.structs.replace(first, px=first.px + 100)))
            return Said(msgspec.msgpack.encode(words[:-2]))
        return entry

    verdict = compare(rewritten(path_of(recorded, "mm", 1), tmp_path, other))
    assert verdict.divergence is not None
    assert str(first.px) in verdict.divergence.again


def test_a_run_that_outlasted_its_day_is_heard_on_both(recorded: Path, tmp_path: Path) -> None:
    night_ns = 24 * 3_600 * 10**9
    began, *entries = read(path_of(recorded, "drift", 1))
    assert isinstance(began, Began)
    tape = InputTape(path_of(tmp_path, "drift", 1), msgspec.structs.replace(began, at_ns=began.at_ns - night_ns))
    for entry in entries[:500]:
        tape.add(entry)
    tape.close()
    for day in (GENERATED_DAY, "2024-06-02"):
        assert [(verdict.strategy, verdict.is_clean) for verdict in verify(tmp_path, day)] == [("drift", True)]


def rewritten(path: Path, folder: Path, change: Any) -> Path:  # noqa: ANN401 a function on entries
    """Return a copy of a tape with changed entries."""
    entries: list[Entry] = [change(entry) for entry in read(path)]
    began = entries[0]
    assert isinstance(began, Began)
    tape = InputTape(path_of(folder, began.name, began.epoch), began)
    for entry in entries[1:]:
        tape.add(entry)
    tape.close()
    return path_of(folder, began.name, began.epoch)


def test_a_changed_parameter_is_found_with_its_input_and_both_answers(recorded: Path, tmp_path: Path) -> None:
    def other(entry: Entry) -> Entry:
        if isinstance(entry, Began):
            return msgspec.structs.replace(
                entry,
                made={**entry.made, "given": {"observe_min": 300.0}},
                code={**code_of("strategies"), "strategies.mm": 1},
            )
        return entry

    verdict = compare(rewritten(path_of(recorded, "mm", 1), tmp_path, other))
    assert not verdict.is_clean
    first = verdict.divergence
    assert first is not None
    assert first.then != first.again
    assert first.heard
    assert verdict.changed == ("strategies.mm",)
    assert 0 < first.number <= verdict.inputs


def inputs_gap(entry: Heard) -> Heard:
    """Return an input that says nothing, at the same time."""
    return Heard(entry.now_ns, codec.encode(Gap(stream="health", topic="router", missed=1)))


def test_an_input_that_was_not_told_is_found_where_it_first_matters(recorded: Path, tmp_path: Path) -> None:
    path = path_of(recorded, "drift", 1)
    answer = next(entry for entry in read(path) if isinstance(entry, Heard) and b"Accepted" in entry.body)
    silence = inputs_gap(answer)

    def forget(entry: Entry) -> Entry:
        return silence if entry == answer else entry

    verdict = compare(rewritten(path, tmp_path, forget))
    assert verdict.divergence is not None
    assert verdict.divergence.at_ns > answer.now_ns


def test_a_family_that_is_gone_is_told_and_no_verdict_is_made_up(recorded: Path, tmp_path: Path) -> None:
    def renamed(entry: Entry) -> Entry:
        return msgspec.structs.replace(entry, name="vanished") if isinstance(entry, Began) else entry

    verdict = compare(rewritten(path_of(recorded, "mm", 1), tmp_path, renamed))
    assert not verdict.is_clean
    assert "vanished" in verdict.trouble


def test_a_day_without_tapes_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="on tape"):
        verify(tmp_path, "2030-01-01")


def test_a_strategy_of_which_there_is_no_tape_is_not_passed_over(recorded: Path) -> None:
    with pytest.raises(ConfigError, match="No inputs of nobody are on tape") as refused:
        verify(recorded, GENERATED_DAY, ("drift", "nobody"))
    assert "drift" in refused.value.why
    assert refused.value.next_step == "Leave --strategy nobody away."
