"""The headlines of a recorded day: the tick tape has none, the record has each as `news.received`, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hft import eventline
from hft.events import NewsReceived
from hft.home import Home
from recorder.offline import day_lines
from venue.rows import News

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

MARK = b'"news.received"'  # a day has millions of lines and a few headlines: the others are not decoded


def headlines_of(data: Path, day: str, epochs: Collection[int] | None = None) -> list[News]:
    """Return the headlines that the feed of a home had on a day, in the order and at the times of their receipt.

    In these epochs of the feed; None: in all.
    """
    found = (_event(raw, epochs) for raw in day_lines(Home(data.parent), day) if MARK in raw)
    return sorted(
        (
            News(
                t_ns=event.recv_ns,
                news_id=int(event.id),
                headline=event.headline,
                summary="",
                symbols=event.symbols,
                source=event.source,
                created_ns=event.created_ns,
            )
            for event in found
            if isinstance(event, NewsReceived)
        ),
        key=lambda news: news.t_ns,
    )


def _event(raw: bytes, epochs: Collection[int] | None) -> object:
    try:
        stamp, event = eventline.read(raw)
    except msgspec.DecodeError:
        return None  # of another version: it means nothing to this one
    return event if epochs is None or stamp.epoch in epochs else None
