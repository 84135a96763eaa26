"""Counts: what is counted of requests, rows and scores, and the page that exports it."""
