"""The embedded exchange: speaks Alpaca's paper protocol so well that no client can tell; knows no program of ours."""
