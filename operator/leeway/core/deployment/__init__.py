"""Decide what a ModelDeployment needs next: which revision serves, which one comes up, and the children of both."""
