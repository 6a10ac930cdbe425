"""What one sweep tries, as a value: every cell on every market with every seed, and once more on the null market."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from hft.schema import Settings
from replay.jobs import Job, key
from replay.runs import played, scaled
from replay.scores import Score, score
from replay.sources import GENERATED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from replay.play import Result


class Trials(msgspec.Struct, frozen=True, kw_only=True):
    """A sweep that has not begun. `sources` are files, recorded days or `generated`."""

    settings: Settings
    cells: list[dict[str, Any]]
    sources: tuple[str, ...]
    seeds: tuple[int, ...]
    data: str
    latency: str = "internet"
    for_s: float = 0.0
    families_dir: str = ""
    has_control: bool = True

    def jobs(self) -> list[Job]:
        """Return every run that is needed."""
        return [job for cell in self.cells for job in (*self._real(cell), *self._null(cell))]

    def scores(self, results: Mapping[str, Result]) -> list[Score]:
        """Return the score of each cell, in the order of the grid."""
        return [
            score(
                cell,
                [results[key(job)] for job in self._real(cell)],
                [results[key(job)] for job in self._null(cell)],
                cells=len(self.cells),
            )
            for cell in self.cells
        ]

    def _real(self, cell: dict[str, Any]) -> list[Job]:
        return [self._job(cell, source, seed) for source in self.sources for seed in self.seeds]

    def _null(self, cell: dict[str, Any]) -> list[Job]:
        return [self._job(cell, GENERATED, seed, control=True) for seed in self.seeds if self.has_control]

    def _job(self, cell: dict[str, Any], source: str, seed: int, *, control: bool = False) -> Job:
        return Job(
            settings=scaled(self.settings, None if control else played(Path(self.data), source)),
            cell=cell,
            source=str(Path(source).resolve()) if Path(source).is_file() else source,
            data=self.data,
            seed=seed,
            latency=self.latency,
            for_s=self.for_s,
            families_dir=self.families_dir,
            is_control=control,
        )
