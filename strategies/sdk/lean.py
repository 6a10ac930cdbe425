"""Imported first in a strategy process, which has 22 MiB for everything: two imports are put off, unneeded here.

- msgspec asks for typing_extensions but does without, which saves 0.6 MB.
- dataclasses imports inspect (and with it ast, dis, tokenize) for the sake of classes without a docstring; it is given
  one that fetches the real one when such a class comes, which saves 1 MB.
Afterwards both can be imported again, so that a family of the user's may need them.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

OPTIONAL = "typing_extensions"
LATER = "inspect"


class _Later(ModuleType):
    """Stands for a module in whoever imported it early."""

    def __getattr__(self, name: str) -> object:
        """Return the attribute of the real one."""
        return getattr(importlib.import_module(self.__name__), name)


if LATER not in sys.modules:
    sys.modules[LATER] = _Later(LATER)
    import dataclasses  # noqa: F401 this is the moment in which it asks

    del sys.modules[LATER]

if OPTIONAL not in sys.modules:
    sys.modules[OPTIONAL] = None  # type: ignore[assignment]  # the documented way to make an import fail
    import msgspec  # noqa: F401 this is the moment in which it asks

    del sys.modules[OPTIONAL]
