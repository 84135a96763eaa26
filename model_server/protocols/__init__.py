"""Protocols: how each of them asks about rows and how it is answered."""
