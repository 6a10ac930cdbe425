"""Halt, pause and resume: asked of the router. Each returns the sentence to show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hft.control import Halt, Resume
from hft.errors import Degraded, NotRunning, Unavailable
from hft.process import holder
from hftctl.asking import RouterLine

if TYPE_CHECKING:
    from hft.control import Done
    from hft.home import Home

ANSWER_S_MAX = 5.0


def halt(home: Home, reason: str, strategy: str) -> str:
    """Set the kill switch; raise Unavailable when the router does not confirm it."""
    must_run(home)
    with RouterLine(home) as line:
        return _told(line.order(Halt(peer=line.peer, reason=reason, strategy=strategy), ANSWER_S_MAX), "halted")


def pause(home: Home, reason: str, strategy: str) -> str:
    """Let only exits of a strategy pass; raise Unavailable when the router does not confirm it."""
    must_run(home)
    with RouterLine(home) as line:
        asked = Halt(peer=line.peer, reason=reason, strategy=strategy, reducing=True)
        return _told(line.order(asked, ANSWER_S_MAX), "paused")


def resume(home: Home, strategy: str) -> str:
    """Clear the kill switch; raise Unavailable when the router does not confirm it."""
    must_run(home)
    with RouterLine(home) as line:
        return _told(line.order(Resume(peer=line.peer, strategy=strategy), ANSWER_S_MAX), "trading again")


def must_run(home: Home) -> None:
    """Raise NotRunning when no process holds the router's lock."""
    if not holder(home, "router"):
        raise NotRunning(
            f"No router is running in {home.root}.",
            "Nothing trades without it, and the kill switch is kept by it.",
            "hftctl start; hftctl flatten --yes closes positions even without it.",
        )


def _told(done: Done | None, word: str) -> str:
    if done is None:
        raise Unavailable(
            f"The router did not answer within {ANSWER_S_MAX:g} s.",
            "It may be busy or stuck; whether it did as told is not known.",
            "hftctl status shows it; hftctl flatten --yes goes straight to the broker.",
        )
    if not done.ok:
        raise Degraded(done.text, ", ".join(done.left), "hftctl status shows more.")
    return f"{word}: {done.text}"
