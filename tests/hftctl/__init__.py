"""Tests of hftctl/: what is decided, said and shown; the running fleet is in tests/e2e."""
