"""Risk: a pure library of limits, halt states, sub-ledgers and fees. No process, no I/O."""
