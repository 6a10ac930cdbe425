"""Named markets. `null` has every relation switched off: whoever finds an edge there is wrong.

`calm` is the everyday; `poor` shows IEX as it was in 2018; `open` is the first minutes; `news` has headlines that move
prices; `crash` falls some 9 % in ninety seconds, into its bands; `halt` stops the first symbol after a minute; in
`toxic` half of the market orders know what comes. `null-book` has books that follow nothing at all; the bare
mechanics of empty queues then foretell the next second a little (correlation about .2), so `null` keeps its books.
"""

from __future__ import annotations

from venue.generator import Scenario, Shock
from venue.happenings import Halt, NewsPlan
from venue.iex import POOR
from venue.latent import World
from venue.lob import Flow

NULL = World(follows=False, pair_holds=False, premium_bps=0.0)
SCENARIOS = {
    "calm": Scenario(),
    "poor": Scenario(iex=POOR),
    "open": Scenario(world=World(vol_scale=2.5), flow=Flow(spread_ticks=2, market=0.12)),
    "news": Scenario(news=NewsPlan(every_s=20.0)),
    "crash": Scenario(shock=Shock()),
    "halt": Scenario(halts=(Halt(0, 60.0, 60.0),)),
    "toxic": Scenario(flow=Flow(toxic=0.5)),
    "null": Scenario(world=NULL),
    "null-book": Scenario(world=NULL, flow=Flow(gain=0.0)),
}
