"""What a model takes and gives."""

from typing import Annotated, Literal

from pydantic import Field

from leeway.api.fields import ColumnName
from leeway.api.shape import LIST_MAP_BY_NAME, Shape
from leeway.api.training_data import ColumnType

KnownValues = Annotated[tuple[Annotated[str, Field(max_length=256)], ...], Field(max_length=256)]


class Input(Shape):
    """One input column."""

    name: ColumnName = Field(description="Name of the column.")
    type: ColumnType = Field(description="numeric, categorical (text), or boolean.")
    categories: KnownValues | None = Field(
        default=None, description="The values seen in training, for categorical columns."
    )
    nullable: bool = Field(
        default=False, description="Whether a value may be missing (null); the model then imputes it."
    )


class OutputColumn(Shape):
    """One output column."""

    name: ColumnName = Field(description="Name of the column.")
    type: Literal["numeric", "categorical"] = Field(description="numeric, or categorical for a class.")
    classes: KnownValues | None = Field(
        default=None, description="The classes a classifier tells apart, in order."
    )


Inputs = Annotated[tuple[Input, ...], Field(min_length=1, max_length=500, json_schema_extra=LIST_MAP_BY_NAME)]
Outputs = Annotated[
    tuple[OutputColumn, ...], Field(min_length=1, max_length=32, json_schema_extra=LIST_MAP_BY_NAME)
]
