"""The job beside its model: what was asked for, with the rows pinned, so that a model can be made again."""

from typing import Any

import msgspec
from msgspec.structs import fields, replace

from model_server.artifact.stores.uris import shown
from model_server.contract.manifest import API_VERSION, TrainingJob

# They concern the pod, which may be told secrets, and not the model.
OF_THE_POD = ("pod", "suspend", "backoff_limit", "active_deadline_seconds", "ttl_seconds_after_finished")


def make_job(job: TrainingJob, data_digest: str) -> dict[str, Any]:
    """Return the manifest that trains the same model again, on the same rows or on none.

    Defaults are written out, since a later release may have others. Names of Secrets stay, which are no secrets; user
    names and queries of a uri do not.
    """
    pinned = replace(job.spec.data, uri=shown(job.spec.data.uri), digest=data_digest)
    spec = plain(replace(job.spec, data=pinned))
    for field in fields(type(job.spec)):
        if field.name in OF_THE_POD:
            spec.pop(field.encode_name, None)
    return {
        "apiVersion": API_VERSION,
        "kind": "TrainingJob",
        "metadata": {"name": job.metadata.name},
        "spec": spec,
    }


def plain(value: Any) -> Any:
    """Return a value of a manifest as JSON has it; fields that are empty by default are left out while they are."""
    if isinstance(value, msgspec.Struct):
        found = {field.encode_name: (getattr(value, field.name), field) for field in fields(type(value))}
        return {name: plain(one) for name, (one, field) in found.items() if not is_unset(one, field)}
    if isinstance(value, tuple):
        return [plain(one) for one in value]
    return value


def is_unset(value: Any, field: msgspec.structs.FieldInfo) -> bool:
    """Return whether the field is empty, and was left so."""
    return value in (None, (), {}) and value == default_of(field)


def default_of(field: msgspec.structs.FieldInfo) -> Any:
    """Return the default of a field; NODEFAULT where it has none."""
    if field.default_factory is msgspec.NODEFAULT:
        return field.default
    return field.default_factory()
