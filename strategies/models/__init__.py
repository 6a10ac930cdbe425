"""Closed forms of the literature as plain functions, each with its paper, equation and units."""
