"""Families by name: the modules of strategies/, and those of the user's own folder (`strategies_dir` in hft.toml).

A family is a module with exactly one Strategy class of its own; its file name is its name everywhere.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from glob import glob
from typing import TYPE_CHECKING, Any

import strategies
from hft.errors import ConfigError
from strategies.sdk.strategy import Strategy

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import ModuleType

NOT_FAMILIES = frozenset({"base"})


def names(folder: str = "") -> list[str]:
    """Return the names of all families, the user's own included, sorted."""
    found = (_modules(strategies.__path__) - NOT_FAMILIES) | _modules([folder] if folder else [])
    return sorted(name for name in found if not name.startswith("_"))


def _modules(folders: Iterable[str]) -> set[str]:
    """Return the names of the files with a module in them (pkgutil would import inspect for that, 1 MB)."""
    files = [name for folder in folders for name in glob("*.py", root_dir=folder)]  # noqa: PTH207 no pathlib in here
    return {name for file in files if (name := file.removesuffix(".py")).isidentifier()}


def load(name: str, folder: str = "") -> type[Strategy[Any]]:
    """Return the family's class; raise ConfigError (exit 78) for a name that no file has, or a file without a family.

    The user's own folder is asked first, so that a family there may stand in for one of ours.
    """
    if name not in names(folder):
        raise _unknown(name, folder)
    own = folder and name in _modules([folder])
    module = _from_folder(name, folder) if own else importlib.import_module(f"strategies.{name}")
    classes = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Strategy) and value.__module__ == module.__name__
    ]
    if len(classes) != 1:
        raise ConfigError(
            f"{module.__file__} is not a family.",
            f"It has {len(classes)} classes that derive from base.Strategy.",
            "A family is one file with one such class: docs/strategies.md.",
        )
    return classes[0]


def _from_folder(name: str, folder: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"strategies_of_yours.{name}", f"{folder}/{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module
    spec.loader.exec_module(module)
    return module


def _unknown(name: str, folder: str) -> ConfigError:
    import difflib  # noqa: PLC0415 a strategy process counts megabytes

    known = names(folder)
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
    hint = f"Did you mean {near[0]}?" if near else "docs/strategies.md says how to write one."
    where = f"strategies/ and {folder}" if folder else "strategies/"
    return ConfigError(f"There is no strategy called {name!r}.", f"{where} has: {', '.join(known)}.", hint)
