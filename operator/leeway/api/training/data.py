"""`spec.data` of a TrainingJob: where the data is, its features, expectations and split."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from leeway.api.fields import (
    MIN_UP_TO_MAX,
    ColumnName,
    DataUri,
    DecimalText,
    Digest,
    EntryName,
    Fraction,
    SecretName,
)
from leeway.api.shape import LIST_MAP_BY_NAME, LIST_SET, Shape, rule, rules, unique_names

MAX_COLUMNS = 500

ColumnType = Literal["numeric", "categorical", "boolean"]
Check = Literal["RowCount", "Range", "NonNull", "AllowedValues", "Unique"]


class Feature(Shape):
    """One input column of the model."""

    name: ColumnName = Field(
        description="Name of the column in the data. A name that is not there ends the run (ColumnMissing)."
    )
    type: ColumnType = Field(
        description="numeric, categorical (text) or boolean. Values that cannot be read as this type end the run"
        " (WrongType); digits of a categorical column stay text."
    )


class Expectation(Shape):
    """A check of the data that must hold before anything is trained."""

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
                "remove minFraction; RowCount counts the whole table",
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

    name: EntryName = Field(
        description="Name of the expectation, unique in the list; status.expectations repeats it."
    )
    check: Check = Field(
        description="What is checked: RowCount counts the rows of the whole table; Range compares a numeric column"
        " with min and max; NonNull, AllowedValues and Unique look at each value of the column."
    )
    column: ColumnName | None = Field(
        default=None,
        description="The column that is checked. It must be in the data (ColumnMissing), but need not be a feature."
        " None for RowCount.",
    )
    min: DecimalText | None = Field(
        default=None,
        description='Smallest allowed value of Range, or number of rows of RowCount, as text, e.g. "0". No lower'
        " bound when absent.",
    )
    max: DecimalText | None = Field(
        default=None,
        description='Largest allowed value of Range, or number of rows of RowCount, as text, e.g. "1e7". No upper'
        " bound when absent.",
    )
    values: (
        Annotated[tuple[Annotated[str, Field(max_length=256)], ...], Field(min_length=1, max_length=256)]
        | None
    ) = Field(
        default=None,
        description="The values AllowedValues allows, as text: numbers as they are spelled in the data.",
    )
    min_fraction: Fraction | None = Field(
        default=None,
        description='Share of the rows for which the check must hold, as text between "0" and "1". "1", every row,'
        " when absent; a missing value breaks NonNull and no other check.",
    )


class Split(Shape):
    """How the held-out test set is chosen."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "!has(self.timeColumn) || !has(self.method) || self.method == 'Time'",
                "remove timeColumn, or set method: Time; a time column means a split by time",
                ".timeColumn",
            ),
            rule(
                "!has(self.groupColumn) || !has(self.method) || self.method == 'Group'",
                "remove groupColumn, or set method: Group; a group column means a split by groups",
                ".groupColumn",
            ),
            rule(
                "!has(self.method) || self.method != 'Time' || has(self.timeColumn)",
                "name the timeColumn that orders the rows",
                ".method",
            ),
            rule(
                "!has(self.method) || self.method != 'Group' || has(self.groupColumn)",
                "name the groupColumn whose rows stay together",
                ".method",
            ),
            rule(
                "!(has(self.timeColumn) && has(self.groupColumn))",
                "set timeColumn or groupColumn, not both",
                ".groupColumn",
            ),
        )
    )

    method: Literal["Random", "Stratified", "Time", "Group"] | None = Field(
        default=None,
        description="How the held-out test set is chosen: at Random; Stratified, so that every class keeps its"
        " share; Time, the latest rows of timeColumn; or Group, whole groups of groupColumn. When absent: Time with"
        " a timeColumn, Group with a groupColumn, Stratified for classifiers where every class has enough rows, else"
        " Random.",
    )
    test_percent: Annotated[int, Field(ge=0, le=90)] = Field(
        default=20,
        description="Share of the rows in the held-out test set, in percent; 20 by default. With 0 the model is"
        " evaluated on the rows it was fitted on, which says nothing about new rows, and gates are refused.",
    )
    time_column: ColumnName | None = Field(
        default=None,
        description="The column that orders the rows. It means a split by time: the latest rows are held out, and"
        " rows of one moment stay together, so that the share may differ from testPercent; status.dataset has the"
        " counts. It is no feature unless features lists it.",
    )
    group_column: ColumnName | None = Field(
        default=None,
        description="The column that says which rows belong together, e.g. the customer. It means a split by groups:"
        " no group is in both the training and the held-out test set. It is no feature unless features lists it.",
    )


class Data(Shape):
    """The data a model is trained on."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "!has(self.features) || !self.features.exists(f, f.name == self.target)",
                "remove the target from features: a model must not see what it predicts",
                ".features",
            ),
            rule(
                "!has(self.exclude) || size(self.exclude) == 0 || !has(self.features)",
                "remove exclude, or features: listed features leave every other column out already",
                ".exclude",
            ),
        )
    )

    uri: DataUri = Field(
        description="Where the data is: configmap://NAME/KEY, pvc://CLAIM/PATH, s3://BUCKET/KEY, gs://BUCKET/KEY,"
        " https://HOST/PATH, or builtin://NAME (iris, breast-cancer, wine, diabetes, digits). ConfigMaps and claims"
        " are those of this namespace. One file; nothing there ends the run with DataNotFound."
    )
    digest: Digest | None = Field(
        default=None,
        description="Pin the data: sha256: and 64 hex digits, as `sha256sum` prints them. The run fails with"
        " DigestMismatch when the file is another one. When absent any file is taken; its digest is recorded in"
        " status.dataset either way.",
    )
    credentials_secret_name: SecretName | None = Field(
        default=None,
        description="Secret of this namespace with the credentials for uri, for s3://, gs:// and https://. Only"
        " these keys are taken, as files: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION,"
        " AWS_ENDPOINT_URL, GOOGLE_SERVICE_ACCOUNT_KEY, HTTPS_BEARER_TOKEN. When absent the pod's own identity or"
        " environment is used.",
    )
    format: Literal["csv", "parquet"] | None = Field(
        default=None,
        description="csv or parquet. When absent the ending of the file decides, and a file of another ending is"
        " read as csv.",
    )
    target: ColumnName = Field(
        description="The column the model predicts. It must be in the data (TargetMissing)."
    )
    features: (
        Annotated[
            tuple[Feature, ...],
            Field(min_length=1, max_length=MAX_COLUMNS, json_schema_extra=rules(*unique_names(MAX_COLUMNS))),
        ]
        | None
    ) = Field(
        default=None,
        description="The input columns, in the order in which clients send them. When absent, every column but the"
        " target, in the order of the file, with types inferred from the values: list them to keep the signature"
        " stable from one run to the next.",
    )
    exclude: Annotated[tuple[ColumnName, ...], Field(max_length=MAX_COLUMNS, json_schema_extra=LIST_SET)] = (
        Field(
            default=(),
            description="Columns that are no features, e.g. an id, when features is absent. One that is not in the data"
            " ends the run (ColumnMissing). None when absent.",
        )
    )
    missing_values: Annotated[
        tuple[Annotated[str, Field(max_length=64)], ...], Field(max_length=32, json_schema_extra=LIST_SET)
    ] = Field(
        default=("", "NA", "N/A", "NaN", "nan", "NULL", "null"),
        description="Texts that mean a missing value, in a csv file and in the categories of a request alike. When"
        " absent: the empty text, NA, N/A, NaN, nan, NULL and null. Where NA is a value, such as a country, list the"
        " texts without it.",
    )
    expectations: Annotated[
        tuple[Expectation, ...], Field(max_length=100, json_schema_extra=LIST_MAP_BY_NAME)
    ] = Field(
        default=(),
        description="What must hold for the data as read, before cleaning. One that does not ends the run with"
        " ExpectationFailed, and nothing is trained. None when absent.",
    )
    split: Split = Field(
        default=Split(),
        description="How the held-out test set, on which the metrics are measured, is chosen.",
    )
