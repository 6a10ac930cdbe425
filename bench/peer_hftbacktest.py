"""The same quotes and the same strategy in hftbacktest's compiled engine; run by bench_replay with its own Python.

It prints one JSON line like peer_nautilus.py. Loading, parsing and numba's compiling are not counted: the run that is
timed is the second one. hftbacktest plays level-2 events, so each quote becomes the changes of its two sides.
"""

# mypy: ignore-errors
# ruff: noqa: ANN001, ANN201, D103, FBT003
import csv
import json
import sys
import time
from pathlib import Path

import numpy as np
from hftbacktest import (
    BUY_EVENT,
    DEPTH_EVENT,
    EXCH_EVENT,
    LIMIT,
    LOCAL_EVENT,
    SELL_EVENT,
    BacktestAsset,
    HashMapMarketDepthBacktest,
)
from hftbacktest.order import IOC
from hftbacktest.types import event_dtype
from numba import njit

WEIGHT, ENTER_BPS, REST_NS, TICK_USD = 0.02, 2.0, 2_000_000_000, 0.01
DEPTH = DEPTH_EVENT | EXCH_EVENT | LOCAL_EVENT
FEED, CLOSED = 2, 1  # what wait_next_feed answers: news of the market; the data are at their end


@njit
def ema(hbt):
    average, last_ns, number, sent, ticks = 0.0, 0, 1, 0, 0
    while True:
        what = hbt.wait_next_feed(False, 10**18)
        if what == CLOSED:
            return ticks, sent
        depth = hbt.depth(0)
        bid, ask, now_ns = depth.best_bid, depth.best_ask, hbt.current_timestamp
        if what != FEED or not 0 < bid < ask:
            continue
        ticks += 1
        mid = (bid + ask) / 2
        average = mid if average == 0.0 else average + WEIGHT * (mid - average)
        if now_ns - last_ns < REST_NS:
            continue
        away_bps, held = (mid - average) / mid * 1e4, hbt.position(0)
        if held == 0 and abs(away_bps) > ENTER_BPS:
            buys = away_bps < 0
        elif held != 0 and (away_bps < 0) == (held < 0):
            buys = held < 0
        else:
            continue
        last_ns = now_ns
        hbt.clear_inactive_orders(0)
        if buys:
            hbt.submit_buy_order(0, number, ask, 1.0, IOC, LIMIT, False)
        else:
            hbt.submit_sell_order(0, number, bid, 1.0, IOC, LIMIT, False)
        number += 1
        sent += 1


def changes(path):
    """Return the events of a file of quotes: the sides that changed, an old price taken away first."""
    found, sides = [], {BUY_EVENT: (0, 0), SELL_EVENT: (0, 0)}
    with Path(path).open(encoding="ascii") as file:
        for row in csv.DictReader(file):
            t_ns = int(row["t_ns"])
            for side, name in ((BUY_EVENT, "bid"), (SELL_EVENT, "ask")):
                now, (px, qty) = (int(row[f"{name}_px"]), int(row[f"{name}_qty"])), sides[side]
                if px and px != now[0]:
                    found.append((DEPTH | side, t_ns, t_ns, px / 1e4, 0.0, 0, 0, 0.0))
                if (px, qty) != now:
                    found.append((DEPTH | side, t_ns, t_ns, now[0] / 1e4, float(now[1]), 0, 0, 0.0))
                sides[side] = now
    return np.array(found, dtype=event_dtype)


def market(events, order_ns):
    asset = BacktestAsset().data(events).linear_asset(1.0).constant_order_latency(order_ns, order_ns)
    asset = asset.risk_adverse_queue_model().no_partial_fill_exchange().trading_value_fee_model(0.0, 0.0)
    return HashMapMarketDepthBacktest([asset.tick_size(TICK_USD).lot_size(1.0)])


def main(path, feed_ns, order_ns):
    events = changes(path)
    events["local_ts"] += int(feed_ns)  # the engine keeps a pointer to these very bytes
    with Path(path).open(encoding="ascii") as file:
        quotes = sum(1 for _ in file) - 1
    for _ in range(2):
        played = market(events, int(order_ns))
        began = time.process_time()
        ticks, sent = ema(played)
        cpu_s = time.process_time() - began
        fills = int(played.state_values(0).num_trades)
        played.close()
    print(json.dumps({"ticks": quotes, "cpu_s": cpu_s, "orders": sent, "fills": fills, "seen": ticks}))


main(*sys.argv[1:])
