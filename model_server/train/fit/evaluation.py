"""A fitted pipeline judged by rows whose truth is known: metrics, baseline, gates, and what to know before trust."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from model_server.contract.manifest import Evaluation
from model_server.contract.outcome import GateResult
from model_server.engines.scores import SECOND
from model_server.train.fit import gates
from model_server.train.fit.alone import Alone, leaks, measured_alone
from model_server.train.fit.answers import HELD_OUT_ROWS, TRAINING_ROWS, Answers, answers_of
from model_server.train.fit.baseline import baseline_of, not_beaten
from model_server.train.fit.metrics import Measured, measured
from model_server.train.fit.pipeline import warned
from model_server.train.fit.positive import Positive
from model_server.train.fit.refusal import refusals, refuse_infinite
from model_server.train.prepare.matrices import Prepared


@dataclass(frozen=True)
class Trained:
    """A fitted pipeline, what it answers to the rows it is judged by, and what follows from that.

    `warnings` are those of the data, of the answers and of the estimator, most important first.
    """

    prepared: Prepared
    pipeline: Any
    positive: Positive | None
    answers: Answers
    metrics: Measured
    baseline: Measured
    alone: tuple[Alone, ...]
    gates: tuple[GateResult, ...]
    warnings: tuple[str, ...]

    @property
    def positive_class(self) -> str:
        """Return the name of the positive class, empty without two classes."""
        return self.positive.name if self.positive else ""

    @property
    def passed(self) -> bool:
        """Return whether every gate is kept."""
        return all(gate.passed for gate in self.gates)


def evaluate(
    pipeline: Any,
    prepared: Prepared,
    evaluation: Evaluation,
    positive: Positive | None,
    fit_warnings: tuple[str, ...],
) -> Trained:
    """Return the judged pipeline, or raise InputRefused (TrainingFailed) when it has no finite answers."""
    place = positive.place if positive else SECOND
    rows = HELD_OUT_ROWS if prepared.held_out else TRAINING_ROWS
    with refusals(pipeline, prepared), warned() as told, np.errstate(all="ignore"):
        answers = answers_of(pipeline, prepared.judged, prepared.judged_target, place, rows)
        refuse_infinite(pipeline, prepared, answers)
        metrics = measured(answers)
        baseline = baseline_of(prepared.train_target, answers)
    name = positive.name if positive else ""
    classifier = len(answers.classes) > 0
    alone = measured_alone(prepared, classifier)
    return Trained(
        prepared=prepared,
        pipeline=pipeline,
        positive=positive,
        answers=answers,
        metrics=metrics,
        baseline=baseline,
        alone=alone,
        gates=gates.judge(evaluation.gates, metrics, name),
        warnings=(
            *prepared.warnings,
            *leaks(alone),
            *not_beaten(metrics.values, baseline.values, classifier),
            *(positive.warnings if positive else ()),
            *undefined_by_rows(metrics, name),
            *dict.fromkeys((*fit_warnings, *told)),
        ),
    )


def undefined_by_rows(metrics: Measured, positive: str) -> tuple[str, ...]:
    """Return a warning for each metric that these rows, not the estimator, leave without a value."""
    return tuple(
        gates.undefined(name, metrics, positive) for name, why in metrics.undefined.items() if why.by_rows
    )
