"""What a server gets of a ModelVersion: part of its manifest, and the URIs of its files."""

from __future__ import annotations

from leeway.api.kinds import Manifest
from leeway.api.model_version import ModelVersion

VERSION_FOLDER = "/leeway/version"

_SERVED = ("modelName", "format", "files", "signature", "metrics", "credentialsSecretName")


def served_manifest(manifest: Manifest) -> Manifest:
    """Return the part of a ModelVersion that a server depends on."""
    # It is part of the revision's hash, so a field that changes no answer stays out: approving a version, or editing
    # the verifier's pod, must not restart the pods that serve it.
    metadata, spec = manifest["metadata"], manifest["spec"]
    served = {name: spec[name] for name in _SERVED if name in spec}
    # Of the lineage only the packages: the server compares their versions with its own before it loads the model.
    packages = (spec.get("lineage") or {}).get("packages")
    if packages:
        served["lineage"] = {"packages": packages}
    return {
        "apiVersion": manifest["apiVersion"],
        "kind": manifest["kind"],
        "metadata": {"name": metadata["name"], "namespace": metadata["namespace"]},
        "spec": served,
    }


def file_uris(version: ModelVersion) -> tuple[str, ...]:
    """Return the URIs that verifier and server open."""
    return tuple(file.uri for file in version.spec.files.values())
