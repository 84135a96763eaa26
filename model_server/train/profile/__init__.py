"""The reference profile: which rows and columns it counts, how much each column matters, and the bridge."""
