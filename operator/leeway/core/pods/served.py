"""What a server is given of a ModelVersion: the part of its manifest that it acts on, and the URIs it opens."""

from __future__ import annotations

from leeway.api.kinds import Manifest
from leeway.api.model_version import ModelVersion

VERSION_FOLDER = "/leeway/version"

_SERVED = ("modelName", "format", "files", "signature", "metrics", "credentialsSecretName")


def served_manifest(manifest: Manifest) -> Manifest:
    """Return the part of a ModelVersion that a server acts on; approval and the verifier's pod change no server."""
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


def file_uris(version: ModelVersion) -> tuple[str, ...]:
    """Return every URI that the verifier and the server open."""
    return tuple(file.uri for file in version.spec.files.values())
