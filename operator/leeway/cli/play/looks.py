"""When a simulated rollout looks at its evidence."""

from __future__ import annotations

from itertools import pairwise


def make_looks(rounds: int, at_most: int) -> tuple[int, ...]:
    """Return after which rounds the evidence is looked at: each of them, or ever more rounds apart.

    The last round is always among them. The operator looks after every round; a verdict of many columns takes a tenth
    of a second, which a few hundred rollouts of a few hundred rounds would add up to hours.
    """
    if rounds <= at_most:
        return tuple(range(1, rounds + 1))
    if at_most == 1:
        return (rounds,)
    looks, last = [1], at_most - 1
    for look in range(1, at_most):
        # What is left to do is spread anew, so that looks which must be a round apart shorten no later ones.
        apart = (rounds / looks[-1]) ** (1 / (last - look + 1))
        looks.append(max(looks[-1] + 1, round(looks[-1] * apart)))
    return tuple(looks)


def latest(looks: tuple[int, ...]) -> float:
    """Return by which factor at most something is found later than by a look after every round."""
    return max((after / (before + 1) for before, after in pairwise(looks)), default=1.0)
