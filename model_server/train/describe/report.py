"""The report: the whole outcome and what the message of a pod has no room for, for scripts and people."""

import os
from pathlib import Path
from typing import Any

import msgspec

from model_server.contract.outcome import InputRefused, Outcome, TryAgain, to_json
from model_server.train.describe import store
from model_server.train.fit.answers import Answers
from model_server.train.fit.evaluation import Trained
from model_server.train.prepare.matrices import Checked

MAX_CONFUSION_CLASSES = 50


def make_report(outcome: Outcome, checked: Checked, trained: Trained) -> bytes:
    """Return the report of a fitted model as JSON."""
    beyond = {
        "expectations": msgspec.to_builtins(checked.expectations),
        "features": msgspec.to_builtins(trained.prepared.features),
        "measuredOn": trained.answers.rows,
        "undefinedMetrics": {name: why.reason for name, why in trained.metrics.undefined.items()},
        "dropped": trained.prepared.dropped,
        "warnings": trained.warnings,
        "confusionMatrix": confusion_matrix(trained.answers),
    }
    return pretty(msgspec.json.decode(to_json(outcome)) | beyond | of_the_pod())


def leave_failure(output: Path, outcome: Outcome) -> None:
    """Leave the report of a run that failed, as far as the store takes it, and no version of a run before."""
    report = msgspec.json.decode(to_json(outcome)) | of_the_pod()
    try:
        store.open_store(output)
        store.write_file(output, store.REPORT, pretty(report))
    except (InputRefused, TryAgain):
        return  # the outcome is told elsewhere, too


def of_the_pod() -> dict[str, str]:
    """Return which pod trained; an empty name on a laptop."""
    return {"pod": os.environ.get("HOSTNAME", "")}


def confusion_matrix(answers: Answers) -> dict[str, Any] | None:
    """Return counts of truth (rows) by prediction (columns), for classifiers of at most 50 classes."""
    if not 0 < len(answers.classes) <= MAX_CONFUSION_CLASSES:
        return None
    from sklearn.metrics import confusion_matrix as count  # noqa: PLC0415  loaded with the estimator

    counts = count(answers.truth, answers.predicted, labels=answers.classes)
    return {"classes": [str(one) for one in answers.classes.tolist()], "counts": counts.tolist()}


def pretty(value: Any) -> bytes:
    """Return the value as JSON for people."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"
