"""What a TrainingJob does with its data: clean, prepare, fit, judge."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from leeway.api.fields import MIN_UP_TO_MAX, DecimalText, EntryName, Fraction, StoreUri, in_order
from leeway.api.shape import LIST_MAP_BY_NAME, Shape, rule, rules

MetricName = Literal[
    "accuracy", "precision", "recall", "f1", "rocAuc", "logLoss", "brier",
    "r2", "mae", "mse", "rmse", "mape", "smape",
]  # fmt: skip
ArtifactFormat = Literal["skops"]


class ClipOutliers(Shape):
    """Numeric values outside two quantiles of the training rows are moved to the quantile."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                in_order("lowerQuantile", "upperQuantile", "<"),
                "choose a lowerQuantile below upperQuantile",
                ".lowerQuantile",
            )
        )
    )

    lower_quantile: Fraction = Field(
        default="0.01", description='Quantile below which values are raised, e.g. "0.01".'
    )
    upper_quantile: Fraction = Field(
        default="0.99", description='Quantile above which values are lowered, e.g. "0.99".'
    )


class Cleaning(Shape):
    """Which rows and values are repaired or dropped before training."""

    drop_duplicates: bool = Field(default=False, description="Drop rows that repeat an earlier row exactly.")
    drop_missing_target: bool = Field(
        default=True, description="Drop rows without a target; when false such a row ends the run."
    )
    drop_missing_rows: bool = Field(default=False, description="Drop rows that miss any value.")
    clip_outliers: ClipOutliers | None = Field(
        default=None, description="Move numeric outliers to a quantile; left alone when absent."
    )


class NumericSteps(Shape):
    """How numeric columns are prepared."""

    impute: Literal["None", "Mean", "Median", "MostFrequent", "Constant"] = Field(
        default="Median",
        description="What fills a missing value: nothing (None), a statistic of the column, or a constant.",
    )
    scale: Literal["None", "Standard", "MinMax", "Robust"] = Field(
        default="Standard",
        description="How values are scaled: not at all (None), to unit variance, to 0..1, or by quartiles.",
    )


class CategoricalSteps(Shape):
    """How categorical columns are prepared."""

    impute: Literal["None", "MostFrequent", "Constant"] = Field(
        default="MostFrequent",
        description="What fills a missing value: nothing (None), the commonest value, or a constant.",
    )
    encode: Literal["OneHot", "Ordinal"] = Field(
        default="OneHot", description="One column per value (OneHot), or one number per value (Ordinal)."
    )


class Select(Shape):
    """Which columns are kept, by a univariate test against the target."""

    k: Annotated[int, Field(ge=1, le=10_000)] = Field(description="How many columns are kept.")


class Pca(Shape):
    """How columns are reduced to principal components."""

    components: Annotated[int, Field(ge=1, le=1_000)] = Field(description="How many components are kept.")


class Preprocessing(Shape):
    """The steps between the cleaned columns and the estimator; they become part of the model."""

    numeric: NumericSteps = Field(default=NumericSteps(), description="How numeric columns are prepared.")
    categorical: CategoricalSteps = Field(
        default=CategoricalSteps(), description="How categorical columns are prepared."
    )
    select: Select | None = Field(
        default=None, description="Keep only the columns that tell most; all when absent."
    )
    pca: Pca | None = Field(
        default=None, description="Reduce the columns to principal components; not when absent."
    )


class Estimator(Shape):
    """What is fitted."""

    class_: Annotated[
        str, Field(max_length=128, pattern=r"^(sklearn|xgboost|lightgbm)(\.[a-z_]+)*\.[A-Z][A-Za-z0-9]+$")
    ] = Field(
        validation_alias="class",
        serialization_alias="class",
        description="Full name of the estimator's class, e.g. sklearn.linear_model.LogisticRegression.",
    )
    params: Annotated[
        dict[str, Annotated[str, Field(max_length=1024)]],
        Field(
            max_length=64,
            json_schema_extra=rules(
                rule(
                    "self.all(name, name.matches('^[A-Za-z_][A-Za-z0-9_]{0,63}$'))",
                    "use the names of the estimator's parameters, e.g. max_depth",
                )
            ),
        ),
    ] = Field(
        default={},
        description='Parameters of the estimator as text, e.g. max_depth: "8". Each value is read as JSON '
        '("8", "0.1", "true", "null", "[1,2]"), and as plain text when it is not JSON ("sqrt").',
    )


class Gate(Shape):
    """A metric on the test rows that the model must reach."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule("has(self.min) || has(self.max)", "give the gate a min, a max or both"),
            MIN_UP_TO_MAX,
        )
    )

    name: EntryName = Field(description="Name of the gate, shown in the status.")
    metric: MetricName = Field(
        description="A metric of classifiers (accuracy, precision, recall, f1, rocAuc, logLoss, brier) or of "
        "regressors (r2, mae, mse, rmse, mape, smape)."
    )
    min: DecimalText | None = Field(
        default=None, description='The metric must be at least this, e.g. "0.70".'
    )
    max: DecimalText | None = Field(default=None, description='The metric must be at most this, e.g. "0.25".')


class Evaluation(Shape):
    """How the fitted model is judged."""

    gates: Annotated[tuple[Gate, ...], Field(max_length=20, json_schema_extra=LIST_MAP_BY_NAME)] = Field(
        default=(), description="What the metrics must reach; a model that fails a gate gets no ModelVersion."
    )


class Output(Shape):
    """Where the model is kept and in which form."""

    uri: StoreUri | None = Field(
        default=None,
        description="Directory of the store, pvc://CLAIM/DIRECTORY or s3://BUCKET/PREFIX; the "
        "PersistentVolumeClaim of the namespace when absent.",
    )
    format: ArtifactFormat = Field(
        default="skops", description="Form of the artifact; skops holds no code that runs when it is loaded."
    )
