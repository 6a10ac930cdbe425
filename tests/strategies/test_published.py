"""Each row of the reference's tables has a test named after it; a row that nobody measures fails."""

from __future__ import annotations

import pytest

from tests.strategies.published.ours import FREE, FROM_RECORDINGS, NotAtHand, measured
from tests.strategies.published.rows import SLOW, TABLES, Row

SLOW_MARKS = (pytest.mark.e2e, pytest.mark.soak, pytest.mark.timeout(600))
ROWS = [
    pytest.param(table, row, id=f"{table}: {row.name}", marks=SLOW_MARKS if table in SLOW else ())
    for table, rows in TABLES.items()
    for row in rows
]


@pytest.mark.parametrize(("table", "row"), ROWS)
def test_a_published_number_is_ours(table: str, row: Row) -> None:
    try:
        ours = measured(table)
    except NotAtHand as missing:
        pytest.skip(str(missing))
    assert ours[row.name] == pytest.approx(row.published, abs=row.within)


def test_every_table_is_measured_and_no_other() -> None:
    assert set(TABLES) == {*FREE, *FROM_RECORDINGS}


@pytest.mark.parametrize("table", sorted(set(TABLES) - SLOW))
def test_no_number_is_measured_without_a_row(table: str) -> None:
    try:
        ours = measured(table)
    except NotAtHand as missing:
        pytest.skip(str(missing))
    assert set(ours) == {row.name for row in TABLES[table]}
