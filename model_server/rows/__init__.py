"""Rows of a request: checked against the signature, or refused by the name of the bad cell."""
