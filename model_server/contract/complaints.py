"""What a reader of manifests complains of, as people need it: the field first, and the words it takes."""

import difflib
import re
from collections.abc import Iterable
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec

# YAML reads yes, no, on and off as truths; kubectl reads y and n so, too.
UNQUOTED = {f"Expected `str`, got `{kind}`" for kind in ("bool", "int", "float")}
UNKNOWN_FIELD = re.compile(r"unknown field `(\w+)`")


def plain(complaint: str, kind: type) -> str:
    """Return a complaint of msgspec about an object of this kind as a sentence.

    `Expected int - at $.spec.seed` becomes `spec.seed: expected int`; words that are allowed and fields that are near
    are added.
    """
    reason, _, place = complaint.partition(" - at `$")
    field = place.rstrip("`").removeprefix(".")
    if not field:
        return complaint
    return f"{field}: {reason[:1].lower()}{reason[1:]}{remedy(reason, shapes_at(kind, field))}"


def remedy(reason: str, shapes: list[Any]) -> str:
    """Return what may stand there instead, as the end of a sentence; empty when the reason says it."""
    if reason in UNQUOTED:
        return "; put it into quotes"
    if reason.startswith("Invalid enum value"):
        words = [str(word) for shape in shapes if get_origin(shape) is Literal for word in get_args(shape)]
        return f"; use {' or '.join(words)}" if words else ""
    unknown = UNKNOWN_FIELD.search(reason)
    known = [
        field.encode_name for shape in shapes if is_struct(shape) for field in msgspec.structs.fields(shape)
    ]
    if unknown is None or not known:
        return ""
    near = difflib.get_close_matches(unknown[1], known, n=3)
    return f"; use {' or '.join(near) if near else ', '.join(known)}"


def shapes_at(kind: Any, path: str) -> list[Any]:
    """Return the types that a field may have, by its path as msgspec writes it: `spec.data.features[0].type`."""
    shapes = [kind]
    for step in re.findall(r"\w+|\[[^]]*\]", path):
        shapes = [one for shape in shapes for member in inner(shape, step) for one in alternatives(member)]
    return shapes


def inner(shape: Any, step: str) -> Iterable[Any]:
    """Return the types of a struct's field, or of the members of a list or mapping."""
    if step.startswith("["):
        return [one for one in get_args(shape) if one is not Ellipsis][-1:]
    if not is_struct(shape):
        return []
    return [field.type for field in msgspec.structs.fields(shape) if field.encode_name == step]


def alternatives(shape: Any) -> list[Any]:
    """Return the types among which a union chooses; of an annotated one, the type itself."""
    if get_origin(shape) is Annotated:
        return alternatives(get_args(shape)[0])
    if get_origin(shape) in (Union, UnionType):
        return [one for member in get_args(shape) for one in alternatives(member)]
    return [shape]


def is_struct(shape: Any) -> bool:
    """Return whether the type is a struct of msgspec."""
    return isinstance(shape, type) and issubclass(shape, msgspec.Struct)
