"""The parts every pod of ours has: hardened by the restricted Pod Security Standard, and our manifest inside."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from leeway.api.kinds import Key, Manifest
from leeway.core.names import (
    ANNOTATION_MANIFEST,
    COMPONENTS,
    labels_of,
)
from leeway.core.pods.uris import Mounts

USER_ID = 65532
MANIFEST_FILE = "manifest.json"
SCRATCH = Mounts(({"name": "tmp", "emptyDir": {}},), ({"name": "tmp", "mountPath": "/tmp"},))  # noqa: S108 - in the pod


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a pod may run and with what: the typed subset of a PodSpec that users set."""

    resources: Mapping[str, Any] = field(default_factory=dict)
    node_selector: Mapping[str, str] = field(default_factory=dict)
    tolerations: tuple[Mapping[str, Any], ...] = ()
    env: tuple[Mapping[str, Any], ...] = ()
    env_from: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Image:
    """An image and when to pull it."""

    name: str
    pull_policy: str


def placement_of(part: BaseModel) -> Placement:
    """The placement in a part of a spec that has `resources`, `nodeSelector`, `tolerations`, `env`, `envFrom`."""
    fields = part.model_dump(mode="json", by_alias=True, exclude_none=True)
    return Placement(
        resources=fields.get("resources", {}),
        node_selector=fields.get("nodeSelector", {}),
        tolerations=tuple(fields.get("tolerations", ())),
        env=tuple(fields.get("env", ())),
        env_from=tuple(fields.get("envFrom", ())),
    )


def owner_metadata(owner: Manifest, name: str) -> Manifest:
    """Metadata of a child: computed name, our labels, and an owner by which the garbage collector finds it."""
    key = Key(owner["kind"], owner["metadata"]["namespace"], owner["metadata"]["name"])
    return {
        "name": name,
        "namespace": key.namespace,
        "labels": labels_of(key, COMPONENTS[key.kind]),
        "ownerReferences": [
            {
                "apiVersion": owner["apiVersion"],
                "kind": key.kind,
                "name": key.name,
                "uid": owner["metadata"]["uid"],
                # Without blockOwnerDeletion, which asks for `update` on finalizers where that is enforced.
                "controller": True,
            }
        ],
    }


def is_owned_by(child: Manifest, uid: str) -> bool:
    """True when the object of that UID controls the child."""
    references = child["metadata"].get("ownerReferences", [])
    return any(ref.get("controller") and ref.get("uid") == uid for ref in references)


def is_left_by_former(child: Manifest, owner: Manifest) -> bool:
    """True when an object of the owner's kind and name, but of another uid, controls the child: it is being deleted."""
    references = child["metadata"].get("ownerReferences", [])
    name, uid = owner["metadata"]["name"], owner["metadata"]["uid"]
    return any(
        ref.get("controller")
        and (ref.get("kind"), ref.get("name")) == (owner["kind"], name)
        and ref.get("uid") != uid
        for ref in references
    )


def manifest_volume(folder: str) -> Mounts:
    """The pod's own annotation as a file: the very manifest, with no ConfigMap and no variable expansion."""
    item = {
        "path": MANIFEST_FILE,
        "fieldRef": {"fieldPath": f"metadata.annotations['{ANNOTATION_MANIFEST}']"},
    }
    volume = {"name": "manifest", "downwardAPI": {"items": [item]}}
    return Mounts((volume,), ({"name": "manifest", "mountPath": folder, "readOnly": True},))


def pod_template(
    labels: Manifest, manifest: Manifest, container: Manifest, mounts: Mounts, placement: Placement
) -> Manifest:
    """A pod template that the restricted Pod Security Standard admits."""
    return {
        "metadata": {
            "labels": labels,
            "annotations": {ANNOTATION_MANIFEST: json.dumps(manifest, sort_keys=True, separators=(",", ":"))},
        },
        "spec": {
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "securityContext": _pod_security(),
            "containers": [_hardened(container, mounts, placement)],
            "volumes": list(mounts.volumes),
            **_optional("nodeSelector", dict(placement.node_selector)),
            **_optional("tolerations", [dict(toleration) for toleration in placement.tolerations]),
        },
    }


def _hardened(container: Manifest, mounts: Mounts, placement: Placement) -> Manifest:
    return {
        **container,
        "env": _merged_env(container.get("env", []), placement.env),
        **_optional("envFrom", [dict(entry) for entry in placement.env_from]),
        **_optional("resources", dict(placement.resources)),
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": list(mounts.mounts),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }


def _merged_env(ours: list[Manifest], theirs: tuple[Mapping[str, Any], ...]) -> list[Manifest]:
    """One entry a name (server-side apply refuses two); users may override all but the contract's LEEWAY_*."""
    given = {entry["name"]: dict(entry) for entry in theirs if not entry["name"].startswith("LEEWAY_")}
    return [*(given.pop(entry["name"], entry) for entry in ours), *given.values()]


def _pod_security() -> Manifest:
    return {
        "runAsNonRoot": True,
        "runAsUser": USER_ID,
        "runAsGroup": USER_ID,
        "fsGroup": USER_ID,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def _optional(name: str, value: Any) -> Manifest:
    return {name: value} if value else {}
