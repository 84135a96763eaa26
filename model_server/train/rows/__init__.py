"""Rows to learn from: found, read, given types and checked against expectations."""
