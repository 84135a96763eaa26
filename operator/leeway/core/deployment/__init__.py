"""Decide what a ModelDeployment needs next: which revision is stable, which is the canary, and their children."""
