"""alpaca-py without pandas: 45 MB less in each of the two processes that import it (docs/adr/0011).

alpaca-py imports pandas and numpy for one thing we never ask for, `.df` on its answers. While its modules are being
imported, empty stand-ins answer to those two names; afterwards they are gone, and whoever imports pandas gets pandas.
Rule: the client itself is not touched; where the real pandas is loaded already, nothing happens.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

STOOD_IN = {"pandas": ("DataFrame", "NaT"), "numpy": ()}


@contextmanager
def without_pandas() -> Iterator[None]:
    """Let imports in this block find empty stand-ins for pandas and numpy, unless the real ones are there."""
    absent = {name: words for name, words in STOOD_IN.items() if name not in sys.modules}
    for name, words in absent.items():
        standin = ModuleType(name, "An empty stand-in, see hft/standins.py.")
        vars(standin).update(dict.fromkeys(words, object))
        sys.modules[name] = standin
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]
