"""The parts every pod of ours has: hardened by the restricted Pod Security Standard, and our manifest inside."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from leeway.api.kinds import Key, Manifest
from leeway.api.pod import Pod
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
class Image:
    """An image and when to pull it."""

    name: str
    pull_policy: str


def literal(text: str) -> str:
    """Return the text as an argument or variable that Kubernetes hands on unchanged: `$(NAME)` is no reference."""
    return text.replace("$", "$$")


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
    labels: Manifest, manifest: Manifest, container: Manifest, mounts: Mounts, pod: Pod, service_account: str
) -> Manifest:
    """Return a pod template that the restricted Pod Security Standard admits, with what the user gives the pod.

    `service_account` is the installation's, or empty for the namespace's default one. Its token stays unmounted: a
    cloud's webhook projects its own.
    """
    given = pod.manifest()
    told = {ANNOTATION_MANIFEST: json.dumps(manifest, sort_keys=True, separators=(",", ":"))}
    return {
        "metadata": {"labels": given["labels"] | labels, "annotations": given["annotations"] | told},
        "spec": {
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "securityContext": _pod_security(),
            "containers": [_hardened(container, mounts, given)],
            "volumes": list(mounts.volumes),
            **_optional("serviceAccountName", service_account),
            **_optional("nodeSelector", given["nodeSelector"]),
            **_optional("tolerations", given["tolerations"]),
            **_optional("imagePullSecrets", [{"name": name} for name in given["imagePullSecretNames"]]),
            **_optional("priorityClassName", given.get("priorityClassName")),
        },
    }


def _hardened(container: Manifest, mounts: Mounts, given: Manifest) -> Manifest:
    resources = {name: amounts for name, amounts in given["resources"].items() if amounts}
    return {
        **container,
        "env": _merged_env(container.get("env", []), given["env"]),
        **_optional("resources", resources),
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": list(mounts.mounts),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }


def _merged_env(ours: list[Manifest], theirs: list[Manifest]) -> list[Manifest]:
    """One entry a name (server-side apply refuses two); users may override all but the contract's LEEWAY_*."""
    given = {entry["name"]: entry for entry in theirs if not entry["name"].startswith("LEEWAY_")}
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
