"""The asset list: what the market source trades and what an account holds, with Alpaca's JSON (section 3.4)."""

from __future__ import annotations

import re
from typing import Any

from venue.ids import asset_id

TICKER = re.compile(r"\A[A-Z]{1,5}(\.[A-Z])?\Z")
NAMES = {
    "SPY": ("SPDR S&P 500 ETF Trust", "ARCA"),
    "IWM": ("iShares Russell 2000 ETF", "ARCA"),
    "XLK": ("Technology Select Sector SPDR Fund", "ARCA"),
    "QQQ": ("Invesco QQQ Trust", "NASDAQ"),
    "AAPL": ("Apple Inc. Common Stock", "NASDAQ"),
    "AMZN": ("Amazon.com, Inc. Common Stock", "NASDAQ"),
    "MSFT": ("Microsoft Corporation Common Stock", "NASDAQ"),
    "NVDA": ("NVIDIA Corporation Common Stock", "NASDAQ"),
    "PEP": ("PepsiCo, Inc. Common Stock", "NASDAQ"),
    "KO": ("Coca-Cola Company (The)", "NYSE"),
    "JPM": ("JPMorgan Chase & Co.", "NYSE"),
    "XOM": ("Exxon Mobil Corporation", "NYSE"),
}


def is_ticker(symbol: str) -> bool:
    """Return whether a text looks like a US equity symbol."""
    return TICKER.match(symbol) is not None


def tape_of(symbol: str) -> str:
    """Return the consolidated tape: A New York, B Arca and regional, C Nasdaq."""
    return {"NYSE": "A", "ARCA": "B"}.get(exchange_of(symbol), "C")


def exchange_of(symbol: str) -> str:
    """Return the listing exchange."""
    return NAMES.get(symbol, ("", "NASDAQ"))[1]


def asset_json(symbol: str) -> dict[str, Any]:
    """Return Alpaca's Asset object."""
    return {
        "id": asset_id(symbol),
        "class": "us_equity",
        "exchange": exchange_of(symbol),
        "symbol": symbol,
        "name": NAMES.get(symbol, (f"{symbol} Common Stock", ""))[0],
        "status": "active",
        "tradable": True,
        "marginable": True,
        "maintenance_margin_requirement": 30,
        "margin_requirement_long": "30",
        "margin_requirement_short": "30",
        "shortable": True,
        "easy_to_borrow": True,
        "borrow_status": "easy_to_borrow",
        "fractionable": True,
        "attributes": [],
    }
