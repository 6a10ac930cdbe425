"""Options that cannot hold together: they are refused, never is one of them left out without a word."""

from __future__ import annotations

from hft.errors import UsageError


def at_most_one(given: dict[str, bool]) -> None:
    """Raise UsageError when more than one of these options, by name, was given."""
    named = [name for name, is_given in given.items() if is_given]
    if len(named) > 1:
        raise UsageError(
            f"{named[0]} and {named[1]} cannot hold together.", "Nothing was done.", "Leave one of them away."
        )


def refused_with(option: str, others: dict[str, bool], why: str) -> None:
    """Raise UsageError when any of `others`, by name, was given beside an option that takes none of them."""
    named = [name for name, is_given in others.items() if is_given]
    if named:
        raise UsageError(f"{option} takes no {named[0]}.", why, f"Leave {named[0]} away.")


def mode_of(*, sim: bool, paper: bool) -> str | None:
    """Return the mode that --sim or --paper asks for, None for neither; raise UsageError for both."""
    at_most_one({"--sim": sim, "--paper": paper})
    return "paper" if paper else "sim" if sim else None
