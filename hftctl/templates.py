"""The files that `hftctl init` writes: hft.toml with every setting, its default and its explanation; .env for secrets.

hft.toml is made from the schema itself (hft/schema.py), comments included, so it cannot fall behind.
"""

from __future__ import annotations

import ast
import inspect
import os
from typing import TYPE_CHECKING

import msgspec

from hft import schema
from hft.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import ModuleType

    from hft.home import Home

PRIVATE_FILE = 0o600
HEAD = """\
# Settings of this fleet. Every line that begins with `#` and a name shows a default; take the `#` away to change it.
# Order: environment, then .env, then this file, then the defaults. hftctl config show says what is in force and why.
"""
ENV_TEMPLATE = """\
# Secrets of this fleet; keep it readable by you alone. The paper keys are on Alpaca's dashboard, "Paper trading".
# Without keys everything but --paper works.
APCA_API_KEY_ID=
APCA_API_SECRET_KEY=

# A Discord webhook for alerts: start, stop, kill switch, a strategy disabled, the news stream gone, and trouble.
DISCORD_WEBHOOK_URL=

# Everyday overrides of hft.toml.
# HFT_STRATEGIES=pairs,mm,leadlag,etf,ml
# HFT_SYMBOLS=SPY,QQQ
# HFT_MAX_ORDER_USD=5000
# HFT_MAX_POSITION_USD=10000
# HFT_MAX_GROSS_USD=60000
# HFT_MAX_DAILY_LOSS_USD=1000
"""


def write_templates(home: Home, *, force: bool) -> list[Path]:
    """Write what is missing and return its paths; with `force` also a new hft.toml, but never over the keys in .env.

    Raises ConfigError when there is nothing to write.
    """
    files = {home.toml_file: toml_template(), home.env_file: ENV_TEMPLATE}
    missing = [path for path in files if not path.exists() or (force and path == home.toml_file)]
    if not missing:
        raise ConfigError(
            f"{home.toml_file} and {home.env_file.name} are there already.",
            "They may hold your settings and keys.",
            "hftctl init --force begins hft.toml anew; .env is yours to remove.",
        )
    home.root.mkdir(parents=True, exist_ok=True)
    for path in missing:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
        with os.fdopen(fd, "w", encoding="utf-8") as file:
            file.write(files[path])
    return missing


def toml_template() -> str:
    """Return hft.toml with every setting commented out at its default."""
    comments = comments_of(schema)
    lines = [HEAD]
    plain = [field for field in msgspec.structs.fields(schema.Settings) if not _is_section(field.default)]
    lines += [_line(field.name, field.default, "") for field in plain if field.name != "strategy"]
    for field in msgspec.structs.fields(schema.Settings):
        if _is_section(field.default):
            lines += ["", f"# {(type(field.default).__doc__ or '').partition(chr(10))[0]}", f"[{field.name}]"]
            lines += [
                _line(inner.name, inner.default, comments.get((type(field.default).__name__, inner.name), ""))
                for inner in msgspec.structs.fields(type(field.default))
            ]
    lines += [
        "",
        "# Parameters of a family: docs/parameters.md names them all.",
        "# [strategy.mm]",
        "# [strategy.mm.limits]  # its own, stricter or looser than [limits]",
        "",
    ]
    return "\n".join(lines)


def _is_section(value: object) -> bool:
    return isinstance(value, schema.Section)


def _line(name: str, default: object, comment: str) -> str:
    value = msgspec.json.encode(default).decode().replace(",", ", ")
    return f"# {name} = {value}" + (f"  # {comment}" if comment else "")


def comments_of(module: ModuleType) -> dict[tuple[str, str], str]:
    """Return the comment behind each field in the module's source, by class and field."""
    source = inspect.getsource(module)
    lines = source.splitlines()
    return {
        (node.name, item.target.id): comment
        for node in ast.parse(source).body
        if isinstance(node, ast.ClassDef)
        for item, comment in _commented(node, lines)
        if isinstance(item.target, ast.Name)
    }


def _commented(node: ast.ClassDef, lines: list[str]) -> Iterator[tuple[ast.AnnAssign, str]]:
    for item in node.body:
        if isinstance(item, ast.AnnAssign):
            _, mark, comment = lines[item.lineno - 1].partition("  # ")
            if mark:
                yield item, comment
