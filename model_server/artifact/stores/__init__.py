"""Where files are: fetched, checked by digest, uploaded."""
