"""The desk: the blotter, and the five rooms that every other part of the router may ask.

    cancels      the cancels that we want, until they have led to an end
    amendments   fills that the venue took back or booked anew
    breaks       symbols on which broker and book do not agree
    pnl          what the ledgers have made
    unheard      fills that the stream of trade updates did not tell of

Rule: these rooms know the blotter, and each only those above it; so there is no ring.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.amendments import Amendments
from router.blotter import Blotter
from router.breaks import Breaks
from router.cancels import Cancels
from router.pnl import Pnl
from router.unheard import Unheard

if TYPE_CHECKING:
    from router.book import Book
    from router.config import Config


class Desk(Blotter):
    """What all parts of the router share."""

    cancels: Cancels

    def __init__(self, config: Config, book: Book, now_ns: int) -> None:
        super().__init__(config, book, now_ns)
        self.cancels = Cancels(self)
        self.amendments = Amendments(self)
        self.breaks = Breaks(self, self.amendments)
        self.pnl = Pnl(self)
        self.unheard = Unheard(self)
