"""The official client, unmodified, against the embedded exchange on loopback."""
