"""The spine that every program shares: messages, codec, endpoints, process shell, clock, settings, log, errors."""

__version__ = "0.1.0"
