"""The batch/v1 Job that verifies a ModelVersion in the image that will serve it."""

from __future__ import annotations

from leeway.api.kinds import Manifest
from leeway.api.model_version import ModelVersion
from leeway.core.jobs import fail_on_refused_input
from leeway.core.names import ANNOTATION_GENERATION, verification_job
from leeway.core.placement import placement_of
from leeway.core.platform import Platform
from leeway.core.pod_parts import MANIFEST_FILE, SCRATCH, manifest_volume, owner_metadata, pod_template
from leeway.core.uris import STORE_ROOT, store_mounts

CONTAINER = "verifier"
VERSION_FOLDER = "/leeway/version"
DEADLINE_SECONDS = 600

_SERVED = ("modelName", "artifact", "signature", "profile", "golden", "metrics")


def make_verify_job(version: ModelVersion, manifest: Manifest, platform: Platform) -> Manifest:
    """The Job that fetches, checks, loads and tries the artifact."""
    metadata = owner_metadata(manifest, verification_job(manifest["metadata"]["name"]))
    metadata["annotations"] = {ANNOTATION_GENERATION: str(manifest["metadata"]["generation"])}
    container = {
        "name": CONTAINER,
        "image": platform.server_image.name,
        "imagePullPolicy": platform.server_image.pull_policy,
        "args": ["verify", "--version", f"{VERSION_FOLDER}/{MANIFEST_FILE}"],
        "env": [
            {"name": "LEEWAY_STORE_ROOT", "value": STORE_ROOT},
            {"name": "OMP_NUM_THREADS", "value": "1"},
        ],
        "resources": {"requests": {"cpu": "100m", "memory": "256Mi"}},
    }
    mounts = manifest_volume(VERSION_FOLDER) + store_mounts(artifact_uris(version)) + SCRATCH
    template = pod_template(
        metadata["labels"], served_manifest(manifest), container, mounts, placement_of(version.spec)
    )
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


def served_manifest(manifest: Manifest) -> Manifest:
    """The part of a ModelVersion that a server acts on; aliases and approval change no pod."""
    metadata, spec = manifest["metadata"], manifest["spec"]
    served = {name: spec[name] for name in _SERVED if name in spec}
    packages = (spec.get("lineage") or {}).get("packages")
    if packages:
        served["lineage"] = {"packages": packages}
    return {
        "apiVersion": manifest["apiVersion"],
        "kind": manifest["kind"],
        "metadata": {"name": metadata["name"], "namespace": metadata["namespace"]},
        "spec": served,
    }


def artifact_uris(version: ModelVersion) -> tuple[str, ...]:
    """Every URI that the verifier and the server open."""
    spec = version.spec
    parts = (spec.artifact, spec.signature, spec.profile, spec.golden)
    return tuple(part.uri for part in parts if part is not None and part.uri)
