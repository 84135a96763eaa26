"""What a server is given of a ModelVersion: the part of its manifest that it acts on, and the URIs it opens."""

from __future__ import annotations

from leeway.api.kinds import Manifest
from leeway.api.model_version import ModelVersion

VERSION_FOLDER = "/leeway/version"

_SERVED = ("modelName", "artifact", "signature", "profile", "golden", "metrics")


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
