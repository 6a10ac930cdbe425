"""Units of the exchange, and how they look on Alpaca's wire.

Prices are int 1e-4 dollar. Quantities are int 1e-9 share, because Alpaca trades fractions of up to nine decimals.
Money is their exact product, int 1e-13 dollar: no sum in here ever rounds. Times are int ns UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")

PX_PER_USD = 10_000
SHARE = 1_000_000_000
USD = PX_PER_USD * SHARE
NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000
CENT_PX = 100

PX_DECIMALS = 4
QTY_DECIMALS = 9
MONEY_DECIMALS = 13
AVG_PX_DECIMALS = 6

PX_MAX = 10_000_000 * PX_PER_USD
QTY_MAX = 1_000_000_000 * SHARE
TEXT_CHARS_MAX = 32
INT_MAX = 10**18


def scaled(value: object, decimals: int) -> int | None:
    """Return a wire number (JSON number or string) times 10^decimals, exactly; None if it is no such number."""
    number = exact(value)
    return None if number is None else times_ten_to(number, decimals)


def exact(value: object) -> int | Decimal | None:
    """Return a wire number exactly as it was written; None if it is no finite number of a sane length."""
    kind = type(value)
    if kind is int:
        return value if -INT_MAX < value < INT_MAX else None  # type: ignore[operator,return-value]  # its type is int
    if kind is float:
        text = repr(value)
    elif kind is str:
        text = value.strip()  # type: ignore[attr-defined]  # its type is str
        if len(text) > TEXT_CHARS_MAX or "_" in text:
            return None
    else:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    if not number:
        return 0
    return number if number.is_finite() and abs(number.adjusted()) < TEXT_CHARS_MAX else None


def times_ten_to(number: int | Decimal, decimals: int) -> int | None:
    """Return number x 10^decimals; None where that is not whole."""
    if isinstance(number, int):
        return number * int(10**decimals)
    numerator, denominator = number.as_integer_ratio()  # Decimal's own arithmetic would round to its context
    whole, rest = divmod(numerator * int(10**decimals), denominator)
    return None if rest else whole


def is_number(value: object) -> bool:
    """Return whether a wire value is a finite number at all, whatever its decimals."""
    return exact(value) is not None


def decimal_text(value: int, decimals: int) -> str:
    """Return value / 10^decimals as Alpaca writes it: no exponent, no trailing zeros."""
    sign = "-" if value < 0 else ""
    whole, part = divmod(abs(value), 10**decimals)
    if not part:
        return f"{sign}{whole}"
    return f"{sign}{whole}." + f"{part:0{decimals}d}".rstrip("0")


def qty_text(qty: int) -> str:
    """Return a quantity in shares."""
    return str(qty // SHARE) if qty % SHARE == 0 else decimal_text(qty, QTY_DECIMALS)


def px_text(px: int) -> str:
    """Return a price in dollars."""
    return decimal_text(px, PX_DECIMALS)


def money_text(money: int) -> str:
    """Return money in dollars, all its digits."""
    return decimal_text(money, MONEY_DECIMALS)


def cents_text(money: int) -> str:
    """Return money in dollars, rounded down to the cent as account figures are."""
    return decimal_text(money // (USD // 100), 2)


def avg_px_text(money: int, qty: int) -> str:
    """Return money per share in dollars, six decimals."""
    if qty == 0:
        return "0"
    scale = 10 ** (MONEY_DECIMALS - QTY_DECIMALS)
    numerator, denominator = abs(money) * 10**AVG_PX_DECIMALS, abs(qty) * scale
    return decimal_text((2 * numerator + denominator) // (2 * denominator), AVG_PX_DECIMALS)


@lru_cache(maxsize=64)
def _second_text(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def time_text(ns: int) -> str:
    """Return an RFC 3339 time in UTC with up to nine fractional digits."""
    second, part = divmod(ns, NS_PER_S)
    fraction = f".{part:09d}".rstrip("0") if part else ""
    return f"{_second_text(second)}{fraction}Z"


def time_text_or_none(ns: int) -> str | None:
    """Return the time, or None for 0, which means never."""
    return time_text(ns) if ns else None


def parse_time(text: str) -> int | None:
    """Return an RFC 3339 time or a date (midnight UTC) in ns; None if it is neither. Sub-microsecond digits count."""
    head, dot, tail = text.strip().replace(" ", "+").partition(".")
    digits = tail[: len(tail) - len(tail.lstrip("0123456789"))] if dot else ""
    try:
        moment = datetime.fromisoformat(head + tail[len(digits) :])
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    whole = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
    return whole * NS_PER_S + int(digits.ljust(9, "0")[:9] or 0)


def new_york(ns: int) -> datetime:
    """Return the New York wall time of an instant, to the microsecond."""
    second, part = divmod(ns, NS_PER_S)
    return datetime.fromtimestamp(second, NEW_YORK).replace(microsecond=part // 1000)


def to_ns(moment: datetime) -> int:
    """Return the instant of a datetime with a zone."""
    return int(moment.timestamp()) * NS_PER_S + moment.microsecond * 1000
