"""The wild families, as a user's own folder of families."""
