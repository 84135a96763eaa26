"""Training from beginning to end: fetch, check, prepare, fit, evaluate, describe, store."""

import os
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import numpy as np
from msgspec.structs import replace

from model_server.artifact.credentials import find_credentials
from model_server.artifact.model_file import read_model, write_model
from model_server.artifact.uris import shown
from model_server.contract import reasons
from model_server.contract.manifest import TrainingJob
from model_server.contract.outcome import (
    Dataset,
    GateResult,
    InputRefused,
    Outcome,
    WrittenFile,
    to_json,
)
from model_server.contract.profile import ReferenceProfile, profile_json, read_profile
from model_server.contract.signature import write_signature
from model_server.engines.sklearn import Rows
from model_server.train.describe import store
from model_server.train.describe.card import make_card
from model_server.train.describe.records import (
    golden_places,
    make_golden,
    make_profile,
    make_signature,
    make_version,
    package_versions,
)
from model_server.train.describe.reproducible import make_reproducible
from model_server.train.fit import gates
from model_server.train.fit.estimators import make_estimator
from model_server.train.fit.metrics import HEADLINE, Answers, answers_of, decimal, measured
from model_server.train.fit.pipeline import fit, make_pipeline, refusals
from model_server.train.prepare.matrices import Checked, Prepared, check_rows, prepare
from model_server.train.rows.expectations import failure
from model_server.train.rows.source import obtain
from model_server.train.stages import Stages


@dataclass(frozen=True)
class Order:
    """What is to be trained, from which rows and where to."""

    job: TrainingJob
    output: Path
    output_uri: str = ""
    rows: Path | None = None

    @property
    def root(self) -> str:
        """Return the uri under which the files will be found."""
        return self.output_uri or self.output.resolve().as_uri()


@dataclass(frozen=True)
class Trained:
    """A fitted pipeline and what it answers to the rows it is judged by."""

    prepared: Prepared
    pipeline: Any
    warnings: tuple[str, ...]
    answers: Answers
    gates: tuple[GateResult, ...]


def train(order: Order, stages: Stages) -> Outcome:
    """Return the outcome; unless it is Failed, the store holds model, description and report.

    Raises InputRefused or TryAgain naming the field or file.
    """
    spec = order.job.spec
    stages.begin("fetch", f"fetching the rows of {spec.model_name}")
    estimator, classifier = chosen(order.job)
    store.open_store(order.output)
    with TemporaryDirectory(prefix="leeway-") as directory:
        file = obtain(spec.data, order.rows, Path(directory))
        stages.begin("check", f"reading and checking {file.name}")
        checked = check_rows(file, spec)
    broken = failure(checked.expectations)
    if broken:
        return expectations_failed(checked, f"{file.name}: {broken}")
    stages.begin("prepare", f"cleaning and dividing {len(checked.frame)} rows")
    prepared = prepare(checked, spec, classifier)
    stages.begin("fit", f"fitting {spec.estimator.class_} on {len(prepared.train)} rows")
    pipeline = make_pipeline(spec.preprocessing, prepared.features, estimator, classifier)
    warnings = fit(pipeline, prepared.train, prepared.train_target)
    stages.begin("evaluate", f"judging by {len(prepared.judged)} rows")
    with refusals(pipeline):
        answers = answers_of(pipeline, prepared.judged, prepared.judged_target)
    verdicts = gates.judge(spec.evaluation.gates, measured(answers))
    trained = Trained(prepared, pipeline, warnings, answers, verdicts)
    return stored(order, checked, trained, stages)


def chosen(job: TrainingJob) -> tuple[Any, bool]:
    """Return the unfitted estimator and whether it is a classifier; the gates fit its kind."""
    estimator = make_estimator(job.spec.estimator, job.spec.seed)
    from sklearn.base import is_classifier  # noqa: PLC0415  loaded with the estimator

    classifier = bool(is_classifier(estimator))
    gates.require_known_metrics(job.spec.evaluation.gates, classifier)
    gates.require_held_out_rows(job.spec.evaluation.gates, job.spec.data.split.test_percent)
    return estimator, classifier


def expectations_failed(checked: Checked, message: str) -> Outcome:
    """Return the outcome for rows that are not as expected."""
    return Outcome(
        outcome="Failed",
        reason=reasons.EXPECTATION_FAILED,
        message=message,
        expectations=tuple(one for one in checked.expectations if not one.passed),
        dataset=Dataset(
            digest=checked.file.digest,
            rows=len(checked.frame),
            train_rows=0,
            test_rows=0,
            rows_read=len(checked.frame),
        ),
    )


def stored(order: Order, checked: Checked, trained: Trained, stages: Stages) -> Outcome:
    """Return the outcome of a fitted model after every file of it is in the store."""
    stages.begin("describe", "writing model, signature, profile and golden rows")
    outcome = described(order, checked, trained)
    stages.begin("store", f"storing under {shown(order.root)}")
    card = make_card(order.job, trained.prepared, outcome, trained.warnings)
    written = store.write_file(order.output, store.CARD, card.encode())
    outcome = replace(outcome, files={**outcome.files, "card": written})
    version = make_version(order.job, outcome, order.root)
    store.write_file(order.output, store.VERSION, pretty(version))
    report = msgspec.json.decode(to_json(outcome)) | unabridged(checked, trained)
    store.write_file(order.output, store.REPORT, pretty(report))
    place, secret = "spec.output.credentialsSecretName", order.job.spec.output.credentials_secret_name
    store.upload_store(order.output, order.root, find_credentials("output", place, secret))
    return outcome


def described(order: Order, checked: Checked, trained: Trained) -> Outcome:
    """Return the whole outcome; model, signature, golden rows and profile are written."""
    job, prepared = order.job, trained.prepared
    model = write_verified(order.output, trained)
    signature = make_signature(job, prepared, trained.pipeline)
    with store.store_errors(order.output):
        write_signature(order.output / f"{store.SIGNATURE}{store.PART}", signature)
    signature_file = store.settle(order.output, store.SIGNATURE)
    places = golden_places(len(prepared.judged))
    golden = make_golden(signature, prepared.judged[places], trained.answers.predicted[places])
    profile = make_profile(job, prepared, trained.answers, (model.digest, checked.file.digest))
    files = {"model": model, "golden": store.write_file(order.output, store.GOLDEN, golden)}
    if written := write_profile(order.output, profile):
        files["profile"] = written
    values = measured(trained.answers)
    return Outcome(
        outcome="Succeeded" if all(gate.passed for gate in trained.gates) else "GateFailed",
        reason=reasons.COMPLETED if all(gate.passed for gate in trained.gates) else reasons.GATE_FAILED,
        message=gates.sentence(trained.gates) or succeeded(prepared, values),
        files=files,
        signature=msgspec.to_builtins(signature),
        signature_file=signature_file,
        metrics={name: decimal(value) for name, value in values.items()},
        warnings=(*prepared.warnings, *trained.warnings),
        gates=trained.gates,
        dataset=Dataset(
            digest=checked.file.digest,
            rows=len(prepared.train) + prepared.held_out,
            train_rows=len(prepared.train),
            test_rows=prepared.held_out,
            rows_read=prepared.rows_read,
            dropped=prepared.dropped,
            overlapping_rows=prepared.overlapping_rows,
        ),
        seed=job.spec.seed,
        packages=package_versions(),
    )


def write_profile(output: Path, profile: ReferenceProfile | None) -> WrittenFile | None:
    """Write the profile as the server reads it, or leave none; InputRefused (ArtifactUnreadable) otherwise."""
    if profile is None:
        store.remove_file(output, store.PROFILE)
        return None
    content = profile_json(profile)
    read_profile(content)
    return store.write_file(output, store.PROFILE, content)


def write_verified(output: Path, trained: Trained) -> WrittenFile:
    """Write the model, and read it back to prove that it answers as the fitted one does."""
    part = output / f"{store.MODEL}{store.PART}"
    with store.store_errors(output):
        write_allowed(part, trained.pipeline)
        make_reproducible(part)
    places = golden_places(len(trained.prepared.judged))
    rows: Rows = trained.prepared.judged[places]
    if not agree(read_model(part).predict(rows), trained.answers.predicted[places]):
        raise InputRefused(
            reasons.TRAINING_FAILED,
            "spec.estimator.class: the stored model answers unlike the fitted one; choose another estimator",
        )
    return store.settle(output, store.MODEL)


def write_allowed(path: Path, pipeline: Any) -> None:
    """Write the model, or raise InputRefused (EstimatorNotAllowed) when the server would not load it."""
    try:
        write_model(path, pipeline)
    except InputRefused as error:
        raise InputRefused(
            reasons.ESTIMATOR_NOT_ALLOWED, f"spec.estimator.params: with these, {error.message}"
        ) from error


def agree(left: Any, right: Any) -> bool:
    """Return whether both predict the same labels, or numbers equal to a millionth."""
    if np.asarray(right).dtype.kind == "f":
        return bool(np.allclose(left, right, rtol=1e-6, atol=1e-9))
    return bool(np.array_equal(left, right))


def succeeded(prepared: Prepared, values: dict[str, float]) -> str:
    """Return the sentence for a model that keeps its gates."""
    rows = f"{prepared.held_out} held-out rows" if prepared.held_out else "the training rows themselves"
    names = HEADLINE[bool(len(prepared.judged_target)) and "accuracy" in values]
    told = [f"{name}={decimal(values[name])}" for name in names if name in values]
    return f"trained on {len(prepared.train)} rows; {' '.join(told) or 'no metric is defined'} on {rows}"


def unabridged(checked: Checked, trained: Trained) -> dict[str, Any]:
    """Return what the report says beyond the outcome."""
    prepared = trained.prepared
    return {
        "expectations": msgspec.to_builtins(checked.expectations),
        "features": msgspec.to_builtins(prepared.features),
        "measuredOn": "held-out rows" if prepared.held_out else "training rows",
        "dropped": prepared.dropped,
        "warnings": list(trained.warnings),
        "confusionMatrix": confusion_matrix(trained.answers),
        "pod": os.environ.get("HOSTNAME", ""),
    }


def confusion_matrix(answers: Answers) -> dict[str, Any] | None:
    """Return counts of truth (rows) by prediction (columns), for classifiers of at most 50 classes."""
    if not 0 < len(answers.classes) <= 50:
        return None
    from sklearn.metrics import confusion_matrix as count  # noqa: PLC0415  loaded with the estimator

    counts = count(answers.truth, answers.predicted, labels=answers.classes)
    return {"classes": [str(one) for one in answers.classes.tolist()], "counts": counts.tolist()}


def pretty(value: Any) -> bytes:
    """Return the value as JSON for people."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"
