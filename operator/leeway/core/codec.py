"""Read and write the status of an object, by the models that the CRDs are made from."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import ValidationError

from leeway.api.kinds import Manifest
from leeway.api.shape import Shape

Status = TypeVar("Status", bound=Shape)


def read_status(kind: type[Status], manifest: Manifest) -> Status:
    """Return the status of an object; a field that cannot be read counts as absent."""
    stored = manifest.get("status") or {}
    try:
        return kind.model_validate(stored)
    except ValidationError as error:
        # A status of another release, or one that was edited by hand, must not make a good spec invalid. Only the
        # fields at fault are dropped: losing `stable` for a bad `history` would start a canary of what serves.
        unreadable = {problem["loc"][0] for problem in error.errors() if problem["loc"]}
        return kind.model_validate({name: stored[name] for name in stored if name not in unreadable})


def write_status(status: Shape) -> dict[str, Any]:
    """Return a status as the API server stores it: camelCase, times as text, only what was set."""
    # Only what was set: a written default would differ from a status that was stored without it, and each
    # reconcile compares the two to decide whether there is anything to write.
    return status.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_unset=True)
