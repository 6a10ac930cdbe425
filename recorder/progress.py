"""How far each producer's events are on disk: the last number of each epoch, and the highest mark of all its epochs.

Pure. It is rebuilt from the file at every start, so the file is the truth; what happened in files that were rotated
away is carried over in a small checkpoint beside the locks, and can be rebuilt from those files too.
"""

from __future__ import annotations

import msgspec


class Producer(msgspec.Struct, kw_only=True):
    """One producer: only its newest epoch matters, the older ones are fenced."""

    epoch: int = 0
    seq: int = 0
    mark: int = 0


class Progress:
    """The table of producers."""

    def __init__(self, producers: dict[str, Producer] | None = None) -> None:
        self.producers = producers or {}

    def of(self, producer: str) -> Producer:
        """Return the entry of a producer, made when it is new."""
        return self.producers.setdefault(producer, Producer())

    def seq(self, producer: str, epoch: int) -> int:
        """Return the last number of this epoch, 0 when it is new, -1 when a newer epoch has fenced it."""
        known = self.of(producer)
        if epoch < known.epoch:
            return -1
        return known.seq if epoch == known.epoch else 0

    def begin(self, producer: str, epoch: int) -> None:
        """Note that a producer is in this epoch: what still comes from older ones is refused from now on."""
        known = self.of(producer)
        if epoch > known.epoch:
            known.epoch, known.seq = epoch, 0

    def advance(self, producer: str, epoch: int, seq: int, mark: int) -> None:
        """Note that everything up to `seq` is there; the mark only grows, whichever epoch it comes from."""
        self.begin(producer, epoch)
        known = self.of(producer)
        known.mark = max(known.mark, mark)
        if epoch == known.epoch:
            known.seq = seq

    def read(self, producer: str, epoch: int, seq: int, mark: int) -> None:
        """Note a line that is on disk already."""
        self.advance(producer, epoch, max(seq, self.seq(producer, epoch)), mark)

    def copy(self) -> Progress:
        """Return an independent copy."""
        return Progress({name: msgspec.structs.replace(known) for name, known in self.producers.items()})
