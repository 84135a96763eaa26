"""Rollouts that are played: two arms, their traffic, and a judge that looks at it."""
