"""Tests mirror the tree: tests/router/test_orders.py is about router/orders.py."""
