"""What msgspec says of a wrong value, in the words of somebody who writes hft.toml. Pure."""

from __future__ import annotations

import re
import typing

import msgspec

WORDS: typing.Final[tuple[tuple[str, str], ...]] = (
    (r"Expected `array`, got .*", 'it must be a list, as in ["SPY", "QQQ"]'),
    (r"Expected `array` of length >= (\d+)", r"the list needs at least \1"),
    (r"Expected `array` of length <= (\d+)", r"the list may have at most \1"),
    (r"Expected `str` matching regex .*A-Z.*", "a symbol is written in capital letters, like SPY"),
    (r"Expected `str` matching regex .*", "a name is written in small letters, like mm"),
    (r"Expected `(?:int|float)`, got `(?:str|array|object|bool|null)`", "it must be a number, without quotation marks"),
    (r"Expected `int`, got .*", "it must be a whole number"),
    (r"Expected `bool`, got .*", "it must be true or false"),
    (r"Expected `str`, got .*", "it must be text in quotation marks"),
    (r"Expected `object`, got .*", "it must be a table"),
    (r"Expected `(?:int|float)` > ([-\d.]+?)(?:\.0)?", r"it must be more than \1"),
    (r"Expected `(?:int|float)` >= ([-\d.]+?)(?:\.0)?", r"it must be \1 or more"),
    (r"Expected `(?:int|float)` <= ([-\d.]+?)(?:\.0)?", r"it must be \1 or less"),
)


def plainly(text: str, *, kind: type[msgspec.Struct], dotted: str) -> str:
    """Return msgspec's reason (without its `at`) in plain words; `kind` and the dotted name tell what may be chosen."""
    reason = text.partition(" - at")[0]
    choices = _choices(kind, dotted.split(".")) if reason.startswith("Invalid enum value") else ()
    if choices:
        return f"{reason.removeprefix('Invalid enum value ')} is none of {', '.join(choices)}"
    for pattern, words in WORDS:
        found = re.fullmatch(pattern, reason)
        if found:
            return found.expand(words)
    return reason


def _choices(kind: object, path: list[str]) -> tuple[str, ...]:
    if not path:
        return tuple(str(choice) for choice in typing.get_args(kind))
    if not (isinstance(kind, type) and issubclass(kind, msgspec.Struct)):
        return ()
    found = [field.type for field in msgspec.structs.fields(kind) if field.name == path[0]]
    return _choices(found[0], path[1:]) if found else ()
