"""Engines: from a matrix to a prediction and its scores."""
