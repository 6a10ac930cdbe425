"""The feed process: one market-data socket in, normalised ticks out."""
