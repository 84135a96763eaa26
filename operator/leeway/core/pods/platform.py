"""The installation's settings for every namespace: images, the default store, what its pods have in common."""

from __future__ import annotations

from dataclasses import dataclass

from leeway.api.kinds import Manifest
from leeway.core.names import FIELD_MANAGER, LABEL_COMPONENT, LABEL_MANAGED_BY, LABEL_NAME
from leeway.core.pods.network import Network
from leeway.core.pods.template import Image


@dataclass(frozen=True, slots=True)
class Store:
    """The PersistentVolumeClaim that is created in a namespace where a TrainingJob names no output."""

    claim: str
    size: str
    storage_class: str
    access_mode: str


@dataclass(frozen=True, slots=True)
class Platform:
    """Images, store, service account and network, from the operator's settings."""

    trainer_image: Image
    server_image: Image
    store: Store
    # Of the pods that the operator creates; empty for each namespace's default one. No custom resource may choose it:
    # whoever may create a TrainingJob could use the cloud permissions of every account of the namespace.
    service_account: str = ""
    fetch_allow: str = ""  # private hosts and networks that pods may fetch from, separated by commas
    network: Network | None = None  # how the pods' network policies are made; None for none


def make_store_claim(namespace: str, store: Store) -> Manifest:
    """Return the claim of a namespace's artifact store."""
    # Without an owner, so that nothing of ours ever deletes a model.
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
