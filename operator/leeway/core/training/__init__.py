"""Decide what a TrainingJob needs next: its Job, its end, and the ModelVersion it leaves."""
