"""The same file and the same strategy in nautilus_trader's BacktestEngine; run by bench_replay with its own Python.

It prints one JSON line: how many quotes, how many CPU seconds, how many orders. Loading and parsing are not counted.
"""

# mypy: ignore-errors
# ruff: noqa: ANN001, ANN201, ANN204, D101, D102, D103, PTH123
import csv
import gzip
import json
import sys
import time

from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
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


def quotes(path, symbol, instrument_id, until_ns):
    found, first_ns = [], 0
    with gzip.open(path, "rt") if path.endswith(".gz") else open(path) as file:
        for row in csv.reader(file):
            if row[1] != symbol or row[2] != "q":
                continue
            t_ns, bid, ask = int(row[0]), int(row[4]), int(row[6])
            first_ns = first_ns or t_ns
            if t_ns > first_ns + until_ns:
                break
            if bid and ask:
                prices = Price(bid / 1e4, 2), Price(ask / 1e4, 2)
                sizes = Quantity(int(row[5]), 0), Quantity(int(row[7]), 0)
                found.append(QuoteTick(instrument_id, *prices, *sizes, t_ns, t_ns))
    return found


def main(path, symbol, seconds):
    instrument = TestInstrumentProvider.equity(symbol=symbol, venue="XNAS")
    ticks = quotes(path, symbol, instrument.id, int(float(seconds) * 1e9))
    logging = LoggingConfig(bypass_logging=True)
    engine = BacktestEngine(BacktestEngineConfig(trader_id=TraderId("B-001"), logging=logging))
    money = [Money(100_000, USD)]
    engine.add_venue(Venue("XNAS"), OmsType.NETTING, AccountType.MARGIN, money, base_currency=USD)
    engine.add_instrument(instrument)
    engine.add_data(ticks)
    engine.add_strategy(Ema(instrument))
    began = time.process_time()
    engine.run()
    cpu_s = time.process_time() - began
    print(json.dumps({"ticks": len(ticks), "cpu_s": cpu_s, "orders": len(engine.cache.orders())}))


main(*sys.argv[1:])
