"""The machinery behind `strategies.base`: a strategy's orders, checks, session, gates, and the core of its process."""
