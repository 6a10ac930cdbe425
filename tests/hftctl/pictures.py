"""Facts of a fleet at one moment, made up, for the tests of what is shown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from hft.clock import NS_PER_S
from hft.control import PositionLine, RouterStatus, StrategyLine
from hft.home import Home
from hft.messages import Beat, WorkingOrder
from hft.schema import Fleet, Settings
from hft.settings import Launch, Loaded
from hft.words import Health, OrdStatus, Side, TradingState
from hftctl.assembling import Facts

if TYPE_CHECKING:
    from collections.abc import Mapping

Value = TypeVar("Value")
NOW_NS = 1_795_445_100 * NS_PER_S  # 2026-11-23T14:45:00Z
CLOSE_NS = 1_795_467_600 * NS_PER_S
NAMES = ("venue", "recorder", "router", "guardian", "feed", "mm", "drift")


def beat(name: str, **changes: object) -> Beat:
    """Return the heartbeat of a process that is well."""
    made = Beat(
        process=name,
        epoch=3,
        pid=100 + NAMES.index(name),
        seq=1,
        state=Health.READY,
        note=f"{name} is fine",
        started_ns=NOW_NS,
        loop_delay_ms_max=0.1,
        counters={},
        activity="trading" if name in {"mm", "drift"} else "",
    )
    return msgspec.structs.replace(made, **changes)


def router_status(**changes: object) -> RouterStatus:
    """Return the account of a router that is well: mm holds 40 SPY and works one order."""
    made = RouterStatus(
        peer="ctl",
        router_epoch=2,
        now_ns=NOW_NS,
        state=TradingState.ACTIVE,
        reason="",
        ready=True,
        note="",
        market_open=True,
        next_close_ns=CLOSE_NS,
        equity=1_000_031_200,
        cash=800_000_000,
        buying_power=1_600_000_000,
        last_equity=1_000_000_000,
        requests_last_min=12,
        requests_limit=200,
        updates_connected=True,
        reconciliation="ok",
        reconciled_ns=NOW_NS - NS_PER_S,
        breaks=(),
        positions=(
            PositionLine(
                symbol="SPY", qty=40, broker_qty=40, avg_px=5_000_000.0, ledgers={"mm": 40}, unclaimed=0, mark_px=5.01e6
            ),
        ),
        strategies=(_line("mm", {"SPY": 40}, 40_000), _line("drift", {}, 0)),
        orders=(
            WorkingOrder(
                client_order_id="h1-mm-2-7",
                order_id="o-7",
                strategy="mm",
                symbol="SPY",
                side=Side.SELL,
                qty=40,
                cum_qty=0,
                px=5_010_500,
                status=OrdStatus.NEW,
                created_ns=NOW_NS - 2 * NS_PER_S,
            ),
        ),
        unknown_orders=0,
        feed_connected=True,
        feed_last_ns=NOW_NS - NS_PER_S // 5,
        feed_gaps=0,
    )
    return msgspec.structs.replace(made, **changes)


def _line(name: str, positions: dict[str, int], unrealised: int) -> StrategyLine:
    return StrategyLine(
        name=name,
        epoch=4,
        connected=True,
        state=TradingState.ACTIVE,
        reason="",
        positions=positions,
        working_orders=len(positions),
        orders=9,
        fills=3 * len(positions),
        shares=40,
        refusals=0,
        rejects=0,
        realised=0,
        unrealised=unrealised,
        fees=0,
    )


def loaded(home: Path = Path("/nowhere")) -> Loaded:
    """Return the settings of a fleet of two, in a home that need not exist."""
    return Loaded(
        home=Home(home),
        settings=Settings(fleet=Fleet(symbols=("SPY", "QQQ", "AAPL", "MSFT"), strategies=("mm", "drift"))),
        origins={},
        base_url="https://paper-api.alpaca.markets",
        account_keys=None,
        webhook_url="",
        launch=Launch(launch_id="l"),
    )


def facts(**changes: object) -> Facts:
    """Return what is seen of a fleet that is well."""
    told: dict[str, Any] = {
        "loaded": loaded(),
        "now_ns": NOW_NS,
        "names": NAMES,
        "pids": {name: 100 + number for number, name in enumerate(NAMES)},
        "lock_age_s": dict.fromkeys(NAMES, 62.0),
        "beats": {name: beat(name) for name in NAMES},
        "router": router_status(),
        "supervisor_pid": 99,
        "supervised": {},
        "broker": None,
        "starts": dict.fromkeys(NAMES, 1),
        "rss_mb": dict.fromkeys(NAMES, 30.5),
        "halt_latched": False,
        "env_is_open": False,
    }
    return Facts(**{**told, **changes})


def without(names: tuple[str, ...], what: Mapping[str, Value]) -> dict[str, Value]:
    """Return a mapping without some keys."""
    return {name: value for name, value in what.items() if name not in names}
