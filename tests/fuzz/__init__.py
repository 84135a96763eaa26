"""Programs that try many damaged inputs; a small share of each runs as a test."""
