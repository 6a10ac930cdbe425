"""docs/parameters.md, drawn from the families' own code: `python -m hftctl.parameters > docs/parameters.md`.

Each parameter stands as it would in hft.toml, with its default and the comment behind it in the source.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import msgspec

from hftctl.templates import comments_of
from strategies.sdk import params
from strategies.sdk.families import load, names
from strategies.sdk.params import Params

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

HEAD = """# Every parameter of every family

Drawn from the families' files by `python -m hftctl.parameters > docs/parameters.md`; a test holds them together. What
they do is told in [strategies.md](strategies.md). Names end with their unit: `_s` seconds (of `entry_s`, `exit_s` and
`stop_s`: scores), `_bps` basis points, `_usd` dollars; `_min` and `_max` are bounds. Where the profile `demo` (the
embedded exchange) has another default, it stands behind.

Put what you change into `hft.toml`, try it with `hftctl replay DAY --strategy NAME --set name=value`, compare values
with `hftctl sweep`. A strategy takes it over with `hftctl restart NAME`.
"""


def page() -> str:
    """Return the page."""
    return "\n".join([HEAD, *_section("every family", "[strategy.NAME]", Params, {}), *_families()])


def _families() -> Iterator[str]:
    common = _defaults(Params)
    for name in names():
        yield from _section(name, f"[strategy.{name}]", load(name).params_type(), common)


def _section(title: str, table: str, kind: type[Params], known: Mapping[str, Any]) -> Iterator[str]:
    """Yield a family's parameters, without those that are the same for every family."""
    demo, comments = {**params.DEMO, **kind.DEMO}, _comments(kind)
    yield from (f"## {title}", "", "```toml", table)
    for name, value in _defaults(kind).items():
        if name not in known or value != known[name] or (name in kind.DEMO):
            notes = [comments.get(name, ""), f"demo: {toml(demo[name])}" if name in demo else ""]
            note = "; ".join(filter(None, notes))
            yield f"{name} = {toml(value)}" + (f"  # {note}" if note else "")
    yield from ("```", "")


def _defaults(kind: type[Params]) -> dict[str, Any]:
    return {field.name: field.default for field in msgspec.structs.fields(kind)}


def _comments(kind: type[Params]) -> dict[str, str]:
    """Return the comment behind each parameter, the family's own before the one that it takes the place of."""
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if issubclass(base, Params):
            every = comments_of(sys.modules[base.__module__])
            found |= {name: comment for (owner, name), comment in every.items() if owner == base.__name__}
    return found


def toml(value: Any) -> str:  # noqa: ANN401 whatever a parameter may be
    """Return a value as hft.toml has it."""
    if isinstance(value, msgspec.Struct):
        value = msgspec.structs.asdict(value)
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{name} = {toml(each)}' for name, each in value.items())} }}"
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(toml, value))}]"
    return msgspec.json.encode(value).decode()


if __name__ == "__main__":
    sys.stdout.write(page())
