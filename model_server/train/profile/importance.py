"""How much each column matters to the answers: how much worse they become when its values change places among rows.

Permutation importance (Breiman 2001), which needs nothing of the model but its answers.
"""

from collections.abc import Iterator, Sequence
from time import process_time

import numpy as np
from numpy.typing import NDArray

from model_server.engines.sklearn import FittedModel, Rows
from model_server.train.fit.answers import Answers
from model_server.train.fit.pipeline import warned
from model_server.train.prepare.target import Labels
from model_server.train.profile.unseen import Part

Numbers = NDArray[np.float64]
ROWS = 1000  # that are looked at, of all parts together
REPEATS = 2  # of one part; several parts are repeats themselves
ROWS_PER_CALL = 4000  # each call of scikit-learn takes a millisecond before the first row
CELLS_PER_CALL = 4_000_000
MOST_SECONDS = 30.0  # of CPU time, which depends little on what else the machine does
DIGITS = 6  # of a number that other machines compute a little otherwise


class TooSlow(Exception):  # noqa: N818  tells what is left out
    """Asking the model so often would take too long; the message says how long."""


def importances(
    parts: Sequence[Part], places: Sequence[int], seed: int, most_seconds: float = MOST_SECONDS
) -> dict[int, float]:
    """Return, by place, how much of what a constant answer gets wrong comes back without the column; 0 is none.

    Empty where the rows cannot tell: all have one target, or errors are beyond all numbers. Raises TooSlow when it
    would take longer than `most_seconds`.
    """
    random = np.random.default_rng(seed)
    measured = [
        part_importances(part, places, len(parts), random, most_seconds / len(parts)) for part in parts
    ]
    if not all(measured):
        return {}
    return {
        place: max(0.0, round(float(np.mean([one[place] for one in measured])), DIGITS)) for place in places
    }


def part_importances(
    part: Part, places: Sequence[int], parts: int, random: np.random.Generator, most_seconds: float
) -> dict[int, float]:
    """Return the importance of each place by the rows of one part, empty where they cannot tell."""
    chosen = np.sort(random.permutation(len(part.rows))[: ROWS // parts])
    rows, truth = part.rows[chosen], part.answers.truth[chosen]
    asked = [place for place in places for _ in range(REPEATS if parts == 1 else 1)]
    with np.errstate(all="ignore"):
        usual = losses(part, rows, truth).mean()
        constant = constant_loss(part.answers, truth)
        if not (0 < constant < np.inf and np.isfinite(usual)):
            return {}
        found = list(permuted_losses(part, rows, truth, (asked, random, most_seconds)))
    gains = (np.array(found) - usual) / constant
    if not np.isfinite(gains).all():
        return {}
    return {place: float(gains[[one == place for one in asked]].mean()) for place in places}


def permuted_losses(
    part: Part, rows: Rows, truth: Labels, asking: tuple[Sequence[int], np.random.Generator, float]
) -> Iterator[float]:
    """Yield the mean loss for each place that is asked for, with the column at it permuted; many in one call."""
    asked, random, most_seconds = asking
    size, width = rows.shape
    copies = max(1, min(ROWS_PER_CALL, CELLS_PER_CALL // width) // size)
    calls = -(-len(asked) // copies)
    started = process_time()
    for number in range(calls):
        batch = asked[number * copies : (number + 1) * copies]
        many = np.tile(rows, (len(batch), 1))
        for copy, place in enumerate(batch):
            many[copy * size : (copy + 1) * size, place] = random.permutation(rows[:, place])
        yield from losses(part, many, np.tile(truth, len(batch))).reshape(len(batch), size).mean(axis=1)
        expected = (process_time() - started) / (number + 1) * calls
        if expected > most_seconds:
            raise TooSlow(f"asking the model often enough would take about {expected:.0f} s of CPU time")


def losses(part: Part, rows: Rows, truth: Labels) -> Numbers:
    """Return how wrong each answer is: the squared error of the number or of the probabilities, else 0 or 1."""
    answers = part.answers
    with warned():
        told = FittedModel(part.pipeline, answers.positive).predict(rows)
    if len(answers.classes) == 0:
        return np.asarray((truth - told.values) ** 2, dtype=np.float64)
    if told.probabilities is None:
        return np.asarray(truth != told.values, dtype=np.float64)
    squares: Numbers = ((told.probabilities - (truth[:, None] == answers.classes)) ** 2).sum(axis=1)
    return squares


def constant_loss(answers: Answers, truth: Labels) -> float:
    """Return how wrong the best answer is, on average, that is the same for all rows."""
    if len(answers.classes) == 0:
        return float(np.var(truth))
    shares = np.unique(truth, return_counts=True)[1] / len(truth)
    return float(1 - shares.max() if answers.probabilities is None else 1 - (shares**2).sum())
