"""The batch/v1 Job of a TrainingJob."""

from __future__ import annotations

import json

from pydantic import ValidationError

from leeway.api.kinds import Manifest
from leeway.api.training.job import TrainingJob, TrainingJobSpec
from leeway.core.names import (
    ANNOTATION_GENERATION,
    ANNOTATION_MANIFEST,
    ANNOTATION_OUTPUT,
    LABEL_MODEL,
    store_directory,
    training_job_child,
)
from leeway.core.pods.credentials import CREDENTIALS_ROOT, credentials_mount
from leeway.core.pods.jobs import fail_on_refused_input
from leeway.core.pods.network import fetch_variables
from leeway.core.pods.platform import Platform
from leeway.core.pods.template import (
    MANIFEST_FILE,
    SCRATCH,
    literal,
    manifest_volume,
    owner_metadata,
    pod_template,
)
from leeway.core.pods.uris import DATA_ROOT, STORE_ROOT, Mounts, claim_mount, data_mounts, join, parse_uri
from leeway.core.training.replaced import NOTHING, Given

CONTAINER = "trainer"
JOB_FOLDER = "/leeway/job"
OUTPUT_FOLDER = "/leeway/output"
_TOLD = ("name", "namespace", "uid", "creationTimestamp")


def output_uri(job: TrainingJob, manifest: Manifest, platform: Platform) -> str:
    """Return the URI of this run's folder in the store."""
    store = job.spec.output.uri or f"pvc://{platform.store.claim}"
    metadata = manifest["metadata"]
    return join(store, store_directory(job.spec.model_name, metadata["name"], metadata["uid"]))


def given_output(child: Manifest | None) -> str:
    """Return the URI of the folder that a Job was told to write to; empty when it does not say."""
    annotations = (child or {}).get("metadata", {}).get("annotations", {})
    return str(annotations.get(ANNOTATION_OUTPUT, ""))


def make_train_job(
    job: TrainingJob,
    manifest: Manifest,
    platform: Platform,
    given: Given = NOTHING,
) -> Manifest:
    """Return the Job that runs the trainer, with what it is given of the version to be replaced."""
    metadata = owner_metadata(manifest, training_job_child(manifest["metadata"]["name"]))
    metadata["labels"][LABEL_MODEL] = job.spec.model_name
    metadata["annotations"] = {
        ANNOTATION_GENERATION: str(manifest["metadata"]["generation"]),
        ANNOTATION_OUTPUT: output_uri(job, manifest, platform),
    }
    template = _template(job, manifest, platform, metadata["labels"], given)
    template["metadata"]["annotations"] |= dict(given.annotations)
    # Never, so that each attempt is a pod of its own with its own logs, and so that podFailurePolicy is allowed.
    template["spec"]["restartPolicy"] = "Never"
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata,
        "spec": {
            "backoffLimit": job.spec.backoff_limit,
            "activeDeadlineSeconds": job.spec.active_deadline_seconds,
            "podFailurePolicy": fail_on_refused_input(CONTAINER),
            "template": template,
        },
    }


def _template(
    job: TrainingJob, manifest: Manifest, platform: Platform, labels: Manifest, given: Given
) -> Manifest:
    uri = output_uri(job, manifest, platform)
    folder, output = _output(uri)
    container = {
        "name": CONTAINER,
        "image": platform.trainer_image.name,
        "imagePullPolicy": platform.trainer_image.pull_policy,
        # Kubernetes expands $(NAME) in args and env, and names of models and claims come from users.
        "args": [
            *("train", "--job", f"{JOB_FOLDER}/{MANIFEST_FILE}"),
            *("--output", literal(folder), "--output-uri", literal(uri)),
            *given.arguments,
        ],
        "env": [
            {"name": "LEEWAY_JOB", "value": f"{JOB_FOLDER}/{MANIFEST_FILE}"},
            {"name": "LEEWAY_OUTPUT", "value": literal(folder)},
            {"name": "LEEWAY_DATA_ROOT", "value": DATA_ROOT},
            {"name": "LEEWAY_STORE_ROOT", "value": STORE_ROOT},
            {"name": "LEEWAY_CREDENTIALS_ROOT", "value": CREDENTIALS_ROOT},
            *fetch_variables(platform.fetch_allow),
        ],
    }
    mounts = (
        manifest_volume(JOB_FOLDER)
        + data_mounts(job.spec.data.uri)
        + output
        + _credentials(job)
        + given.mounts
        + SCRATCH
    )
    told = trainer_manifest(manifest)
    return pod_template(labels, told, container, mounts, job.spec.pod, platform.service_account)


def _credentials(job: TrainingJob) -> Mounts:
    data, output = job.spec.data, job.spec.output
    return credentials_mount("data", data.credentials_secret_name) + credentials_mount(
        "output", output.credentials_secret_name
    )


def trainer_manifest(manifest: Manifest) -> Manifest:
    """Return the TrainingJob as the trainer reads it: without status, labels and annotations."""
    # An annotation may hold as much as 256 KiB, and kubectl's last-applied one repeats the spec; the whole must fit
    # into one annotation of the pod.
    metadata = manifest["metadata"]
    return {
        "apiVersion": manifest["apiVersion"],
        "kind": manifest["kind"],
        "metadata": {name: metadata[name] for name in _TOLD if name in metadata},
        "spec": manifest["spec"],
    }


def is_outdated(child: Manifest, manifest: Manifest) -> bool:
    """Return whether the Job was made from another spec than the present one."""
    # The schema allows edits while suspended. Equal generations settle it without parsing; another one may mean that
    # only `suspend` or `ttlSecondsAfterFinished` changed, for which nothing is trained again.
    annotations = child["metadata"].get("annotations", {})
    if annotations.get(ANNOTATION_GENERATION) == str(manifest["metadata"]["generation"]):
        return False
    told = child["spec"]["template"]["metadata"].get("annotations", {}).get(ANNOTATION_MANIFEST, "{}")
    try:
        return _content(json.loads(told).get("spec", {})) != _content(manifest["spec"])
    except ValidationError:
        return True  # told by a release whose specs this one does not read


def _content(spec: Manifest) -> TrainingJobSpec:
    """Return the part of the spec that decides what is trained, not when it runs or how long it is kept."""
    # Parsed: a CRD that gained a defaulted field changes the manifest, and nothing that is trained.
    parsed = TrainingJobSpec.model_validate(spec)
    return parsed.model_copy(update={"suspend": False, "ttl_seconds_after_finished": None})


def _output(uri: str) -> tuple[str, Mounts]:
    """Return the folder the trainer writes to and its mounts: the claim itself, or scratch to upload from."""
    location = parse_uri(uri)
    if location.scheme == "pvc":
        root = f"{STORE_ROOT}/{location.name}"
        return f"{root}/{location.path}", claim_mount("store", location.name, root, read_only=False)
    volume = {"name": "output", "emptyDir": {}}
    return OUTPUT_FOLDER, Mounts((volume,), ({"name": "output", "mountPath": OUTPUT_FOLDER},))
