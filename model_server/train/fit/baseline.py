"""The baseline: what a model reaches that sees no feature. One that does not beat it has learned nothing."""

from collections.abc import Mapping

import numpy as np

from model_server.train.fit.answers import Answers, answers_of
from model_server.train.fit.metrics import HEADLINE, Measured, decimal, measured
from model_server.train.prepare.target import Labels

# Of these, less is better.
LOSSES = frozenset({"logLoss", "brier", "mae", "mse", "rmse", "mape", "smape"})
COMPARED = {True: ("logLoss",), False: ("rmse",)}


def baseline_of(train_target: Labels, answers: Answers) -> Measured:
    """Return the metrics, on the rows of these answers, of the class shares or the mean of the training rows."""
    from sklearn.dummy import DummyClassifier, DummyRegressor  # noqa: PLC0415  a second of start-up

    guess = DummyClassifier(strategy="prior") if len(answers.classes) else DummyRegressor(strategy="mean")
    guess.fit(np.zeros((len(train_target), 1)), train_target)
    blind = np.zeros((len(answers.truth), 1))
    return measured(answers_of(guess, blind, answers.truth, answers.positive, answers.rows))


def not_beaten(
    model: Mapping[str, float], baseline: Mapping[str, float], classifier: bool
) -> tuple[str, ...]:
    """Return a warning for headline metric and loss by which the model is no better than the baseline."""
    both = [name for name in HEADLINE[classifier] if name in model and name in baseline][:1]
    both += [name for name in COMPARED[classifier] if name in model and name in baseline]
    told = [
        f"{name} is {decimal(model[name])}, {decimal(baseline[name])} without any feature"
        for name in both
        if not is_better(name, model[name], baseline[name])
    ]
    guessing = "the class shares" if classifier else "the mean"
    return (
        (f"the model does not beat guessing {guessing} of the training rows: {'; '.join(told)}",)
        if told
        else ()
    )


def is_better(metric: str, value: float, other: float) -> bool:
    """Return whether the first value is better than the second, beyond rounding."""
    gain = other - value if metric in LOSSES else value - other
    return gain > 1e-9 * max(abs(value), abs(other))
