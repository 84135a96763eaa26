"""The base of all models of the API, and schema extensions of Kubernetes that pydantic does not know."""

from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from pydantic.config import JsonDict

# Integers above this are not exact in JavaScript, so the API conventions forbid them.
MAX_INTEGER = 2**53 - 1
MAX_INT32 = 2**31 - 1

LIST_MAP_BY_NAME: JsonDict = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]}
LIST_MAP_BY_METRIC_AND_NAME: JsonDict = {
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["metric", "name"],
}
LIST_MAP_BY_TYPE: JsonDict = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]}
LIST_SET: JsonDict = {"x-kubernetes-list-type": "set"}


class Shape(BaseModel):
    """A frozen part of an object."""

    # Unknown fields are ignored: the CRDs in the cluster may be of a later release than this operator.
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True, extra="ignore")

    def manifest(self) -> dict[str, Any]:
        """Return the plain JSON form: camelCase, times as text, absent fields left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


def rule(cel: str, message: str, field_path: str = "") -> JsonDict:
    """Return one CEL rule; the message says what to do."""
    path: JsonDict = {"fieldPath": field_path} if field_path else {}
    return {"rule": cel, "message": message, **path}


def rules(*checks: JsonDict) -> JsonDict:
    """Return the schema extension that carries CEL rules."""
    return {"x-kubernetes-validations": list(checks)}


def unchanged(field: str) -> str:
    """Return the CEL expression that is true when an update leaves `field` of `self` unchanged."""
    # With presence, or an immutable field that was left out at first could be added later.
    same_presence = f"has(self.{field}) == has(oldSelf.{field})"
    return f"{same_presence} && (!has(self.{field}) || self.{field} == oldSelf.{field})"


# One expression may cost an API server 1,000,000 while it runs, so that a long list is compared in blocks.
_BLOCK = 50


def unique_names(longest: int) -> tuple[JsonDict, ...]:
    """Return the CEL rules that refuse two entries of one name in a list of at most `longest` entries.

    For atomic lists, whose order means something; a list of type map is kept unique by the API server itself.
    """
    blocks = (range(start, min(start + _BLOCK, longest)) for start in range(0, longest, _BLOCK))
    return tuple(
        rule(
            f"size(self) <= {block[0]} || {list(block)}.all(i, i >= size(self)"
            " || [self[i].name].all(name, self.exists_one(entry, entry.name == name)))",
            "remove or rename one of the two entries of the same name",
        )
        for block in blocks
    )
