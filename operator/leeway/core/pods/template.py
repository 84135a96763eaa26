"""What all pods of ours have in common: owner, restricted security, the manifest, what the user gives them."""

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

# By number: for runAsNonRoot the kubelet cannot tell whether a user that an image names is root.
USER_ID = 65532
MANIFEST_FILE = "manifest.json"
SCRATCH = Mounts(({"name": "tmp", "emptyDir": {}},), ({"name": "tmp", "mountPath": "/tmp"},))  # noqa: S108 - in the pod


@dataclass(frozen=True, slots=True)
class Image:
    """An image and when to pull it."""

    name: str
    pull_policy: str


def literal(text: str) -> str:
    """Return the text escaped, so that Kubernetes expands no `$(NAME)` in it."""
    return text.replace("$", "$$")


def owner_metadata(owner: Manifest, name: str) -> Manifest:
    """Return the metadata of a child: name, labels and owner."""
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
                # Without blockOwnerDeletion: where OwnerReferencesPermissionEnforcement is on, it takes the permission
                # to update finalizers, which the operator does not have.
                "controller": True,
            }
        ],
    }


def is_owned_by(child: Manifest, uid: str) -> bool:
    """Return whether the object of that uid controls the child."""
    references = child["metadata"].get("ownerReferences", [])
    return any(ref.get("controller") and ref.get("uid") == uid for ref in references)


def is_left_by_former(child: Manifest, owner: Manifest) -> bool:
    """Return whether an earlier object of the owner's kind and name controls the child."""
    # The garbage collector is about to delete such a child, since its owner's uid is gone.
    references = child["metadata"].get("ownerReferences", [])
    name, uid = owner["metadata"]["name"], owner["metadata"]["uid"]
    return any(
        ref.get("controller")
        and (ref.get("kind"), ref.get("name")) == (owner["kind"], name)
        and ref.get("uid") != uid
        for ref in references
    )


def manifest_volume(folder: str, name: str = "manifest", annotation: str = ANNOTATION_MANIFEST) -> Mounts:
    """Return the mount of a manifest in an annotation of the pod as a file."""
    # Not a ConfigMap: a second object that must exist first and could be edited under a running pod. Not a variable:
    # Kubernetes expands $(NAME) in it, and the kernel allows 128 KiB (decision 0003).
    item = {
        "path": MANIFEST_FILE,
        "fieldRef": {"fieldPath": f"metadata.annotations['{annotation}']"},
    }
    volume = {"name": name, "downwardAPI": {"items": [item]}}
    return Mounts((volume,), ({"name": name, "mountPath": folder, "readOnly": True},))


def pod_template(
    labels: Manifest, manifest: Manifest, container: Manifest, mounts: Mounts, pod: Pod, service_account: str
) -> Manifest:
    """Return a pod template that the restricted Pod Security Standard admits, with what the user gives the pod.

    `service_account` is the installation's, or empty for the namespace's default one.
    """
    given = pod.manifest()
    told = {ANNOTATION_MANIFEST: json.dumps(manifest, sort_keys=True, separators=(",", ":"))}
    return {
        # Ours last: the schema refuses leeway.dev/ keys of users, and this holds without the schema, too.
        "metadata": {"labels": given["labels"] | labels, "annotations": given["annotations"] | told},
        "spec": {
            # The pods open files that other people wrote, and need no API. For workload identity a cloud's webhook
            # projects a token of its own.
            "automountServiceAccountToken": False,
            # Or each Service of the namespace adds variables to the pod, some of which look like settings.
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
        # What crashed without a result, e.g. at import, still ends in the condition's message.
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": list(mounts.mounts),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }


def _merged_env(ours: list[Manifest], theirs: list[Manifest]) -> list[Manifest]:
    """Return both, each name once; users override ours, but for LEEWAY_ names."""
    # `env` is a list-map by name, in which server-side apply refuses duplicates. LEEWAY_ names are the contract with
    # the program in the pod.
    given = {entry["name"]: entry for entry in theirs if not entry["name"].startswith("LEEWAY_")}
    return [*(given.pop(entry["name"], entry) for entry in ours), *given.values()]


def _pod_security() -> Manifest:
    return {
        "runAsNonRoot": True,
        "runAsUser": USER_ID,
        "runAsGroup": USER_ID,
        "fsGroup": USER_ID,
        # By default the kubelet changes the owner of every file of a volume at each mount: minutes on a large store.
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def _optional(name: str, value: Any) -> Manifest:
    return {name: value} if value else {}
