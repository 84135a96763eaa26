"""`kubectl leeway`, run as people run it, without a cluster."""
