"""Every refusal in a sentence, for people and for the docs: what it means, and what to do.

docs/orders.md and `hftctl strategy why` read from here; a test holds that no refusal is missing.
"""

from __future__ import annotations

from hft.words import Refusal
from risk.limits import CHECKS

R = Refusal

MEANING: dict[Refusal, str] = {
    R.NOT_REGISTERED: "the router (perhaps a new one) does not know this strategy process yet; it registers by itself",
    R.OLD_EPOCH: "a newer process of the same strategy has registered; this one is fenced",
    R.SEQ_GAP: "intents before this one did not arrive; the strategy asks for a new snapshot by itself",
    R.EXPIRED: "the intent is older than its expiry, or was cancelled while it waited",
    R.HALTED: "the kill switch is set, or a flatten is at work; hftctl resume opens it, or strategy enable NAME",
    R.REDUCING: "only exits are taken now; the text says since what",
    R.NOT_READY: "the router cannot vouch for the book or the market: start-up, stream, feed, clock, halted symbol",
    R.MARKET_CLOSED: "no regular session now, or it ends in less than ten minutes",
    R.NOT_TRADABLE: "the venue does not know the symbol or does not trade it now (asked at start, each day, each open)",
    R.NOT_SHORTABLE: "the venue lends no shares of the symbol: only shares that the account holds are sold",
    R.UNKNOWN_SYMBOL: "the symbol is not in fleet.symbols",
    R.BAD_ORDER: "quantity, price or expiry make no sense",
    R.TICK_SIZE: "the price is not a whole cent (from a dollar up)",
    R.ORDER_QTY: "more shares than limits.order_qty_max",
    R.ORDER_NOTIONAL: "more money than limits.order_usd_max",
    R.POSITION: "the strategy's worst case in the symbol would exceed limits.position_usd_max",
    R.SYMBOL_EXPOSURE: "the account's worst case in the symbol would exceed limits.symbol_usd_max",
    R.GROSS_EXPOSURE: "the account's worst case in all symbols would exceed limits.gross_usd_max",
    R.BUYING_POWER: "the broker's buying power does not cover it",
    R.DAILY_LOSS: "today's loss in the worse book reached limits.strategy_daily_loss_usd_max or .daily_loss_usd_max",
    R.STALE_QUOTE: "the last quote is older than limits.stale_after_ms, or has an empty side",
    R.WIDE_QUOTE: "the spread is wider than limits.spread_bps_max, or the quote is crossed",
    R.PRICE_COLLAR: "the price reaches further through the mid, or rests further behind it, than the collar allows",
    R.WORKING_ORDERS: "too many orders work already, of the strategy or of the account",
    R.ORDER_RATE: "more orders in a minute than limits.strategy_orders_per_min_max",
    R.REQUEST_BUDGET: "Alpaca's 200 requests a minute are used up for new orders; cancels still have their reserve",
    R.WASH_TRADE: "an own order of the other side would meet it; Alpaca forbids that",
    R.OPENING_CONFLICT: "an opening order of the other side works in the symbol, or another's exit goes first",
    R.CROSSES_ZERO: "the account holds the other side and all of it is promised to orders already",
    R.UNKNOWN_ORDER: "no such order of this strategy",
    R.DUPLICATE: "the same intent number, or the very same order, a moment ago",
    R.NOT_REPLACEABLE: "the order does not rest untouched any more, or not yet: cancel it and place a new one",
    R.UNREADABLE: "what came is no message of the contract, or is in another's name; its number (0) is not known",
    R.SUPPRESSED: "too small a step (router.replace_ticks_min) or too young (router.replace_life_ms_min); it rests on",
}


EXITS = {  # of those that look at the size of an order or at the quote, exits pass: risk/limits.py
    R.REDUCING: "pass",
    R.NOT_READY: "pass while the state is REDUCING",
    R.MARKET_CLOSED: "pass in the last ten minutes",
    R.NOT_TRADABLE: "pass",
    R.NOT_SHORTABLE: "pass",
    R.ORDER_RATE: "twice as many",
    R.REQUEST_BUDGET: "have a reserve of their own",
}


def table() -> str:
    """Return the refusals as a Markdown table, in the order of the words."""
    exits = {row.reason: "pass" for row in CHECKS if not row.binds_exits} | EXITS
    rows = [f"| `{reason}` | {MEANING[reason]} | {exits.get(reason, '')} |" for reason in Refusal]
    return "\n".join(["| refusal | what it means | exits |", "|---|---|---|", *rows])
