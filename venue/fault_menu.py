"""The list of everything that can go wrong on command: kind, area, what it does, which settings it takes."""

from __future__ import annotations

import msgspec


class Entry(msgspec.Struct, frozen=True):
    """One row of the menu. `once`: without an end or a count it acts once."""

    area: str
    what: str
    takes: tuple[str, ...] = ()
    once: bool = False


def _rest(what: str, *takes: str) -> Entry:
    return Entry("rest", what, ("method", "account", *takes), once=True)


def _order(what: str, *takes: str) -> Entry:
    return Entry("orders", what, ("symbol", "account", *takes), once=True)


def _update(what: str, *takes: str) -> Entry:
    return Entry("updates", what, ("symbol", "account", *takes), once=True)


def _socket(what: str, *takes: str) -> Entry:
    return Entry("sockets", what, ("stream", "account", *takes), once=True)


def _quote(what: str, *takes: str) -> Entry:
    return Entry("quotes", what, ("symbol", *takes))


def _market(what: str, *takes: str) -> Entry:
    return Entry("market", what, ("symbol", *takes), once=True)


MENU: dict[str, Entry] = {
    "rest-latency": Entry("rest", "answers come `ms` late, up to `size` ms more at random", ("ms", "size", "method")),
    "rest-hang": _rest("no answer ever; the request is not executed"),
    "rest-drop": _rest("the connection is dropped; the request is not executed"),
    "rest-429": _rest("429 with rate headers", "count"),
    "rest-429-bare": _rest("429 without rate headers"),
    "rest-401": _rest("401, as if the key were revoked"),
    "rest-500": _rest("500; the request is not executed"),
    "rest-502": _rest("502 with an HTML page; the request is not executed"),
    "rest-503": _rest("503; the request is not executed"),
    "rest-504": _rest("504 with an HTML page; the request is not executed"),
    "accept-then-500": _rest("executed, then 500"),
    "accept-then-504": _rest("executed, then 504"),
    "accept-then-drop": _rest("executed, then the connection is dropped"),
    "accept-then-slow": _rest("executed, then the answer comes `ms` late", "ms"),
    "slow-then-accept": _rest("executed only `ms` after it came, whether the client still waits or not", "ms"),
    "rest-truncated": _rest("executed, then half of the JSON"),
    "rest-html": _rest("executed, then 200 with an HTML page"),
    "rest-empty": _rest("executed, then 200 with nothing"),
    "rest-no-code": _rest("422 whose body has no code"),
    "rest-drip": _rest("executed, then the answer byte by byte, one each `ms`", "ms"),
    "stale-get": Entry("rest", "GETs tell the state of up to `ms` ago", ("ms", "account")),
    "reject-after-200": _order("accepted with 200, then a `rejected` event"),
    "deny-wash": _order("403 potential wash trade"),
    "deny-qty": _order("403 insufficient qty available"),
    "deny-buying-power": _order("403 insufficient buying power"),
    "deny-day-trade": _order("403 pattern day trading protection, which ended in June 2026"),
    "stuck-pending-cancel": _order("the cancel stays pending_cancel for `ms`", "ms"),
    "cancel-loses": _order("the order fills while its cancel is under way"),
    "cancel-rejected": _order("the cancel ends in order_cancel_rejected"),
    "replace-loses": _order("the old order fills while its replace is under way"),
    "replace-rejected": _order("the replace ends in order_replace_rejected"),
    "partial-then-nothing": _order("a part fills, the rest never does"),
    "no-fills": Entry("orders", "nothing fills", ("symbol", "account")),
    "broker-event": _order("an open order is told in a state nobody asked for: `word`", "word"),
    "trade-bust": _order("the last fill is taken back: position, cash and filled quantity fall, uncovered exits end"),
    "trade-correct": _order("the last fill is booked again, `size` cents dearer (1 unless told)", "size"),
    "account-blocked": Entry("orders", "403 account is not authorized to trade", ("account",)),
    "liquidation-only": Entry("orders", "403 for every opening order", ("account",)),
    "broker-cancel": _order("the venue cancels an open order by itself"),
    "foreign-order": _order("an order that nobody here sent rests on the account", "size"),
    "foreign-fill": _order("a position appears that nobody here bought", "size"),
    "updates-lost": _update("an event is never sent"),
    "updates-duplicated": _update("an event is sent twice, the same execution id"),
    "updates-reordered": _update("an event comes after the one that follows it"),
    "updates-delayed": _update("an event comes `ms` late", "ms"),
    "updates-replay": _update("after the end of an order its whole life is told again"),
    "updates-null": _update("a frame with data null comes first"),
    "updates-unknown-event": _update("a frame with an event nobody knows comes first"),
    "updates-unknown-status": _update("the order's status is a word nobody knows"),
    "updates-null-submitted": _update("the order's submitted_at is null"),
    "updates-foreign": _update("an update for an order that is not ours comes first"),
    "updates-garbage": _update("a binary frame that is no JSON comes first"),
    "updates-cut-at-fill": _update("the connection is lost exactly before a fill is told"),
    "socket-close": _socket("a clean close with code 1001 (or `code`)", "code"),
    "socket-abort": _socket("the connection is reset"),
    "socket-half-open": _socket("nothing is read or written any more, pongs included"),
    "socket-mute": _socket("connected, but silent from now on"),
    "mute-before-connected": _socket("a new connection never hears `connected`"),
    "mute-after-auth": _socket("the answer to auth never comes"),
    "mute-after-subscribe": _socket("nothing comes after subscribing"),
    "upgrade-refused": _socket("the upgrade is answered with HTTP `code` (429, 502, 503)", "code", "count"),
    "auth-error": _socket("auth is answered with error `code` (402, 404, 406, 409, 500)", "code", "count"),
    "first-frame-406": _socket("406 instead of `connected`"),
    "subscribe-error": _socket("subscribing is answered with error `code` (405, 410, 500)", "code", "count"),
    "slow-client": _socket("407, then closed"),
    "big-frame": _socket("a frame of more than 1 MiB"),
    "bad-message": _socket("a message without its fields in the middle of a frame"),
    "text-frame": _socket("a text frame where binary is spoken, and the other way round"),
    "unknown-type": _socket("a message of an unknown T"),
    "subscription-short": _socket("the subscription's answer lacks a symbol"),
    "slow-drip": Entry("sockets", "frames come `ms` apart", ("stream", "ms")),
    "slot-held": _socket("the slot of a closed connection stays taken for `ms`", "ms"),
    "quote-stale": _quote("the quote stays as it was"),
    "quote-one-sided": _quote("the ask is empty"),
    "quote-zero": _quote("both sides are empty"),
    "quote-locked": _quote("bid equals ask"),
    "quote-crossed": _quote("bid above ask by `size` cents", "size"),
    "quote-wide": _quote("the spread is `size` dollars wider", "size"),
    "quote-fat-finger": _quote("prices are `size` times what they are", "size"),
    "quote-size-zero": _quote("prices without sizes"),
    "quote-out-of-order": _quote("stamped `ms` before the one before", "ms"),
    "quote-equal-time": _quote("stamped as the one before"),
    "quote-skew": _quote("stamped `ms` off (may be negative)", "ms"),
    "quote-burst": _quote("each comes `size` times", "size"),
    "quote-duplicate": _quote("each comes twice"),
    "quote-late": _quote("each comes `ms` late", "ms"),
    "quote-silence": _quote("nothing comes"),
    "halt": Entry("market", "trading halts for `for_s`, then resumes", ("symbol", "for_s")),
    "luld-pause": Entry("market", "bands, then a volatility pause for `for_s`", ("symbol", "for_s")),
    "market-halt": Entry("market", "a market-wide breaker: everything halts for `for_s`", ("for_s",)),
    "late-trade": _market("a print of the minute before comes late; its bar is updated"),
    "trade-correction": _market("the last print is corrected"),
    "trade-cancel": _market("the last print is cancelled"),
    "early-close": Entry("market", "the core session is over for everybody", ("for_s",)),
    "hard-to-borrow": Entry("market", "the symbol cannot be sold short", ("symbol",)),
    "untradable": Entry("market", "the symbol is no longer tradable", ("symbol",)),
    "split": _market("over night each share becomes `size` (2 unless told); open orders are cancelled", "size"),
    "inactive": Entry("market", "the symbol is no longer an active asset", ("symbol",)),
}
