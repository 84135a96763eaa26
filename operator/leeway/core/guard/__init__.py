"""The guard: what is concluded of the stable revision, on a window that slides."""
