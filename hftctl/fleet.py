"""What start, stop and restart do, and the words in which they tell of it. Returns the exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hft.errors import AlreadyRunning, ConfigError, Degraded, NotRunning
from hft.settings import load
from hftctl import roll, supervisor
from hftctl.flattening import flatten
from hftctl.health import exit_code
from hftctl.looking import look, settings_of
from hftctl.readiness import wait_ready
from hftctl.screen import holdings, status_lines
from hftctl.starting import begin, run_in_foreground
from hftctl.stopping import stop_fleet, stop_strategies
from hftctl.waiting import until
from recorder.days import day_of
from recorder.offline import days

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hft.home import Home
    from hft.settings import Loaded
    from hftctl.launching import Wish
    from hftctl.starting import Plan

    Say = Callable[..., None]

STOPPED_S_MAX = 26.0  # supervisord itself kills the slowest, the router, after 25


def start(home: Home, wish: Wish, wait_s: float, width: int, say: Say) -> int:
    """Start the fleet, or what is stopped of it; print the status. Returns 0 when all is ready."""
    if supervisor.pid_of(home):
        return _start_again(home, wish, wait_s, width, say)
    recorded = days(home)
    plan, daemon = begin(home, wish)
    fleet = plan.loaded.settings.fleet
    where = "the embedded exchange" if fleet.mode == "sim" else plan.loaded.base_url
    say(f"starting {len(plan.names)} processes on {where} in {home.root}", *played_before(plan, recorded))
    wait_ready(home, plan.names, wait_s, daemon)
    say("", *status_lines(look(plan.loaded), width))
    return 0


def played_before(plan: Plan, recorded: Sequence[str]) -> Iterator[str]:
    """Yield what to know of a recording whose day this home has already: it begins anew, and its record does not."""
    day = day_of(plan.launch.clock().now_ns())
    if plan.loaded.settings.sim.tape and day in recorded:
        yield f"note: {day} was played in this home before. Its record will hold both times, which no book tells apart:"
        yield "  hftctl --home DIR start … plays it alone, hftctl replay in seconds."


def start_in_foreground(home: Home, wish: Wish) -> None:
    """Become supervisord; does not return."""
    run_in_foreground(home, wish)


def _start_again(home: Home, wish: Wish, wait_s: float, width: int, say: Say) -> int:
    """Start what is stopped of a running fleet; refuse to make another fleet of it."""
    loaded = load(home)
    _refuse_another(loaded, wish, home)
    say(f"already running in {home.root} (supervisord pid {supervisor.pid_of(home)})")
    names = wish.strategies or roll.everyone(loaded.settings)
    missing = [name for name in names if name not in roll.alive(home, names)]
    for name in missing:
        say(f"starting {name}")
        supervisor.Supervisor(home).start(name)
    wait_ready(home, names, wait_s)
    picture = look(loaded)
    say("", *status_lines(picture, width))
    return exit_code(picture)


def _refuse_another(loaded: Loaded, wish: Wish, home: Home) -> None:
    fleet, sim = loaded.settings.fleet, loaded.settings.sim
    foreign = sorted(set(wish.strategies or ()) - set(fleet.strategies))
    differs = (
        (wish.mode not in {None, fleet.mode}, f"it trades on {fleet.mode}"),
        (bool(foreign), f"{', '.join(foreign)} is not part of it (it has {', '.join(fleet.strategies)})"),
        (wish.symbols is not None and set(wish.symbols) != set(fleet.symbols), f"it trades {', '.join(fleet.symbols)}"),
        (wish.seed not in {None, sim.seed}, f"its seed is {sim.seed}"),
        (wish.tape is not None and not sim.tape.endswith(wish.tape.rpartition("/")[2]), f"its tape is {sim.tape!r}"),
    )
    said = [text for differ, text in differs if differ]
    if said:
        raise AlreadyRunning(
            f"Another fleet is already running in {home.root}.",
            f"What you asked for is not what runs: {'; '.join(said)}.",
            "hftctl stop ends it; hftctl --home DIR start … runs another one beside it.",
        )


def stop(home: Home, strategies: tuple[str, ...], timeout_s: float, *, flat: bool, say: Say) -> int:
    """Stop the fleet or single strategies. Returns 0, or 4 when something is not flat though asked."""
    if strategies:
        return _stop_some(settings_of(home), strategies, timeout_s, flat=flat, say=say)
    not_flat = flat and _is_running(home) and not _flatten(home, "", timeout_s, say)
    outcome = stop_fleet(home, timeout_s, say)  # without the settings: a spoilt hft.toml must not keep a fleet alive
    if not outcome.was_running:
        say(f"already stopped: nothing of a fleet runs in {home.root}")
        return 0
    for text in outcome.trouble:
        say(f"  ! {text}")
    if outcome.forced:
        say(f"  ! killed, because it did not go by itself: {', '.join(outcome.forced)}")
    if outcome.left:
        who = ", ".join(f"{name} (pid {pid})" for name, pid in outcome.left.items())
        raise Degraded(f"Still there: {who}.", "They did not end, not even when killed.", "hftctl stop, once more.")
    say("stopped; no process is left")
    if outcome.positions:
        say(f"positions that stay: {holdings(outcome.positions)} (hftctl stop --flatten closes them)")
    return Degraded.exit_code if not_flat else 0


def _is_running(home: Home) -> bool:
    return bool(roll.anyone(home))


def _flatten(home: Home, strategy: str, timeout_s: float, say: Say) -> bool:
    say(f"flattening {strategy}".rstrip())
    result = flatten(home, (), strategy, timeout_s, say)
    said = result.text if result.ok else f"NOT flat: {result.text}"
    say(said, *(f"  left: {what}" for what in result.left))
    return result.ok


def _stop_some(loaded: Loaded, strategies: tuple[str, ...], timeout_s: float, *, flat: bool, say: Say) -> int:
    """Stop strategies, and close what they hold once they can open nothing more, if that was asked for."""
    _must_be_known(strategies, loaded.settings.fleet.strategies)
    _must_run(loaded.home)
    forced = stop_strategies(loaded.home, strategies)
    say(f"stopped {', '.join(strategies)}{'; killed: ' + ', '.join(forced) if forced else ''}")
    if not flat:
        say("working orders are cancelled; positions stay in the strategy's ledger")
        return 0
    flat_now = [_flatten(loaded.home, name, timeout_s, say) for name in strategies]
    return 0 if all(flat_now) else Degraded.exit_code


def restart(home: Home, processes: tuple[str, ...], wait_s: float, say: Say) -> int:
    """Restart processes one after the other. Returns 0 when each is ready again."""
    loaded = load(home)
    known = roll.everyone(loaded.settings)
    wanted = known if processes == ("all",) else processes
    _must_be_known(wanted, known)
    _must_run(home)
    daemon = supervisor.Supervisor(home)
    for name in wanted:
        say(f"restarting {name}")
        daemon.stop(name)
        until(lambda name=name: _is_stopped(daemon, name), STOPPED_S_MAX)  # type: ignore[misc]  # mypy cannot type a default in a lambda
        daemon.start(name)
        wait_ready(home, (name,), wait_s)
    say(f"ready: {', '.join(wanted)}")
    return 0


def _is_stopped(daemon: supervisor.Supervisor, name: str) -> bool:
    return daemon.processes()[name].statename in {"STOPPED", "EXITED", "FATAL"}


def _must_be_known(wanted: tuple[str, ...], known: tuple[str, ...]) -> None:
    for name in wanted:
        if name not in known:
            raise ConfigError(
                f"{name} is not part of this fleet.", f"It has {', '.join(known)}.", "hftctl status shows them."
            )


def _must_run(home: Home) -> None:
    if not supervisor.pid_of(home):
        raise NotRunning(f"No fleet is running in {home.root}.", "There is no supervisord.", "hftctl start starts one.")
