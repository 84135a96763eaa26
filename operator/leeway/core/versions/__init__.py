"""Decide what a ModelVersion needs next: verify it once, then say whether it may be served."""
