"""Training from beginning to end: fetch, check, prepare, fit, evaluate, describe, store."""

from dataclasses import dataclass
from dataclasses import replace as with_fields
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any

import msgspec
from msgspec.structs import replace

from model_server.artifact.stores.credentials import find_credentials
from model_server.artifact.stores.uris import shown
from model_server.contract import reasons
from model_server.contract.manifest import TrainingJob
from model_server.contract.outcome import Dataset, InputRefused, Outcome
from model_server.train.describe import store
from model_server.train.describe.artifacts import write_artifacts
from model_server.train.describe.card import make_card
from model_server.train.describe.records import make_version, package_versions
from model_server.train.describe.report import make_report, pretty
from model_server.train.fit import gates
from model_server.train.fit.estimators import make_estimator
from model_server.train.fit.evaluation import Trained, evaluate
from model_server.train.fit.metrics import HEADLINE, decimal
from model_server.train.fit.pipeline import fit, make_pipeline
from model_server.train.fit.positive import FIELD as POSITIVE_FIELD
from model_server.train.fit.positive import choose_positive
from model_server.train.prepare.matrices import Checked, Prepared, check_rows, prepare
from model_server.train.profile.bridge import with_bridge
from model_server.train.profile.make import Made, make_profile
from model_server.train.rows.expectations import failure
from model_server.train.rows.source import obtain
from model_server.train.stages import Stages

MAX_WARNINGS = 20  # what a status holds; the most important come first


@dataclass(frozen=True)
class Order:
    """What is to be trained, from which rows and where to, and the version that it is to replace."""

    job: TrainingJob
    output: Path
    output_uri: str = ""
    rows: Path | None = None
    replaces: Path | None = None

    @property
    def root(self) -> str:
        """Return the uri under which the files will be found."""
        return self.output_uri or self.output.resolve().as_uri()


def train(order: Order, stages: Stages) -> Outcome:
    """Return the outcome; unless it is Failed, the store holds model, description and report.

    Only an outcome that Succeeded leaves a version beside them. Raises InputRefused or TryAgain naming the field or
    file.
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
    positive = choose_positive(spec.evaluation, prepared.train_target) if classifier else None
    stages.begin("fit", f"fitting {spec.estimator.class_} on {len(prepared.train)} rows")
    pipeline = make_pipeline(spec.preprocessing, prepared.features, estimator, classifier)
    started = process_time()
    warnings = fit(pipeline, prepared)
    fit_seconds = process_time() - started
    stages.begin("evaluate", f"judging by {len(prepared.judged)} rows")
    trained = evaluate(pipeline, prepared, spec.evaluation, positive, (*warnings, *elsewhere(order)))
    stages.begin("profile", "counting rows that the model has not seen")
    made = make_profile(order.job, trained, checked.file.digest, fit_seconds)
    made = with_bridge(made, order.job, trained, checked.frame, order.replaces)
    trained = with_fields(trained, warnings=(*trained.warnings, *made.warnings))
    return stored(order, checked, trained, made, stages)


def chosen(job: TrainingJob) -> tuple[Any, bool]:
    """Return the unfitted estimator and whether it is a classifier; the evaluation fits its kind."""
    estimator = make_estimator(job.spec.estimator, job.spec.seed)
    from sklearn.base import is_classifier  # noqa: PLC0415  loaded with the estimator

    classifier = bool(is_classifier(estimator))
    gates.require_known_metrics(job.spec.evaluation.gates, classifier)
    gates.require_held_out_rows(job.spec.evaluation.gates, job.spec.data.split.test_percent)
    if job.spec.evaluation.positive_class is not None and not classifier:
        raise InputRefused(
            reasons.INVALID_SPEC, f"{POSITIVE_FIELD}: {job.spec.estimator.class_} is a regressor; remove it"
        )
    return estimator, classifier


def elsewhere(order: Order) -> tuple[str, ...]:
    """Return a warning when the job names a store that nobody told this run to write to."""
    wanted = order.job.spec.output.uri
    if wanted is None or order.output_uri:
        return ()
    return (
        f"spec.output.uri is used in a cluster only: the files are in {order.output}; "
        f"to upload them, pass --output-uri {shown(wanted)}",
    )


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


def stored(order: Order, checked: Checked, trained: Trained, made: Made, stages: Stages) -> Outcome:
    """Return the outcome of a fitted model after every file of it is in the store, its version last."""
    stages.begin("describe", "writing model, signature, profile and golden rows")
    outcome = described(order, checked, trained, made)
    stages.begin("store", f"storing under {shown(order.root)}")
    card = store.write_file(order.output, store.CARD, make_card(order.job, trained, made, outcome).encode())
    outcome = replace(outcome, files={**outcome.files, "card": card})
    store.write_file(order.output, store.REPORT, make_report(outcome, checked, trained))
    names = [*(file.path for file in outcome.files.values()), store.SIGNATURE, store.REPORT]
    if trained.passed:
        version = make_version(order.job, outcome, order.root)
        store.write_file(order.output, store.VERSION, pretty(version))
        names.append(store.VERSION)
    place, secret = "spec.output.credentialsSecretName", order.job.spec.output.credentials_secret_name
    store.upload_files(order.output, names, order.root, find_credentials("output", place, secret))
    return outcome


def described(order: Order, checked: Checked, trained: Trained, made: Made) -> Outcome:
    """Return the outcome; model, signature, golden rows, profile and job are written."""
    digest = checked.file.digest
    artifacts = write_artifacts(order.output, order.job, trained, digest, made.profile)
    return Outcome(
        outcome="Succeeded" if trained.passed else "GateFailed",
        reason=reasons.COMPLETED if trained.passed else reasons.GATE_FAILED,
        message=gates.sentence(trained.gates, trained.positive_class) or succeeded(trained),
        files=dict(artifacts.files),
        signature=msgspec.to_builtins(artifacts.signature),
        signature_file=artifacts.signature_file,
        metrics=decimals(trained.metrics.values),
        baseline=decimals(trained.baseline.values),
        positive_class=trained.positive_class,
        warnings=trained.warnings[:MAX_WARNINGS],
        gates=trained.gates,
        dataset=dataset_of(trained.prepared, digest),
        seed=order.job.spec.seed,
        packages=package_versions(),
    )


def dataset_of(prepared: Prepared, digest: str) -> Dataset:
    """Return which rows were read and what became of them."""
    return Dataset(
        digest=digest,
        rows=len(prepared.train) + prepared.held_out,
        train_rows=len(prepared.train),
        test_rows=prepared.held_out,
        rows_read=prepared.rows_read,
        dropped={step: count for step, count in prepared.dropped.items() if count},
        overlapping_rows=prepared.overlapping_rows,
    )


def decimals(values: dict[str, float]) -> dict[str, str]:
    """Return metrics as texts."""
    return {name: decimal(value) for name, value in values.items()}


def succeeded(trained: Trained) -> str:
    """Return the sentence for a model that keeps its gates."""
    prepared, values = trained.prepared, trained.metrics.values
    rows = f"{prepared.held_out} held-out rows" if prepared.held_out else "the training rows themselves"
    names = HEADLINE[bool(len(trained.answers.classes))]
    told = [f"{name}={decimal(values[name])}" for name in names if name in values]
    return f"trained on {len(prepared.train)} rows; {' '.join(told) or 'no metric is defined'} on {rows}"
