"""The same quotes and the same strategy in nautilus_trader's BacktestEngine; run by bench_replay with its own Python.

It prints one JSON line: how many quotes, CPU seconds, orders, fills. Loading, parsing and sorting are not counted. Its
report after the run can be left out (`lean`); what its portfolio keeps of every closed position cannot.
"""

# mypy: ignore-errors
# ruff: noqa: ANN001, ANN201, ANN204, D101, D102, D103
import csv
import json
import sys
import time
from pathlib import Path

from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.backtest.models import LatencyModel
from nautilus_trader.config import LoggingConfig
from nautilus_trader.model.currencies import USD
from nautilus_trader.model.data import QuoteTick
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide, TimeInForce
from nautilus_trader.model.identifiers import TraderId, Venue
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.test_kit.providers import TestInstrumentProvider
from nautilus_trader.trading.strategy import Strategy

WEIGHT, ENTER_BPS, REST_NS = 0.02, 2.0, 2_000_000_000


class Ema(Strategy):
    def __init__(self, instrument):
        super().__init__()
        self.instrument, self.average, self.held, self.last_ns = instrument, 0.0, 0, 0

    def on_start(self):
        self.subscribe_quote_ticks(self.instrument.id)

    def on_quote_tick(self, tick):
        mid = (float(tick.bid_price) + float(tick.ask_price)) / 2
        self.average = mid if not self.average else self.average + WEIGHT * (mid - self.average)
        if tick.ts_event - self.last_ns < REST_NS:
            return
        away_bps = (mid - self.average) / mid * 1e4
        if not self.held and abs(away_bps) > ENTER_BPS:
            side = OrderSide.SELL if away_bps > 0 else OrderSide.BUY
        elif self.held and (away_bps < 0) == (self.held < 0):
            side = OrderSide.BUY if self.held < 0 else OrderSide.SELL
        else:
            return
        self.last_ns = tick.ts_event
        px = tick.ask_price if side == OrderSide.BUY else tick.bid_price
        order = self.order_factory.limit(self.instrument.id, side, self.instrument.make_qty(1), px, TimeInForce.IOC)
        self.submit_order(order)

    def on_order_filled(self, event):
        self.held += 1 if event.order_side == OrderSide.BUY else -1


def quotes(path, instrument_id):
    found = []
    with Path(path).open(encoding="ascii") as file:
        for row in csv.DictReader(file):
            prices = Price(int(row["bid_px"]) / 1e4, 2), Price(int(row["ask_px"]) / 1e4, 2)
            sizes = Quantity(int(row["bid_qty"]), 0), Quantity(int(row["ask_qty"]), 0)
            found.append(QuoteTick(instrument_id, *prices, *sizes, int(row["t_ns"]), int(row["t_ns"])))
    return found


def main(path, symbol, order_ns, how):
    instrument = TestInstrumentProvider.equity(symbol=symbol, venue="XNAS")
    ticks = quotes(path, instrument.id)
    config = BacktestEngineConfig(
        trader_id=TraderId("B-001"), logging=LoggingConfig(bypass_logging=True), run_analysis=how != "lean"
    )
    engine = BacktestEngine(config)
    engine.add_venue(
        Venue("XNAS"),
        OmsType.NETTING,
        AccountType.MARGIN,
        [Money(100_000, USD)],
        base_currency=USD,
        latency_model=LatencyModel(base_latency_nanos=int(order_ns)),
    )
    engine.add_instrument(instrument)
    engine.add_data(ticks)
    engine.add_strategy(Ema(instrument))
    began = time.process_time()
    engine.run()
    cpu_s = time.process_time() - began
    orders = engine.cache.orders()
    fills = sum(1 for order in orders if int(order.filled_qty))
    print(json.dumps({"ticks": len(ticks), "cpu_s": cpu_s, "orders": len(orders), "fills": fills}))


main(*sys.argv[1:])
