"""The positive class: the one of two that is looked for, and of which precision, recall and probabilities speak."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from model_server.contract import reasons
from model_server.contract.manifest import Evaluation
from model_server.contract.outcome import InputRefused
from model_server.rows.spelling import category_of
from model_server.train.prepare.target import Labels

FIELD = "spec.evaluation.positiveClass"
# The area under the curve, the Brier score and the rest are the same whichever of two classes is looked for.
OF_ONE_CLASS = ("precision", "recall", "f1", "averagePrecision")
PAIRS = (("0", "1"), ("false", "true"), ("no", "yes"))  # what means no, what means yes


@dataclass(frozen=True)
class Positive:
    """The positive class by its place among the classes, its name, and what to warn of."""

    place: int
    name: str
    warnings: tuple[str, ...] = ()


def choose_positive(evaluation: Evaluation, truth: Labels) -> Positive | None:
    """Return the positive class of training rows; None unless there are two classes and none was named.

    The one that was named, else 1, true or yes beside 0, false or no, else the rarer one, else the second.
    Raises InputRefused (InvalidSpec) for a name that is none of two classes.
    """
    classes, counts = np.unique(truth, return_counts=True)
    names = [str(one) for one in classes.tolist()]
    if evaluation.positive_class is not None:
        place = place_of(evaluation.positive_class, names)
        return Positive(place, names[place])
    if len(names) != 2:
        return None
    usual = conventional_place(names)
    if usual is not None:
        return Positive(usual, names[usual])
    place = 0 if counts[0] < counts[1] else 1
    return Positive(place, names[place], rarer_warnings(evaluation, names[place], counts[place], len(truth)))


def place_of(wanted: str, names: Sequence[str]) -> int:
    """Return the place of the wanted class, or raise InputRefused (InvalidSpec) naming the classes."""
    if len(names) != 2:
        raise InputRefused(
            reasons.INVALID_SPEC,
            f"{FIELD}: the training rows have {len(names)} classes, and a positive class is one of two; remove it",
        )
    # As the data spell it: 1.0 means the class 1, True the class true.
    found = [place for place, name in enumerate(names) if name in (wanted, category_of(wanted))]
    if not found:
        raise InputRefused(
            reasons.INVALID_SPEC, f'{FIELD}: "{wanted}" is no class of the training rows; use {quoted(names)}'
        )
    return found[0]


def conventional_place(names: Sequence[str]) -> int | None:
    """Return the place of 1, true or yes beside 0, false or no."""
    lowered = [name.lower() for name in names]
    return next((lowered.index(yes) for no, yes in PAIRS if sorted(lowered) == sorted((no, yes))), None)


def rarer_warnings(evaluation: Evaluation, name: str, count: Any, rows: int) -> tuple[str, ...]:
    """Return a warning when a gate depends on a class that nobody named."""
    gates = sorted({gate.metric for gate in evaluation.gates if gate.metric in OF_ONE_CLASS})
    if not gates:
        return ()
    return (
        f'spec.evaluation.gates on {" and ".join(gates)} speak of class "{name}", the rarer one '
        f"({count} of {rows} training rows); name the class that is looked for in {FIELD}",
    )


def quoted(names: Sequence[str]) -> str:
    """Return the names as a sentence shows them."""
    return " or ".join(f'"{name}"' for name in names)


def naming(metric: str, positive: str) -> str:
    """Return the metric with the class it is of, where it is of one: `recall of class "bad"`."""
    return f'{metric} of class "{positive}"' if positive and metric in OF_ONE_CLASS else metric
