"""Writing what a version consists of: model, signature, golden rows, profile and job."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from model_server.artifact.models.model_file import model_from_bytes
from model_server.artifact.models.neutral import forget_random_states, settle_threads
from model_server.contract import reasons
from model_server.contract.manifest import TrainingJob
from model_server.contract.outcome import InputRefused, WrittenFile
from model_server.contract.profile import ReferenceProfile, profile_json, read_profile
from model_server.contract.signature import Signature, write_signature
from model_server.train.describe import store
from model_server.train.describe.job import make_job
from model_server.train.describe.records import golden_places, make_golden, make_signature
from model_server.train.describe.report import pretty
from model_server.train.describe.reproducible import archive_of
from model_server.train.fit.answers import answers_of
from model_server.train.fit.evaluation import Trained


@dataclass(frozen=True)
class Artifacts:
    """The files of a version by their names in it, and the signature, which a version has inline or as a file."""

    files: Mapping[str, WrittenFile]
    signature: Signature
    signature_file: WrittenFile


def write_artifacts(
    output: Path, job: TrainingJob, trained: Trained, data_digest: str, profile: ReferenceProfile | None
) -> Artifacts:
    """Write the files; InputRefused or TryAgain when the store or the server's reader does not take one."""
    model = write_verified(output, trained)
    signature = make_signature(job, trained)
    with store.store_errors(output):
        write_signature(output / f"{store.SIGNATURE}{store.PART}", signature)
    signature_file = store.settle(output, store.SIGNATURE)
    files = {
        "model": model,
        "golden": store.write_file(output, store.GOLDEN, make_golden(signature, trained)),
        "job": store.write_file(output, store.JOB, pretty(make_job(job, data_digest))),
    }
    if profile:
        profile = msgspec.structs.replace(profile, model_digest=model.digest)
    if written := write_profile(output, profile):
        files["profile"] = written
    return Artifacts(files, signature, signature_file)


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
    # Equal models have equal files, whatever machine fitted them.
    settle_threads(trained.pipeline)
    forget_random_states(trained.pipeline)
    content = archive_of(trained.pipeline)
    if not answers_alike(read_allowed(content), trained):
        raise InputRefused(
            reasons.TRAINING_FAILED,
            "spec.estimator.class: the stored model answers unlike the fitted one; choose another estimator",
        )
    return store.write_file(output, store.MODEL, content)


def read_allowed(content: bytes) -> Any:
    """Return the model as the server reads it, or raise InputRefused (EstimatorNotAllowed) when it would not."""
    try:
        return model_from_bytes(content)
    except InputRefused as error:
        raise InputRefused(
            reasons.ESTIMATOR_NOT_ALLOWED, f"spec.estimator.params: with these, {error.message}"
        ) from error


def answers_alike(model: Any, trained: Trained) -> bool:
    """Return whether the model's labels, numbers and probabilities for the golden rows are those of the fitted one."""
    prepared, answers = trained.prepared, trained.answers
    places = golden_places(len(prepared.judged))
    again = answers_of(model, prepared.judged[places], prepared.judged_target[places], answers.positive)
    if not agree(again.predicted, answers.predicted[places]):
        return False
    if answers.probabilities is None or again.probabilities is None:
        return again.probabilities is answers.probabilities
    return agree(again.probabilities, answers.probabilities[places])


def agree(left: Any, right: Any) -> bool:
    """Return whether both are the same labels, or numbers equal to a millionth."""
    if np.asarray(right).dtype.kind == "f":
        return bool(np.allclose(left, right, rtol=1e-6, atol=1e-9))
    return bool(np.array_equal(left, right))
