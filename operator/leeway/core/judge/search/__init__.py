"""Searches on one line: for roots, and for the extremes of what has one."""
