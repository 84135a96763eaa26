"""The version that a run is to replace: whether it can be, and what the trainer's pod is given of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from pydantic import ValidationError

from leeway.api.condition import READY
from leeway.api.kinds import Manifest, without_status
from leeway.api.model_version import ModelVersion, ModelVersionStatus
from leeway.api.reasons import Reason
from leeway.core.codec import read_status
from leeway.core.conditions import is_true
from leeway.core.names import ANNOTATION_REPLACED
from leeway.core.pods.credentials import credentials_mount
from leeway.core.pods.served import file_uris, served_manifest
from leeway.core.pods.template import MANIFEST_FILE, manifest_volume
from leeway.core.pods.trouble import Trouble
from leeway.core.pods.uris import Location, Mounts, parse_uri, store_mounts
from leeway.core.training.state import TrainingSeen

FOLDER = "/leeway/replaced"
# All annotations of a pod may have 256 KiB; the run's own manifest must fit beside this one.
MAX_BYTES = 96 << 10


@dataclass(frozen=True, slots=True)
class Given:
    """What a trainer's pod is given of another version; nothing where there is none."""

    mounts: Mounts = field(default_factory=Mounts)
    arguments: tuple[str, ...] = ()
    annotations: tuple[tuple[str, str], ...] = ()


NOTHING = Given()


def find_replaced_trouble(seen: TrainingSeen) -> Trouble | None:
    """Return why the version that the run is to replace cannot be that, or None."""
    # Before training, not after it: with a name that is mistyped the whole run would be without a bridge. A version
    # that is not Ready is no mistake; the run goes on without it, and warns.
    name = seen.job.spec.replaces_model_version_name
    if name is None:
        return None
    version, remedy = (
        f'ModelVersion "{name}" (spec.replacesModelVersionName)',
        "set spec.suspend and correct the name",
    )
    if seen.replaced is None:
        return Trouble(
            Reason.VERSION_NOT_FOUND, f"{version} does not exist in this namespace; create it, or {remedy}"
        )
    model, wanted = seen.replaced["spec"].get("modelName"), seen.job.spec.model_name
    if model == wanted:
        return None
    return Trouble(Reason.MODEL_MISMATCH, f"{version} is a version of {model}, not of {wanted}; {remedy}")


def give(replaced: Manifest | None, output: str) -> Given:
    """Return what the pod is given of a version that is Ready; `output` is the URI that the pod writes to."""
    if replaced is None or not is_true(read_status(ModelVersionStatus, replaced).conditions, READY):
        return NOTHING
    try:
        version = ModelVersion.model_validate(without_status(replaced))
    except ValidationError:
        return NOTHING  # written by a release whose specs this one does not read
    told = json.dumps(served_manifest(replaced), sort_keys=True, separators=(",", ":"))
    if len(told) > MAX_BYTES:
        return NOTHING
    # The claim that the run writes to is mounted already, at the path where files of claims are looked for.
    written = parse_uri(output)
    uris = tuple(uri for uri in file_uris(version) if not is_in_claim(uri, written))
    return Given(
        mounts=manifest_volume(FOLDER, "replaced", ANNOTATION_REPLACED)
        + store_mounts(uris)
        + credentials_mount("version", version.spec.credentials_secret_name),
        arguments=("--replaces", f"{FOLDER}/{MANIFEST_FILE}"),
        annotations=((ANNOTATION_REPLACED, told),),
    )


def is_in_claim(uri: str, location: Location) -> bool:
    """Return whether the URI is in the same claim as the location."""
    found = parse_uri(uri)
    return found.scheme == location.scheme == "pvc" and found.name == location.name
