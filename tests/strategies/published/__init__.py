"""The published numbers beside ours, row by row: `python -m tests.strategies.published` prints them.

`rows.py` has what the strategies reference says and how far ours may be from it; the other modules measure, with the
shipped functions. tests/strategies/test_published.py fails for a row that nobody measures, and for one that is missed.
"""
