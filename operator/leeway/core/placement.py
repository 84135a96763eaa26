"""From the typed pod fields of a spec to what a pod template needs."""

from __future__ import annotations

from pydantic import BaseModel

from leeway.core.pod_parts import Placement


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
