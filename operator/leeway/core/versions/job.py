"""The batch/v1 Job that verifies a ModelVersion in the image that will serve it."""

from __future__ import annotations

from leeway.api.kinds import Manifest
from leeway.api.model_version import ModelVersion
from leeway.core.names import ANNOTATION_GENERATION, verification_job
from leeway.core.pods.credentials import CREDENTIALS_ROOT, credentials_mount
from leeway.core.pods.jobs import fail_on_refused_input
from leeway.core.pods.network import fetch_variables
from leeway.core.pods.platform import Platform
from leeway.core.pods.served import VERSION_FOLDER, file_uris, served_manifest
from leeway.core.pods.template import (
    MANIFEST_FILE,
    SCRATCH,
    manifest_volume,
    owner_metadata,
    pod_template,
)
from leeway.core.pods.uris import STORE_ROOT, store_mounts

CONTAINER = "verifier"
DEADLINE_SECONDS = 600


def make_verify_job(version: ModelVersion, manifest: Manifest, platform: Platform) -> Manifest:
    """Return the Job that fetches, checks and loads the artifact, and repeats its golden predictions."""
    # In the server image: what is proven here is that the pods that will serve can load the model.
    metadata = owner_metadata(manifest, verification_job(manifest["metadata"]["name"]))
    metadata["annotations"] = {ANNOTATION_GENERATION: str(manifest["metadata"]["generation"])}
    container = {
        "name": CONTAINER,
        "image": platform.server_image.name,
        "imagePullPolicy": platform.server_image.pull_policy,
        "args": ["verify", "--version", f"{VERSION_FOLDER}/{MANIFEST_FILE}"],
        "env": [
            {"name": "LEEWAY_STORE_ROOT", "value": STORE_ROOT},
            {"name": "LEEWAY_CREDENTIALS_ROOT", "value": CREDENTIALS_ROOT},
            *fetch_variables(platform.fetch_allow),
            {"name": "OMP_NUM_THREADS", "value": "1"},
        ],
        # Unless spec.pod.resources says otherwise. Without requests the pod would be the first to be evicted.
        "resources": {"requests": {"cpu": "100m", "memory": "256Mi"}},
    }
    credentials = credentials_mount("version", version.spec.credentials_secret_name)
    mounts = manifest_volume(VERSION_FOLDER) + store_mounts(file_uris(version)) + credentials + SCRATCH
    told, account = served_manifest(manifest), platform.service_account
    template = pod_template(metadata["labels"], told, container, mounts, version.spec.pod, account)
    template["spec"]["restartPolicy"] = "Never"
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata,
        "spec": {
            "backoffLimit": 2,
            "activeDeadlineSeconds": DEADLINE_SECONDS,
            "podFailurePolicy": fail_on_refused_input(CONTAINER),
            "template": template,
        },
    }
