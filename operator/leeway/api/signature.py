"""The signature of a model: its input and output columns."""

from typing import Annotated, Literal

from pydantic import Field

from leeway.api.fields import ColumnName
from leeway.api.shape import Shape, rules, unique_names
from leeway.api.training.data import MAX_COLUMNS, ColumnType

MAX_OUTPUTS = 32
KnownValues = Annotated[tuple[Annotated[str, Field(max_length=256)], ...], Field(max_length=256)]


class Input(Shape):
    """One input column."""

    name: ColumnName = Field(
        description="Name of the column. Clients that send rows as objects use it as the key; a request without it"
        " is refused by this name."
    )
    type: ColumnType = Field(
        description="numeric, categorical (text) or boolean. A request with a value of another type is refused."
    )
    categories: KnownValues | None = Field(
        default=None,
        description="The values seen in training, for categorical columns. Numbers and booleans in a request are"
        " read as the category they spell; text is taken as it is. Absent when there were more than 256.",
    )
    nullable: bool = Field(
        default=False,
        description="Whether a request may leave the value out (null), which the model then imputes. When false,"
        " a missing value is refused.",
    )
    missing_values: (
        Annotated[tuple[Annotated[str, Field(max_length=64)], ...], Field(max_length=32)] | None
    ) = Field(
        default=None,
        description="Texts that mean a missing value; in a numeric column those that are numbers, e.g. -999. When"
        " absent: the empty text, NA, N/A, NaN, nan, NULL and null. A text that is one of categories is that category.",
    )


class OutputColumn(Shape):
    """One output column."""

    name: ColumnName = Field(
        description="Name of the output, for people and tools that read the record. Answers name it as their"
        " protocol does: predictions, or predict."
    )
    type: Literal["numeric", "categorical"] = Field(
        description="numeric for a regression, categorical for a class. Another type than the model's is refused"
        " (SignatureMismatch)."
    )
    classes: KnownValues | None = Field(
        default=None,
        description="The classes a classifier tells apart, in the order of its probabilities. Others than the"
        " model's, as text, or in another order are refused (SignatureMismatch).",
    )
    positive_class: Annotated[str, Field(max_length=256)] | None = Field(
        default=None,
        description="The class, of two, whose probability `/predict` answers and of which the metrics speak. The"
        " second of classes when absent; one that is not among them is refused (SignatureMismatch).",
    )


# Order means something here: the model takes its columns in it. Hence atomic lists, which server-side apply replaces
# whole, and in which CEL's `==` sees the order; in lists of type map it does not.
Inputs = Annotated[tuple[Input, ...], Field(min_length=1, max_length=MAX_COLUMNS)]
Outputs = Annotated[tuple[OutputColumn, ...], Field(min_length=1, max_length=MAX_OUTPUTS)]


class Signature(Shape):
    """What the model takes and gives, column by column."""

    inputs: Annotated[Inputs, Field(json_schema_extra=rules(*unique_names(MAX_COLUMNS)))] = Field(
        description="The input columns, in the order the model takes them. Order and names cannot change, since"
        " rows sent as lists are read by position."
    )
    outputs: Annotated[Outputs, Field(json_schema_extra=rules(*unique_names(MAX_OUTPUTS)))] = Field(
        description="The output columns, in the order the model gives them. Every model has one today; a version with"
        " more is refused (SignatureMismatch)."
    )
