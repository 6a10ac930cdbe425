"""Imported first in a strategy process: msgspec asks for typing_extensions but does without, which saves 0.6 MB.

Afterwards it can be imported again, so that a family of the user's may need it.
"""

from __future__ import annotations

import sys

OPTIONAL = "typing_extensions"

if OPTIONAL not in sys.modules:
    sys.modules[OPTIONAL] = None  # type: ignore[assignment]  # the documented way to make an import fail
    import msgspec  # noqa: F401 this is the moment in which it asks

    del sys.modules[OPTIONAL]
