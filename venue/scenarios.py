"""Named markets. `null` has every relation switched off: whoever finds an edge there is wrong."""

from __future__ import annotations

from venue.generator import GOOD, POOR, Scenario
from venue.latent import World
from venue.lob import Flow

SCENARIOS = {
    "calm": Scenario(iex=GOOD),
    "poor": Scenario(iex=POOR),
    "open": Scenario(world=World(vol_scale=2.0), flow=Flow(spread_ticks=2), iex=GOOD),
    "null": Scenario(
        world=World(follows=False, pair_holds=False, premium_bps=0.0),
        flow=Flow(gain=0.0),
        iex=GOOD,
    ),
}
