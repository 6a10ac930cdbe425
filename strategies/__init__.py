"""The families: one file each, one process each, all standing on `strategies.base` (docs/strategies.md).

Every module directly in this folder is a family, but `base` (the SDK's face) and `__main__` (the process).
`sdk/` is the machinery behind base, `estimators/` holds O(1) statistics, `models/` the closed forms of the literature.
"""
