"""Streaming statistics, plain Python, O(1) a tick: given a value and the time, they remember what is worth it."""
