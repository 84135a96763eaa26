"""What a TrainingJob learns from: the data, what must hold for it, how it is split."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from leeway.api.fields import MIN_UP_TO_MAX, ColumnName, DataUri, DecimalText, EntryName, Fraction, Sha256
from leeway.api.shape import LIST_MAP_BY_NAME, MAX_INT32, Shape, rule, rules

ColumnType = Literal["numeric", "categorical", "boolean"]
Check = Literal["RowCount", "Range", "NonNull", "AllowedValues", "Unique"]


class Feature(Shape):
    """One input column of the model."""

    name: ColumnName = Field(description="Name of the column in the data.")
    type: ColumnType = Field(description="numeric, categorical (text), or boolean.")


class Expectation(Shape):
    """One thing that must hold for the data before anything is trained."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "(self.check == 'RowCount') != has(self.column)",
                "name a column for every check except RowCount, which counts rows and takes no column",
                ".column",
            ),
            rule(
                "(self.check in ['RowCount', 'Range']) == (has(self.min) || has(self.max))",
                "give min, max or both to RowCount and Range, and to no other check",
                ".check",
            ),
            rule(
                "(self.check == 'AllowedValues') == has(self.values)",
                "list the values for AllowedValues, and for no other check",
                ".values",
            ),
            rule(
                "self.check != 'RowCount' || !has(self.minFraction)",
                "remove minFraction; RowCount speaks of the whole table",
                ".minFraction",
            ),
            MIN_UP_TO_MAX,
            rule(
                "self.check != 'RowCount'"
                " || (!has(self.min) || self.min.matches('^[0-9]+$'))"
                " && (!has(self.max) || self.max.matches('^[0-9]+$'))",
                "write min and max of RowCount as whole numbers",
                ".min",
            ),
        )
    )

    name: EntryName = Field(description="Name of the expectation, shown in the status.")
    check: Check = Field(
        description="RowCount, Range (a numeric column within min and max), NonNull, AllowedValues or Unique."
    )
    column: ColumnName | None = Field(
        default=None, description="The column that is checked; none for RowCount."
    )
    min: DecimalText | None = Field(
        default=None, description="Smallest allowed value, for Range and RowCount."
    )
    max: DecimalText | None = Field(
        default=None, description="Largest allowed value, for Range and RowCount."
    )
    values: (
        Annotated[tuple[Annotated[str, Field(max_length=256)], ...], Field(min_length=1, max_length=256)]
        | None
    ) = Field(default=None, description="The values that are allowed, for AllowedValues.")
    min_fraction: Fraction | None = Field(
        default=None,
        description='Share of the rows for which it must hold, e.g. "0.99"; all rows when absent.',
    )


class Split(Shape):
    """How rows are kept back to test the model."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "(has(self.method) && self.method == 'Time') == has(self.timeColumn)",
                "set method: Time and timeColumn together, or neither",
                ".timeColumn",
            )
        )
    )

    method: Literal["Random", "Stratified", "Time"] | None = Field(
        default=None,
        description="Random; Stratified (every class keeps its share); or Time (the latest rows are the test)."
        " When absent: Stratified for classifiers where every class has enough rows, else Random.",
    )
    test_percent: Annotated[int, Field(ge=0, le=90)] = Field(
        default=20,
        description="Share of the rows kept back, in percent; 0 judges the model on the rows it was fitted on.",
    )
    seed: Annotated[int, Field(ge=0, le=MAX_INT32)] = Field(
        default=0,
        description="Seed of every random choice of the run: the same seed and data give the same model.",
    )
    time_column: ColumnName | None = Field(
        default=None, description="The column that orders the rows, for method Time."
    )


class Data(Shape):
    """The data a model is trained on."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "!has(self.features) || !self.features.exists(f, f.name == self.target)",
                "remove the target from features: a model must not see what it predicts",
                ".features",
            )
        )
    )

    uri: DataUri = Field(
        description="Where the data is: configmap://NAME/KEY, pvc://CLAIM/PATH, s3://BUCKET/KEY, "
        "gs://BUCKET/KEY, https://HOST/PATH, or builtin://NAME (iris, breast-cancer, wine, diabetes, digits)."
    )
    sha256: Sha256 | None = Field(
        default=None, description="Pin: the run fails when the data has another SHA-256 digest."
    )
    format: Literal["csv", "parquet"] | None = Field(
        default=None, description="csv or parquet; by the ending of the file when absent, else csv."
    )
    target: ColumnName = Field(description="The column the model predicts.")
    features: (
        Annotated[
            tuple[Feature, ...], Field(min_length=1, max_length=500, json_schema_extra=LIST_MAP_BY_NAME)
        ]
        | None
    ) = Field(
        default=None,
        description="The input columns, in order; every other column with inferred types when absent.",
    )
    expectations: Annotated[
        tuple[Expectation, ...], Field(max_length=100, json_schema_extra=LIST_MAP_BY_NAME)
    ] = Field(
        default=(),
        description="What must hold for the data; a violation ends the run before anything is trained.",
    )
    split: Split = Field(default=Split(), description="How rows are kept back to test the model.")
