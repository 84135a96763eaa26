"""What scikit-learn says of rows and spec, as a refusal that names the field or the column at fault."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_server.contract import reasons
from model_server.contract.outcome import InputRefused
from model_server.engines.sklearn import Rows
from model_server.train.fit.answers import Answers
from model_server.train.prepare.matrices import Prepared

NOT_FINITE = ("NaN", "infinity")


@contextmanager
def refusals(pipeline: Any, prepared: Prepared) -> Iterator[None]:
    """Inside the block, what scikit-learn says of rows and spec becomes InputRefused."""
    try:
        yield
    except (ValueError, TypeError, ArithmeticError, np.linalg.LinAlgError) as error:
        raise refusal(pipeline, prepared, error) from error


def refusal(pipeline: Any, prepared: Prepared, error: Exception) -> InputRefused:
    """Return the refusal that names the field when scikit-learn names a parameter, else its own sentence."""
    text = " ".join(str(error).split())[:400]
    parameter = re.search(r"'(\w+)' parameter of (\w+)", text)
    if parameter and parameter[2] == type(pipeline.steps[-1][1]).__name__:
        return InputRefused(reasons.INVALID_SPEC, f"spec.estimator.params.{parameter[1]}: {text}")
    if "n_components=" in text and "pca" in pipeline.named_steps:
        return InputRefused(reasons.INVALID_SPEC, f"spec.preprocessing.pca.components: {text}")
    if any(word in text for word in NOT_FINITE):
        text = too_large(prepared) if has_all_values(prepared) else MISSING
    return InputRefused(
        reasons.TRAINING_FAILED,
        f"{type(pipeline.steps[-1][1]).__name__} cannot learn from or answer these rows: {text}",
    )


MISSING = (
    "the rows have missing values, which the estimator does not take; set "
    "spec.preprocessing.numeric.impute and .categorical.impute, or spec.cleaning.dropMissingRows: true"
)


def has_all_values(prepared: Prepared) -> bool:
    """Return whether no row misses a value, so that what is not finite was computed."""
    return not any(is_missing(rows).any() for rows in (prepared.train, prepared.judged))


def is_missing(rows: Rows) -> NDArray[np.bool_]:
    """Return which cells are NaN, in a matrix of numbers or of numbers and texts."""
    import pandas as pd  # noqa: PLC0415  loaded with the rows

    return np.asarray(pd.isna(rows))


def refuse_infinite(pipeline: Any, prepared: Prepared, answers: Answers) -> None:
    """Raise InputRefused (TrainingFailed) when answers are no finite numbers; metrics of them would mislead."""
    told = (answers.predicted, answers.scores, answers.probabilities)
    finite = [np.isfinite(one) for one in told if one is not None and one.dtype.kind == "f"]
    bad = ~np.all([one.reshape(len(one), -1).all(axis=1) for one in finite], axis=0)
    if bad.any():
        raise InputRefused(
            reasons.TRAINING_FAILED,
            f"{type(pipeline.steps[-1][1]).__name__} has no finite answer for {int(bad.sum())} of {len(bad)} "
            f"{answers.rows}: {too_large(prepared)}",
        )


def too_large(prepared: Prepared) -> str:
    """Return the sentence for numbers that are too large to be computed with, naming their column."""
    sizes = {
        feature.name: float(np.nanmax(np.abs(prepared.train[:, place].astype(np.float64)), initial=0))
        for place, feature in enumerate(prepared.features)
        if feature.type == "numeric"
    }
    name = max(sizes, key=lambda one: sizes[one], default="")
    largest = f' (the largest are in column "{name}", up to {sizes[name]:.3g})' if sizes else ""
    return (
        f"what is computed from their numbers{largest} is no finite number; correct them in the data, leave the column "
        "out by spec.data.exclude, or choose another estimator"
    )
