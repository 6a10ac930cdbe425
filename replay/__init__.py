"""The fleet in one process on a virtual clock: the very cores that run live, wired without sockets, seeded, repeatable.

Rule: no core knows that it is being replayed; nothing below imports this package (import-linter holds it).
"""
