"""Is the fleet well? One table of what counts as degraded; its answer is the exit code of `status`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hft.errors import Degraded, NotRunning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hftctl.picture import Picture


def complaints(picture: Picture) -> Iterator[str]:
    """Return why a running fleet is not well, in words, causes before effects; nothing when it is."""
    yield from _processes(picture, "down")
    if picture.state != "ACTIVE" and not picture.market.reduces:
        yield f"trading is {picture.state or 'unknown'}: {picture.halt_reason or 'the router does not say'}"
    yield from _processes(picture, "degraded")
    yield from _processes(picture, "warming")
    if picture.reconciliation.state == "broken":
        yield f"broker and ledgers disagree: {', '.join(picture.reconciliation.breaks)}"


def _processes(picture: Picture, state: str) -> Iterator[str]:
    names = [row.name for row in picture.processes if row.state == state and row.wanted]
    if names:
        yield f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} {WORDS[state]}"


WORDS = {"down": "down", "degraded": "degraded", "warming": "not ready yet"}


def exit_code(picture: Picture) -> int:
    """Return 0 when all is well, 3 when nothing runs, 4 when something is not as it should be."""
    if not picture.running:
        return NotRunning.exit_code
    return Degraded.exit_code if any(complaints(picture)) else 0
