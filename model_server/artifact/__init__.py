"""Files from outside: fetched, verified by digest, and read only when nothing in them can do harm."""
