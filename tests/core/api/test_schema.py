"""How a model becomes a structural schema."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from pydantic import ConfigDict, Field

from leeway.api.shape import LIST_MAP_BY_METRIC_AND_NAME, MAX_INTEGER, Shape, rule, rules
from leeway.crds.schema import Schema, structural_schema, without_defaults


class Inner(Shape):
    """Inside."""

    model_config = ConfigDict(json_schema_extra=rules(rule("true", "of the class")))

    word: Literal["A", "B"] = Field(default="A", description="A word.")
    only: Literal["C"] = Field(default="C", description="The only word.")


class Keyed(Shape):
    """An entry of a list map."""

    metric: Annotated[str, Field(max_length=5)] = Field(description="The first key.")
    name: Annotated[str, Field(max_length=5)] = Field(default="", description="The second one.")


class Outer(Shape):
    """Outside,
    on two lines.

    And a second paragraph.
    """

    inner: Inner = Field(
        default=Inner(), description="The inner one.", json_schema_extra=rules(rule("1 == 1", "of the field"))
    )
    maybe: Inner | None = Field(default=None, description="Perhaps one.")
    several: Annotated[tuple[Inner, ...], Field(max_length=3)] = Field(default=(), description="Some.")
    by_name: Annotated[dict[str, int], Field(max_length=2)] = Field(default={}, description="Numbers.")
    small: Annotated[int, Field(ge=0, le=10)] = Field(default=0, description="A small number.")
    large: Annotated[int, Field(ge=0, le=MAX_INTEGER)] = Field(description="A large number.")
    text: Annotated[str, Field(max_length=5)] = Field(default="", description="A text.")
    keyed: Annotated[
        tuple[Keyed, ...], Field(max_length=3, json_schema_extra=LIST_MAP_BY_METRIC_AND_NAME)
    ] = Field(default=(), description="Entries with keys.")


SCHEMA = structural_schema(Outer)
PROPERTIES = SCHEMA["properties"]

WORDS: dict[str, tuple[Schema, str, object]] = {
    "a docstring has one line per paragraph": (
        SCHEMA,
        "description",
        "Outside, on two lines.\n\nAnd a second paragraph.",
    ),
    "only what has no default is required": (SCHEMA, "required", ["large"]),
    "an object's default is left to its fields": (PROPERTIES["inner"], "default", {}),
    "the field's description is nearer than the class's": (
        PROPERTIES["inner"],
        "description",
        "The inner one.",
    ),
    "rules of class and field add up": (
        PROPERTIES["inner"],
        "x-kubernetes-validations",
        [{"rule": "true", "message": "of the class"}, {"rule": "1 == 1", "message": "of the field"}],
    ),
    "an optional object is an object": (PROPERTIES["maybe"], "type", "object"),
    "an absent object has no default": (PROPERTIES["maybe"], "default", None),
    "a word has its choices": (PROPERTIES["inner"]["properties"]["word"], "enum", ["A", "B"]),
    "a single word is a choice of one": (PROPERTIES["inner"]["properties"]["only"], "enum", ["C"]),
    "a list is atomic unless it has keys": (PROPERTIES["several"], "x-kubernetes-list-type", "atomic"),
    "a list has its bound": (PROPERTIES["several"], "maxItems", 3),
    "a key of a list that may be left out has a default": (
        PROPERTIES["keyed"]["items"]["properties"]["name"],
        "default",
        "",
    ),
    "a key of a list that is required has none": (
        PROPERTIES["keyed"]["items"]["properties"]["metric"],
        "default",
        None,
    ),
    "an empty list is no default": (PROPERTIES["several"], "default", None),
    "a map has its bound": (PROPERTIES["byName"], "maxProperties", 2),
    "a small number is an int32": (PROPERTIES["small"], "format", "int32"),
    "nought is a default": (PROPERTIES["small"], "default", 0),
    "a large number is an int64": (PROPERTIES["large"], "format", "int64"),
    "an empty text is no default": (PROPERTIES["text"], "default", None),
}


@pytest.mark.parametrize(("schema", "word", "want"), WORDS.values(), ids=list(WORDS))
def test_structural_schema(schema: Schema, word: str, want: object) -> None:
    assert schema.get(word) == want


def test_a_status_holds_nothing_that_was_not_observed() -> None:
    bare = without_defaults(SCHEMA)
    assert "default" not in bare["properties"]["small"]
    assert "default" not in bare["properties"]["inner"]["properties"]["word"]
    assert "default" not in bare["properties"]["several"]["items"]["properties"]["word"]


def test_a_field_of_two_types_is_refused() -> None:
    class Torn(Shape):
        """Torn."""

        either: int | str = Field(description="One or the other.")

    with pytest.raises(ValueError, match="one type only"):
        structural_schema(Torn)
