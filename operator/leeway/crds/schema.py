"""Turn a model's JSON schema into the structural OpenAPI schema that a CRD may hold."""

import re
from collections.abc import Iterable
from typing import Any

from leeway.api.shape import MAX_INT32, Shape

Schema = dict[str, Any]

# A structural schema has no rule for keys of a map: CEL checks them.
_DROPPED = ("title", "$defs", "$ref", "const", "propertyNames")
_CHILDREN = ("items", "additionalProperties")
_READ_FIRST = ("type", "format", "description", "default", "enum", "required")
_READ_LAST = ("x-kubernetes-validations", "properties", "additionalProperties", "items")


def structural_schema(model: type[Shape]) -> Schema:
    """Return the schema of what users may write: references inlined, absent instead of null."""
    schema = model.model_json_schema(by_alias=True, mode="validation")
    return _structural(schema, schema.get("$defs", {}))


def without_defaults(schema: Schema) -> Schema:
    """Return the schema without defaults."""
    # For the status: with a default the API server would store as observed what nobody has observed.
    kept = {word: value for word, value in schema.items() if word != "default"}
    if "properties" in kept:
        kept["properties"] = {name: without_defaults(child) for name, child in kept["properties"].items()}
    return kept | {word: without_defaults(kept[word]) for word in _CHILDREN if word in kept}


def _structural(node: Schema, definitions: dict[str, Schema]) -> Schema:
    node = _with_plain_keys(_without_null(_resolved(node, definitions), definitions))
    kept = {word: value for word, value in node.items() if word not in _DROPPED}
    if "const" in node:
        kept["enum"] = [node["const"]]
    if "description" in kept:
        kept["description"] = _unwrapped(kept["description"])
    if "properties" in kept:
        kept["properties"] = {
            name: _structural(child, definitions) for name, child in kept["properties"].items()
        }
    for word in _CHILDREN:
        if word in kept:
            kept[word] = _structural(kept[word], definitions)
    return _in_reading_order(_with_format(_with_list_type(_with_plain_default(kept))))


def _resolved(node: Schema, definitions: dict[str, Schema]) -> Schema:
    """Return the node with its reference replaced; the node's own words win, rules of both are kept."""
    if "$ref" not in node:
        return node
    target = _resolved(definitions[node["$ref"].rsplit("/", 1)[-1]], definitions)
    return _merged(target, node)


def _without_null(node: Schema, definitions: dict[str, Schema]) -> Schema:
    """Return the node without "or null": an optional field is one that may be absent."""
    # A structural schema allows anyOf only without types in it; int-or-string has an extension of its own.
    if "x-kubernetes-int-or-string" in node or "anyOf" not in node:
        return node
    branches = [branch for branch in node["anyOf"] if branch.get("type") != "null"]
    if len(branches) != 1:
        raise ValueError(f"a field may have one type only, write one model or type instead of: {branches}")
    beside = {word: value for word, value in node.items() if word != "anyOf"}
    return _merged(_resolved(branches[0], definitions), beside)


def _with_plain_keys(node: Schema) -> Schema:
    """Return the node with the values of a map described, and its keys not: the API server knows no pattern of keys."""
    patterns = node.get("patternProperties", {})
    if not patterns:
        return node
    (values,) = patterns.values()
    beside = {word: value for word, value in node.items() if word != "patternProperties"}
    return {**beside, "additionalProperties": values}


def _merged(target: Schema, beside: Schema) -> Schema:
    checks = [*target.get("x-kubernetes-validations", []), *beside.get("x-kubernetes-validations", [])]
    return {**target, **beside, **({"x-kubernetes-validations": checks} if checks else {})}


def _with_plain_default(node: Schema) -> Schema:
    """Return the node with `{}` as the default of an object, and without other empty defaults."""
    # Inside `{}` the API server fills in the defaults of the fields. Spelled out, they would be in the schema twice.
    default = node.get("default")
    if "properties" in node and isinstance(default, dict):
        return {**node, "default": {}}
    if default in (None, "", [], {}):
        return {word: value for word, value in node.items() if word != "default"}
    return node


def _with_list_type(node: Schema) -> Schema:
    if node.get("type") != "array":
        return node
    # Atomic is what the API server assumes anyhow; spelled out, every list says how it merges.
    keys = node.get("x-kubernetes-list-map-keys", ())
    return {"x-kubernetes-list-type": "atomic", **node, "items": _with_keys(node["items"], keys)}


def _with_keys(items: Schema, keys: Iterable[str]) -> Schema:
    """Return the entries of a list map; the API server wants a key to be required, or to have a default."""
    optional = set(keys) - set(items.get("required", ()))
    fields = items.get("properties", {})
    defaulted = {key: _in_reading_order({"default": "", **fields[key]}) for key in optional}
    return {**items, "properties": {**fields, **defaulted}} if optional else items


def _with_format(node: Schema) -> Schema:
    if node.get("type") != "integer":
        return node
    return {**node, "format": "int32" if node.get("maximum", MAX_INT32 + 1) <= MAX_INT32 else "int64"}


def _in_reading_order(node: Schema) -> Schema:
    middle = sorted(node.keys() - {*_READ_FIRST, *_READ_LAST})
    return {word: node[word] for word in (*_READ_FIRST, *middle, *_READ_LAST) if word in node}


def _unwrapped(text: str) -> str:
    """Return the text with one line per paragraph."""
    paragraphs = re.split(r"\n\s*\n", text.strip())
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
