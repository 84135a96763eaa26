"""Decide: frozen values in, frozen values out; no client, no clock, no log, no randomness."""
