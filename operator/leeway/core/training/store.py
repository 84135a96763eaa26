"""The claim that a run writes to: the installation's, which is created, or one of the user's, which must be marked."""

from __future__ import annotations

from leeway.api.reasons import Reason
from leeway.core.names import LABEL_STORE
from leeway.core.plan import Create
from leeway.core.pods.platform import Platform, make_store_claim
from leeway.core.pods.trouble import Trouble
from leeway.core.pods.uris import parse_uri
from leeway.core.training.job import output_uri
from leeway.core.training.state import TrainingSeen


def claim_of_user(uri: str, platform: Platform) -> str:
    """Return the claim that an output URI names if it is not the installation's own; empty when it names none."""
    store = parse_uri(uri)
    return store.name if store.scheme == "pvc" and store.name != platform.store.claim else ""


def missing_store(seen: TrainingSeen) -> tuple[Create, ...]:
    """Return the namespace's store as what to create, if the run uses it and it does not exist."""
    # Only the installation's own claim. One that the user names is the user's to size and to create.
    store = parse_uri(output_uri(seen.job, seen.manifest, seen.platform))
    if store.scheme != "pvc" or store.name != seen.platform.store.claim or seen.claim is not None:
        return ()
    return (Create(make_store_claim(seen.manifest["metadata"]["namespace"], seen.platform.store)),)


def find_store_trouble(seen: TrainingSeen) -> Trouble | None:
    """Return why the run may not write to the claim that its spec names, or None."""
    name = claim_of_user(output_uri(seen.job, seen.manifest, seen.platform), seen.platform)
    if not name:
        return None
    claim = f'PersistentVolumeClaim "{name}" (spec.output.uri)'
    if seen.claim is None:
        return Trouble(Reason.CLAIM_NOT_FOUND, f"{claim} does not exist in this namespace; create it")
    # A pod that mounts a claim to write makes the kubelet change the group of its files: a database whose claim was
    # named by mistake would not start again (decision 0014).
    if seen.claim["metadata"].get("labels", {}).get(LABEL_STORE) == "true":
        return None
    return Trouble(
        Reason.CLAIM_NOT_A_STORE,
        f"{claim} is not marked as a store that trainers may write to; if it is meant for models:"
        f" kubectl label pvc {name} {LABEL_STORE}=true",
    )
