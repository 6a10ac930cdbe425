"""Tests of the embedded exchange, without sockets."""
