"""The stand-ins: there while alpaca-py is imported, gone afterwards, and the client none the wiser."""

from __future__ import annotations

import subprocess
import sys

PROBE = """
import sys
import feed.alpaca, router.alpaca
assert "pandas" not in sys.modules and "numpy" not in sys.modules, "a stand-in is left, or the real one was loaded"
import numpy
assert numpy.array([1, 2]).sum() == 3
"""

REAL = """
import numpy
from hft.standins import without_pandas
with without_pandas():
    import numpy as again
assert again is numpy
"""


def test_feed_and_router_load_neither_pandas_nor_numpy_and_both_can_still_be_had() -> None:
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_where_the_real_ones_are_loaded_nothing_happens() -> None:
    done = subprocess.run([sys.executable, "-c", REAL], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
