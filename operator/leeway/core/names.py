"""Names, labels and annotations of what the operator makes: computed, never random, never shared by two owners."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from leeway.api.kinds import MODEL_DEPLOYMENT, MODEL_VERSION, TRAINING_JOB, Key

FIELD_MANAGER = "leeway"

LABEL_NAME = "app.kubernetes.io/name"
LABEL_COMPONENT = "app.kubernetes.io/component"
LABEL_MANAGED_BY = "app.kubernetes.io/managed-by"
LABEL_OWNER_KIND = "leeway.dev/owner-kind"
LABEL_OWNER_NAME = "leeway.dev/owner-name"
LABEL_DEPLOYMENT = "leeway.dev/deployment"
LABEL_REVISION = "leeway.dev/revision"
LABEL_MODEL = "leeway.dev/model"

ANNOTATION_MANIFEST = "leeway.dev/manifest"
ANNOTATION_APPLIED = "leeway.dev/applied"
ANNOTATION_GENERATION = "leeway.dev/generation"

REVISION_LENGTH = 10


def training_job_child(name: str) -> str:
    """The batch/v1 Job of a TrainingJob."""
    return f"{name}-train"


def verification_job(name: str) -> str:
    """The batch/v1 Job that verifies a ModelVersion; no TrainingJob's Job can end in the same suffix."""
    return f"{name}-verify"


def revision_deployment(name: str, revision: str) -> str:
    """The apps/v1 Deployment of one revision."""
    return f"{name}-{revision}"


def stable_service(name: str) -> str:
    """The Service that answers from stable; ModelDeployment names ending so are refused by the schema."""
    return f"{name}-stable"


def canary_service(name: str) -> str:
    """The Service that answers from the canary, or from stable while there is none."""
    return f"{name}-canary"


def server_policy(name: str) -> str:
    """The NetworkPolicy of a ModelDeployment's pods; a dot is in no name that people give to theirs by habit."""
    return f"{name}.server"


def job_policy(component: str) -> str:
    """The NetworkPolicy of a namespace's trainers or verifiers; no deployment's ends so."""
    return f"leeway.{component}"


def store_directory(model_name: str, name: str, uid: str) -> str:
    """The folder of one training run in a store; a re-created job of the same name gets a fresh one."""
    return f"{model_name}/{name}-{uid[:8]}"


def digest_of(value: Any, length: int) -> str:
    """The first `length` hex digits of the sha256 of a JSON value, whatever the order of its keys."""
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:length]


def labels_of(owner: Key, component: str) -> dict[str, str]:
    """The labels every child carries; `instance` is never set, since GitOps tools may track by it."""
    return {
        LABEL_NAME: "leeway",
        LABEL_COMPONENT: component,
        LABEL_MANAGED_BY: FIELD_MANAGER,
        LABEL_OWNER_KIND: owner.kind,
        LABEL_OWNER_NAME: owner.name,
    }


COMPONENTS = {TRAINING_JOB.kind: "trainer", MODEL_VERSION.kind: "verifier", MODEL_DEPLOYMENT.kind: "server"}
