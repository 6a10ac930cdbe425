"""The router process: the only program that talks to the broker; the guardian stands beside it."""
