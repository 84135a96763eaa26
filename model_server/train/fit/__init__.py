"""Fitting and judging: the pipeline, its estimator, metrics and gates."""
