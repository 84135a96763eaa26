"""Names, labels and annotations of what the operator makes."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from leeway.api.kinds import MODEL_DEPLOYMENT, MODEL_VERSION, TRAINING_JOB, Key

# Names are computed, never random: a process that dies after creating a child finds it again by its name, and
# creating it twice is refused by the API server. The suffixes keep two owners from sharing one name.

FIELD_MANAGER = "leeway"

LABEL_NAME = "app.kubernetes.io/name"
LABEL_COMPONENT = "app.kubernetes.io/component"
LABEL_MANAGED_BY = "app.kubernetes.io/managed-by"
LABEL_OWNER_KIND = "leeway.dev/owner-kind"
LABEL_OWNER_NAME = "leeway.dev/owner-name"
LABEL_DEPLOYMENT = "leeway.dev/deployment"
LABEL_REVISION = "leeway.dev/revision"
LABEL_MODEL = "leeway.dev/model"
# On a claim, by whoever owns it: trainers may write to it (decision 0014).
LABEL_STORE = "leeway.dev/store"

ANNOTATION_MANIFEST = "leeway.dev/manifest"
# Of a trainer's pod: the version that the new one is to replace.
ANNOTATION_REPLACED = "leeway.dev/replaced"
ANNOTATION_APPLIED = "leeway.dev/applied"
# The owner's generation from which a Job was made. A Job's template is immutable: an outdated one is made anew.
ANNOTATION_GENERATION = "leeway.dev/generation"
# Where a trainer's Job writes to. The installation's store may be another one when the Job ends.
ANNOTATION_OUTPUT = "leeway.dev/output"

# By people, on what they command; the answer is in status.command.
ANNOTATION_COMMAND = "leeway.dev/command"
ANNOTATION_COMMAND_TOKEN = "leeway.dev/command-token"  # noqa: S105  no password: it tells one command from the next

# 40 bits. With names of at most 45 characters it keeps Deployments, and the labels made from them, below 63.
REVISION_LENGTH = 10


def training_job_child(name: str) -> str:
    """Return the name of the batch/v1 Job of a TrainingJob."""
    return f"{name}-train"


def verification_job(name: str) -> str:
    """Return the name of the batch/v1 Job that verifies a ModelVersion."""
    return f"{name}-verify"


def revision_deployment(name: str, revision: str) -> str:
    """Return the name of the apps/v1 Deployment of one revision."""
    return f"{name}-{revision}"


def revision_in(deployment: str, name: str) -> str:
    """Return the revision in the name of an apps/v1 Deployment of `name`; empty when it is not such a name."""
    revision = deployment.removeprefix(f"{name}-")
    is_hash = len(revision) == REVISION_LENGTH and set(revision) <= set("0123456789abcdef")
    return revision if is_hash and deployment != revision else ""


def stable_service(name: str) -> str:
    """Return the name of the Service that selects stable."""
    # The schema refuses ModelDeployments whose names end in -stable or -canary, so this is nobody's main Service.
    return f"{name}-stable"


def canary_service(name: str) -> str:
    """Return the name of the Service that selects the canary, or stable while there is no canary."""
    return f"{name}-canary"


def server_policy(name: str) -> str:
    """The NetworkPolicy of a ModelDeployment's pods; a dot is in no name that people give to theirs by habit."""
    return f"{name}.server"


def job_policy(component: str) -> str:
    """The NetworkPolicy of a namespace's trainers or verifiers; no deployment's ends so."""
    return f"leeway.{component}"


def store_directory(model_name: str, name: str, uid: str) -> str:
    """Return the folder of one training run in a store."""
    # With the uid, since a re-created job of the same name must not overwrite files that a version names.
    return f"{model_name}/{name}-{uid[:8]}"


def digest_of(value: Any, length: int) -> str:
    """Return the first `length` hex digits of the sha256 of a JSON value; the order of keys does not matter."""
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:length]


def labels_of(owner: Key, component: str) -> dict[str, str]:
    """Return the labels that every child carries."""
    # Without app.kubernetes.io/instance: GitOps tools may find what they manage by it, and prune what is not in Git.
    return {
        LABEL_NAME: "leeway",
        LABEL_COMPONENT: component,
        LABEL_MANAGED_BY: FIELD_MANAGER,
        LABEL_OWNER_KIND: owner.kind,
        LABEL_OWNER_NAME: owner.name,
    }


COMPONENTS = {TRAINING_JOB.kind: "trainer", MODEL_VERSION.kind: "verifier", MODEL_DEPLOYMENT.kind: "server"}
