"""What the API server does with a CRD's schema, for tests without one: defaults, bounds and CEL rules.

`tests/cluster/test_broken_manifests.py` holds the real API server to the same tables.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Iterator
from typing import Any

import jsonschema
from cel_expr_python import cel  # type: ignore[import-untyped]

from leeway.crds.__main__ import DEFINITIONS, crd_manifest

Schema = dict[str, Any]


@functools.cache
def schema_of(kind: str) -> Schema:
    """The schema of the kind as the CRD states it."""
    crds = [crd_manifest(definition) for definition in DEFINITIONS if definition.kind.kind == kind]
    schema: Schema = crds[0]["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return schema


def admitted(manifest: dict[str, Any]) -> dict[str, Any]:
    """The object as the API server would store it: with defaults."""
    stored: dict[str, Any] = _with_defaults(schema_of(manifest["kind"]), manifest)
    return stored


def complaints(manifest: dict[str, Any], stored: dict[str, Any] | None = None) -> list[str]:
    """Why the API server would refuse the object; `stored` is what an update replaces."""
    schema, new = schema_of(manifest["kind"]), admitted(manifest)
    old = admitted(stored) if stored else None
    return [*_bound_complaints(schema, new), *_rule_complaints(schema, new, old)]


def fields_of(schema: Schema, path: str = "") -> Iterator[tuple[str, Schema]]:
    """Every field below the schema with its path; `[]` are entries of lists, `*` values of maps."""
    for name, field in schema.get("properties", {}).items():
        yield from _field(field, f"{path}.{name}")
    for word, suffix in (("items", "[]"), ("additionalProperties", ".*")):
        if word in schema:
            yield from _field(schema[word], path + suffix)


def _field(field: Schema, path: str) -> Iterator[tuple[str, Schema]]:
    yield path, field
    yield from fields_of(field, path)


def _with_defaults(schema: Schema, value: Any) -> Any:
    if isinstance(value, list):
        return [_with_defaults(schema["items"], entry) for entry in value]
    if not isinstance(value, dict):
        return value
    properties = schema.get("properties", {})
    absent = {
        name: copy.deepcopy(field["default"]) for name, field in properties.items() if "default" in field
    }
    children = {**{name: schema.get("additionalProperties", {}) for name in value}, **properties}
    return {name: _with_defaults(children.get(name, {}), child) for name, child in (absent | value).items()}


def _bound_complaints(schema: Schema, value: Any) -> list[str]:
    return [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(value)]


def _rule_complaints(schema: Schema, value: Any, old: Any) -> Iterator[str]:
    for check in schema.get("x-kubernetes-validations", []):
        if ("oldSelf" not in check["rule"] or old is not None) and not _holds(check["rule"], value, old):
            yield check["message"]
    if isinstance(value, dict):
        for name, field in schema.get("properties", {}).items():
            if name in value:
                yield from _rule_complaints(field, value[name], (old or {}).get(name))
    if isinstance(value, list):
        for entry in value:
            yield from _rule_complaints(schema["items"], entry, None)


@functools.cache
def _compiled(rule: str) -> Any:
    variables = {"self": cel.Type.DYN, "oldSelf": cel.Type.DYN}
    return cel.NewEnv(variables=variables).compile(rule)


def _holds(rule: str, value: Any, old: Any) -> bool:
    return _compiled(rule).eval(data={"self": value, "oldSelf": old}).value() is True
