"""What of the exchange's menu of faults blows in a storm, how hard, and what does not, and why.

tests/simulation/test_weather.py holds that no kind of the menu is missing from both.
"""

from __future__ import annotations

from enum import Enum

SLOW_MS_MAX = 9_000  # less than the router waits before it presumes an order absent
STALE_MS_MAX = 9_000  # what a GET tells may be this old
LATE_MS_MAX = 8_000  # the stream may be this far behind what REST tells
DRIP_MS_MAX = 4  # a byte; an order is told in about a thousand


class Times(Enum):
    """How long a fault lasts."""

    ONCE = "once"
    A_WHILE = "a while"


# kind → (REST method or "", the most ms that it takes)
REST = {
    "accept-then-500": ("POST", 0),
    "accept-then-504": ("POST", 0),
    "accept-then-drop": ("POST", 0),
    "accept-then-slow": ("POST", SLOW_MS_MAX),
    "slow-then-accept": ("POST", SLOW_MS_MAX),
    "rest-truncated": ("POST", 0),
    "rest-html": ("POST", 0),
    "rest-empty": ("POST", 0),
    "rest-drip": ("POST", DRIP_MS_MAX),
    "rest-hang": ("", 0),
    "rest-drop": ("", 0),
    "rest-429": ("", 0),
    "rest-429-bare": ("", 0),
    "rest-401": ("", 0),
    "rest-502": ("", 0),
    "rest-no-code": ("", 0),
    "rest-latency": ("", SLOW_MS_MAX),
    "rest-500": ("", 0),
    "rest-503": ("", 0),
    "rest-504": ("", 0),
    "stale-get": ("", STALE_MS_MAX),
}
ORDERS = {
    "cancel-loses": Times.ONCE,
    "cancel-rejected": Times.ONCE,
    "replace-loses": Times.ONCE,
    "replace-rejected": Times.ONCE,
    "partial-then-nothing": Times.ONCE,
    "reject-after-200": Times.ONCE,
    "stuck-pending-cancel": Times.ONCE,
    "broker-cancel": Times.ONCE,
    "broker-event": Times.ONCE,
    "foreign-order": Times.ONCE,
    "foreign-fill": Times.ONCE,
    "deny-wash": Times.ONCE,
    "deny-qty": Times.ONCE,
    "deny-buying-power": Times.ONCE,
    "deny-day-trade": Times.ONCE,
    "no-fills": Times.A_WHILE,
    "account-blocked": Times.A_WHILE,
    "liquidation-only": Times.A_WHILE,
}
MARKET = {
    "halt": Times.A_WHILE,
    "luld-pause": Times.A_WHILE,
    "market-halt": Times.A_WHILE,
    "early-close": Times.A_WHILE,
    "hard-to-borrow": Times.A_WHILE,
    "untradable": Times.A_WHILE,
    "inactive": Times.A_WHILE,
    "late-trade": Times.ONCE,
    "trade-correction": Times.ONCE,
    "trade-cancel": Times.ONCE,
}
UPDATES = (
    "updates-lost",
    "updates-duplicated",
    "updates-reordered",
    "updates-delayed",
    "updates-replay",
    "updates-null",
    "updates-unknown-event",
    "updates-unknown-status",
    "updates-null-submitted",
    "updates-foreign",
    "updates-garbage",
    "updates-cut-at-fill",
)
SPELLS = frozenset({"updates-lost", "updates-duplicated", "updates-reordered", "updates-delayed", "updates-replay"})
# kind → its size
QUOTES = {
    "quote-stale": 0.0,
    "quote-one-sided": 0.0,
    "quote-zero": 0.0,
    "quote-locked": 0.0,
    "quote-crossed": 3.0,
    "quote-wide": 5.0,
    "quote-fat-finger": 10.0,
    "quote-size-zero": 0.0,
    "quote-out-of-order": 0.0,
    "quote-equal-time": 0.0,
    "quote-skew": 0.0,
    "quote-burst": 20.0,
    "quote-duplicate": 0.0,
    "quote-late": 0.0,
    "quote-silence": 0.0,
}
# On the stream of trade updates and on that of market data: what ends a connection, what strange things come over it,
# what keeps the next one out (replay/sockets.py).
SOCKETS = (
    "socket-close",
    "socket-abort",
    "socket-half-open",
    "slow-client",
    "big-frame",
    "bad-message",
    "text-frame",
    "unknown-type",
    "upgrade-refused",
    "auth-error",
    "first-frame-406",
    "mute-before-connected",
    "mute-after-auth",
    "socket-mute",
    "mute-after-subscribe",
    "slot-held",
)
HELD_MS = 2_000.0  # longer than a client waits before it tries again

NOT_HERE = {
    "trade-bust": "ends with a frozen symbol, by design; tests/router/test_fault_rows.py",
    "trade-correct": "ends with a frozen symbol, by design; tests/router/test_fault_rows.py",
    "split": "comes over night, and a storm lasts a minute; tests/router/test_fault_rows.py",
    "subscribe-error": "the simulated feed subscribes once and at once; tests/feed/test_exchange.py",
    "subscription-short": "the simulated feed subscribes once and at once; tests/feed/test_exchange.py",
    "slow-drip": "frames are not cut into bytes here; that they are late is `updates-delayed` and `quote-late`",
}
