"""The strategy processes: one family per process, one file per family."""
