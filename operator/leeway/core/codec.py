"""Status is written and read here, by the models that the CRDs are made from."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import ValidationError

from leeway.api.kinds import Manifest
from leeway.api.shape import Shape

Status = TypeVar("Status", bound=Shape)


def read_status(kind: type[Status], manifest: Manifest) -> Status:
    """Return what the status of an object remembers; what cannot be read is as if it had never been written.

    A status of another release, or one that was edited by hand, must not make a good spec invalid.
    """
    stored = manifest.get("status") or {}
    try:
        return kind.model_validate(stored)
    except ValidationError as error:
        unreadable = {problem["loc"][0] for problem in error.errors() if problem["loc"]}
        return kind.model_validate({name: stored[name] for name in stored if name not in unreadable})


def write_status(status: Shape) -> dict[str, Any]:
    """Return a status as the API server stores it: camelCase, times as text, only what was set."""
    return status.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_unset=True)
