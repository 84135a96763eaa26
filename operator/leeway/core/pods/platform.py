"""What the installation decides for every namespace: images and the default artifact store."""

from __future__ import annotations

from dataclasses import dataclass

from leeway.api.kinds import Manifest
from leeway.core.names import FIELD_MANAGER, LABEL_COMPONENT, LABEL_MANAGED_BY, LABEL_NAME
from leeway.core.pods.template import Image


@dataclass(frozen=True, slots=True)
class Store:
    """The PersistentVolumeClaim that a namespace gets when a TrainingJob names no output."""

    claim: str
    size: str
    storage_class: str
    access_mode: str


@dataclass(frozen=True, slots=True)
class Platform:
    """Images and store, from the operator's settings."""

    trainer_image: Image
    server_image: Image
    store: Store


def make_store_claim(namespace: str, store: Store) -> Manifest:
    """The namespace's artifact store; it has no owner, so that nothing of ours ever deletes a model."""
    spec: Manifest = {
        "accessModes": [store.access_mode],
        "resources": {"requests": {"storage": store.size}},
    }
    if store.storage_class:
        spec["storageClassName"] = store.storage_class
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {
            "name": store.claim,
            "namespace": namespace,
            "labels": {LABEL_NAME: "leeway", LABEL_COMPONENT: "store", LABEL_MANAGED_BY: FIELD_MANAGER},
        },
        "spec": spec,
    }
