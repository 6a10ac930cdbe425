"""From what was seen to the picture that people and scripts get. Pure: given facts, returns the picture.

Rule: what is not known is null. The honest book's numbers come with the recorder's heartbeat; without one they stay
null here rather than being invented.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hft.clock import NS_PER_S, rfc3339
from hft.schema import PX_PER_USD
from hftctl import picture as p
from hftctl.own_limits import binding, described
from hftctl.roll import SUPERVISOR
from hftctl.whys import held_back
from recorder.book import UNCLAIMED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hft.control import PositionLine, RouterStatus, StrategyLine
    from hft.keys import Broker
    from hft.messages import Beat, WorkingOrder
    from hft.settings import Loaded
    from hftctl.supervisor import ProcessInfo

STARTING_S = 5.0  # after so long a process without a heartbeat is not starting, it is silent
SILENT_S = 5.0  # without any tick in an open market: worth a word
RECORDER, FEED, ALL = "recorder", "feed", "ALL"
PHASES = {
    "STARTING": "starting",
    "RUNNING": "starting: it has not said anything yet",
    "BACKOFF": "ended right after its start; supervisord tries again",
    "STOPPING": "stopping",
    "STOPPED": "stopped by hand; hftctl start {name} starts it",
    "EXITED": "ended and is not started again; hftctl logs {name} says why",
    "FATAL": "failed too often and is not started again; hftctl logs {name} says why",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What was seen. `pids` hold the locks, `beats` answered, `starts` counts since `hftctl start`."""

    loaded: Loaded
    now_ns: int
    names: tuple[str, ...]
    pids: Mapping[str, int]
    lock_age_s: Mapping[str, float]
    beats: Mapping[str, Beat]
    router: RouterStatus | None
    supervisor_pid: int
    supervised: Mapping[str, ProcessInfo]
    broker: Broker | None
    starts: Mapping[str, int]
    rss_mb: Mapping[str, float | None]
    halt_latched: bool
    env_is_open: bool

    @property
    def is_running(self) -> bool:
        """Return whether anything of the fleet lives."""
        return bool(self.pids) or bool(self.supervisor_pid)


def assemble(facts: Facts) -> p.Picture:
    """Return the picture."""
    router, settings = facts.router, facts.loaded.settings
    return p.Picture(
        schema=p.SCHEMA,
        time=rfc3339(facts.now_ns),
        home=str(facts.loaded.home.root),
        mode=settings.fleet.mode,
        running=facts.is_running,
        state=router.state.value if router else "HALTED" if facts.halt_latched else None,
        halt_reason=(router.reason or None) if router else None,
        market=_market(router),
        account=_account(facts),
        venue=_venue(facts.broker),
        budget=p.Budget(
            limit_per_min=router.requests_limit if router else settings.router.requests_per_min_max,
            used_last_min=router.requests_last_min if router else None,
        ),
        processes=tuple(_process(facts, name) for name in _all_names(facts)),
        strategies=tuple(_strategy(facts, name) for name in settings.fleet.strategies),
        positions=tuple(_position(line) for line in (router.positions if router else ())),
        orders=tuple(_order(order, facts.now_ns) for order in (router.orders if router else ())),
        unknown_orders=router.unknown_orders if router else 0,
        reconciliation=_reconciliation(router),
        feed=_feed(facts),
        warnings=tuple(_warnings(facts)),
    )


def usd(money: int) -> float:
    """Return 1e-4 dollar as dollars."""
    return round(money / PX_PER_USD, 4)


def _stamp(ns: int) -> str | None:
    return rfc3339(ns) if ns else None


def _market(router: RouterStatus | None) -> p.Market:
    if router is None:
        return p.Market()
    return p.Market(open=router.market_open, next_close=_stamp(router.next_close_ns), reduces=router.is_hour)


def _account(facts: Facts) -> p.Account:
    router = facts.router
    if router is None or not router.equity:  # the router has not read the account yet
        return p.Account()
    return p.Account(
        equity=usd(router.equity),
        cash=usd(router.cash),
        buying_power=usd(router.buying_power),
        day_pnl=usd(router.equity - router.last_equity),
        day_pnl_honest=_honest(facts, ALL),
        day_pnl_paper=usd(sum(_paper(facts, line) for line in router.strategies) + _nobodys(facts)),
    )


def _paper(facts: Facts, line: StrategyLine) -> int:
    """Return the paper profit of the day, as the honest one beside it is; of all days while the recorder is silent."""
    counters = facts.beats[RECORDER].counters if RECORDER in facts.beats else {}
    knows_the_day = f"honest_mid:{ALL}" in counters  # then a name it has not met made nothing today
    return counters.get(f"paper:{line.name}", 0 if knows_the_day else line.realised + line.unrealised)


def _nobodys(facts: Facts) -> int:
    """Return the paper profit of the day of shares that are nobody's: the honest one of all has theirs as well."""
    return facts.beats[RECORDER].counters.get(f"paper:{UNCLAIMED}", 0) if RECORDER in facts.beats else 0


def _honest(facts: Facts, name: str) -> p.Interval:
    """Return what the honest book says of the day of a strategy, or of ALL; a name it has not met made nothing."""
    counters = facts.beats[RECORDER].counters if RECORDER in facts.beats else {}
    if f"honest_mid:{ALL}" not in counters:
        return p.Interval()
    low, mid, high = (usd(counters.get(f"honest_{what}:{name}", 0)) for what in ("low", "mid", "high"))
    return p.Interval(low=low, mid=mid, high=high, leftover=usd(counters.get(f"leftover:{name}", 0)))


def _venue(broker: Broker | None) -> p.Venue | None:
    if broker is None:
        return None
    return p.Venue(rest=broker.rest, data=broker.data, news=broker.news, updates=broker.updates)


def _all_names(facts: Facts) -> tuple[str, ...]:
    strangers = tuple(name for name in facts.pids if name not in facts.names)
    return (*facts.names, *strangers)


def _process(facts: Facts, name: str) -> p.ProcessRow:
    pid, beat = facts.pids.get(name), facts.beats.get(name)
    if pid is None:
        info = facts.supervised.get(name)
        wanted = info is None or info.statename != "STOPPED"
        state = "warming" if info is not None and info.statename in {"STARTING", "RUNNING"} else "down"
        return p.ProcessRow(name=name, state=state, note=_why_down(info, name), wanted=wanted)
    row = p.ProcessRow(
        name=name,
        state="degraded",
        pid=pid,
        uptime_s=round(facts.lock_age_s.get(name, 0.0), 1),
        restarts=max(0, facts.starts.get(name, 1) - 1),
        rss_mb=facts.rss_mb.get(name),
        note="no heartbeat",
    )
    if beat is None:
        starting = facts.lock_age_s.get(name, 0.0) < STARTING_S
        return replace(row, state="warming", note="starting") if starting else row
    return replace(row, state=beat.state.value, note=beat.note)


def replace(row: p.ProcessRow, **changes: object) -> p.ProcessRow:
    """Return the row with some fields changed."""
    import msgspec

    return msgspec.structs.replace(row, **changes)


def _why_down(info: ProcessInfo | None, name: str) -> str:
    if info is None:
        return "not running"
    return PHASES.get(info.statename, info.statename.lower()).format(name=name)


def _strategy(facts: Facts, name: str) -> p.StrategyRow:
    beat, line, pid = facts.beats.get(name), _line(facts.router, name), facts.pids.get(name)
    process = _process(facts, name)
    state = process.state if pid is None else (beat.activity or "warming") if beat else "warming"
    own = facts.loaded.settings.own_limits(name)
    row = p.StrategyRow(name=name, state=state, pid=pid, why=process.note, limits=own)
    if line is None:
        return row
    return p.StrategyRow(
        name=name,
        state=state,
        pid=pid,
        why=process.note,
        epoch=line.epoch,
        positions={symbol: qty for symbol, qty in line.positions.items() if qty},
        working_orders=line.working_orders,
        fills=line.fills,
        pnl_paper=usd(_paper(facts, line)),
        pnl_honest=_honest(facts, name),
        orders=line.orders,
        refusals=line.refusals,
        router=held_back(line),
        last_refusal=line.last_refusal,
        suppressed=sum(line.suppressed.values()),
        fees=usd(line.fees),
        limits=own,
        limits_binding=binding(
            described(facts.loaded.settings, name), process.note, held_back(line), line.last_refusal
        ),
    )


def _line(router: RouterStatus | None, name: str) -> StrategyLine | None:
    found = [line for line in router.strategies if line.name == name] if router else []
    return found[0] if found else None


def _position(line: PositionLine) -> p.PositionRow:
    return p.PositionRow(
        symbol=line.symbol,
        qty=line.qty,
        broker_qty=line.broker_qty,
        avg_px=round(line.avg_px / PX_PER_USD, 6),
        ledgers=line.ledgers,
        unclaimed=line.unclaimed,
        mark_px=round(line.mark_px / PX_PER_USD, 6) if line.mark_px else None,
    )


def _order(order: WorkingOrder, now_ns: int) -> p.OrderRow:
    return p.OrderRow(
        client_order_id=order.client_order_id,
        order_id=order.order_id,
        strategy=order.strategy,
        symbol=order.symbol,
        side=order.side.word,
        qty=order.qty,
        cum_qty=order.cum_qty,
        px=usd(order.px),
        status=order.status.value,
        age_s=round(max(0, now_ns - order.created_ns) / NS_PER_S, 3),
    )


def _reconciliation(router: RouterStatus | None) -> p.Reconciliation:
    if router is None:
        return p.Reconciliation()
    return p.Reconciliation(
        state=router.reconciliation, last_ok=_stamp(router.reconciled_ns), breaks=tuple(router.breaks)
    )


def _feed(facts: Facts) -> p.FeedRow:
    router = facts.router
    symbols = tuple(facts.loaded.settings.fleet.symbols)
    if router is None:
        return p.FeedRow(symbols=symbols)
    age_s = round(max(0, facts.now_ns - router.feed_last_ns) / NS_PER_S, 3) if router.feed_last_ns else None
    return p.FeedRow(connected=router.feed_connected, symbols=symbols, last_message_age_s=age_s, gaps=router.feed_gaps)


def _warnings(facts: Facts) -> Iterator[str]:
    if facts.env_is_open:
        yield f"others can read {facts.loaded.home.env_file}: chmod 600 it"
    if not facts.is_running:
        return
    if facts.loaded.spoilt:
        yield facts.loaded.spoilt
    if facts.halt_latched:
        yield "the kill switch is set: nothing trades until hftctl resume"
    if not facts.supervisor_pid:
        yield f"{SUPERVISOR} is gone: nothing is restarted when it dies; hftctl stop, then hftctl start"
    strangers = [name for name in facts.pids if name not in facts.names]
    if strangers:
        yield f"running, but not part of this fleet's settings: {', '.join(strangers)}"
    if facts.router is None:
        yield "the router does not answer: positions and orders are not shown; hftctl flatten works without it"
    else:
        yield from _router_warnings(facts.router)
        yield from _market_warnings(facts, facts.router)
    for name, beat in facts.beats.items():
        if beat.counters.get("events_lost"):
            yield f"{name} lost {beat.counters['events_lost']} events: the recorder is too slow or down"
    yield from _waiting(facts)


def _waiting(facts: Facts) -> Iterator[str]:
    """Say how many events wait while the recorder is not heard, and that nothing else does."""
    is_starting = RECORDER in facts.pids and facts.lock_age_s.get(RECORDER, 0.0) < STARTING_S
    count = sum(beat.counters.get("events_waiting", 0) for beat in facts.beats.values())
    if RECORDER not in facts.beats and not is_starting and count:
        how = "gives no heartbeat, as when its disk is slow" if RECORDER in facts.pids else "is down"
        yield f"the recorder {how}: {count} events wait with their senders; nothing else waits for it"


def _router_warnings(router: RouterStatus) -> Iterator[str]:
    yield from router.warnings
    if router.unknown_orders:
        yield f"{router.unknown_orders} orders may or may not be at the broker; the router is finding out"
    if router.reconciliation != "ok":
        next_step = "hftctl resume takes the broker's word" if router.reconciliation == "broken" else ""
        why = "; ".join(filter(None, (*(router.breaks or (router.note,)), next_step)))
        yield f"reconciliation is {router.reconciliation}{f': {why}' if why else ''}"


def _market_warnings(facts: Facts, router: RouterStatus) -> Iterator[str]:
    """Say why nothing new is sent although everything runs: no ticks, or halts at the venue."""
    settings = facts.loaded.settings
    rate = settings.sim.rate if settings.fleet.mode == "sim" else 1.0
    silent_s = (facts.now_ns - router.feed_last_ns) / NS_PER_S
    if router.market_open and router.feed_connected and router.feed_last_ns and silent_s > SILENT_S * rate:
        stale_s = settings.limits.stale_after_ms / 1_000
        yield f"no tick for {silent_s / rate:.0f} s: no new order goes out on a price older than {stale_s:g} s"
    halted = facts.beats[FEED].counters.get("halted_symbols", 0) if FEED in facts.beats else 0
    if halted:
        yield f"{halted} of {len(settings.fleet.symbols)} symbols are halted at the venue: nothing is entered there"
