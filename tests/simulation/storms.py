"""One seed as a test runs it: two wild families on two symbols, a cheap market, one storm."""

from __future__ import annotations

from pathlib import Path

from hft.clock import NS_PER_S
from hft.schema import Fleet, Limits, RouterSettings, Settings
from replay.chaos import Chaos
from replay.fleet import Plan
from replay.latency import LOOPBACK
from tests.simulation.markets import Walk
from venue.config import VenueConfig

FAMILIES = Path(__file__).parent / "families"
START_NS = 1_795_453_200 * NS_PER_S  # 2026-11-23 12:00 in New York, a Monday
MIDS = {"AAA": 1_000_000, "BBB": 400_000}
LIMITS = Limits(
    strategy_orders_per_min_max=600,
    strategy_working_orders_max=10,
    daily_loss_usd_max=1e6,
    strategy_daily_loss_usd_max=1e6,
    spread_bps_max=200.0,
    collar_bps=200.0,
)

REQUESTS_PER_MIN = 2_000
VENUE = VenueConfig(requests_per_min=REQUESTS_PER_MIN, partial_fill_pct=50.0)


NAMES = ("monkey", "gibbon")
ROUTER = RouterSettings(
    requests_per_min_max=REQUESTS_PER_MIN,
    requests_reserved=400,
    read_timeout_ms=1_000,
    poll_orders_every_ms=2_000,
    reconcile_every_ms=4_000,
)


def storm(
    seed: int,
    folder: Path,
    *,
    clocks: bool = True,
    stalls: bool = True,
    start_ns: int = START_NS,
    limits: Limits = LIMITS,
    router: RouterSettings = ROUTER,
    wake_ms: int = 20,
) -> Chaos:
    """Return a storm that has not begun."""
    settings = Settings(
        fleet=Fleet(symbols=tuple(MIDS), strategies=NAMES),
        limits=limits,
        router=router,
        strategy={name: {"seed": seed} for name in NAMES},
    )
    plan = Plan(
        settings=settings,
        ways=LOOPBACK,
        seed=seed,
        families_dir=str(FAMILIES),
        venue=VENUE,
        router_wake_ms=wake_ms,
        router_idle_ms=wake_ms,
    )
    return Chaos(plan, Walk(seed, start_ns, MIDS), start_ns, seed=seed, folder=folder, clocks=clocks, stalls=stalls)
