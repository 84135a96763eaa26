"""Describing and storing: every file that stands beside a model, and the folder they are in."""
