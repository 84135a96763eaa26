"""Model files: what may be in them, whether it is sound, and how they are read."""
