"""Reading a day of the tape into numpy, one call for each kind of tick; or batch by batch (recorder/tapebatches.py).

numpy is needed here and nowhere else in this folder, so it is imported by those who read, not by the recorder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from recorder.tapebatches import batches, symbols
from recorder.tapeformat import FIELDS, FILES, STRUCTS

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

__all__ = ["DTYPES", "Array", "array", "array_of", "batches", "symbols"]

Array = np.ndarray[Any, np.dtype[np.void]]

DTYPES = {kind: np.dtype(fields) for kind, fields in FIELDS.items()}
assert all(DTYPES[kind].itemsize == STRUCTS[kind].size for kind in FILES)


def array(day: Path, kind: type) -> Array:
    """Return all records of one kind, in the order they were written; columns as in tapeformat.FIELDS."""
    path = day / FILES[kind]
    dtype = DTYPES[kind]
    if not path.is_file():
        return np.empty(0, dtype)
    return np.fromfile(path, dtype, count=path.stat().st_size // dtype.itemsize)


def array_of(day: Path, kind: type, numbers: Collection[int]) -> Array:
    """Return the records of one kind that are of symbols with these numbers."""
    records = array(day, kind)
    return records[np.isin(records["symbol"], list(numbers))]
