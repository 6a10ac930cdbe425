"""The embedded exchange: speaks Alpaca's paper protocol, so that no client can tell; knows nothing of our own programs."""
