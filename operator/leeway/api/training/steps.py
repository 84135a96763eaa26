"""The steps of a TrainingJob: cleaning, preprocessing, estimator, evaluation, output."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StrictInt, StrictStr, WithJsonSchema

from leeway.api.fields import (
    MIN_UP_TO_MAX,
    ColumnName,
    DecimalText,
    EntryName,
    Fraction,
    SecretName,
    StoreUri,
    in_order,
)
from leeway.api.shape import LIST_MAP_BY_NAME, Shape, rule, rules

MetricName = Literal[
    "accuracy", "balancedAccuracy", "precision", "recall", "f1", "mcc", "rocAuc", "averagePrecision", "logLoss",
    "brier",
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
        default="0.01",
        description='Quantile of the training rows below which values are raised to it, as text; "0.01" by'
        ' default, "0" leaves small values alone.',
    )
    upper_quantile: Fraction = Field(
        default="0.99",
        description='Quantile of the training rows above which values are lowered to it, as text; "0.99" by'
        ' default, "1" leaves large values alone.',
    )


class Cleaning(Shape):
    """Which rows and values are repaired or dropped before training."""

    drop_duplicates: bool = Field(
        default=False,
        description="Whether rows that repeat an earlier row in target and every feature are dropped; an id or time"
        " column that is no feature does not make two rows differ. No by default; the same row in training and test"
        " set makes the metrics look better than they are.",
    )
    drop_missing_target: bool = Field(
        default=True,
        description="Whether rows without a target are dropped. Yes by default; when false, the first such row"
        " ends the run.",
    )
    drop_missing_rows: bool = Field(
        default=False,
        description="Whether rows that miss the value of any feature are dropped. No by default: preprocessing"
        " imputes them, and the model then accepts missing values in requests too.",
    )
    max_dropped_percent: Annotated[int, Field(ge=0, le=100)] = Field(
        default=5,
        description="How many rows may be lost for missing values, in percent of those that were read; 5 by default."
        " More end the run with TooManyRowsDropped and the counts, and so does losing every row of a class, whatever"
        " this says. Repeated rows that dropDuplicates drops do not count.",
    )
    clip_outliers: ClipOutliers | None = Field(
        default=None,
        description="Move numeric values of the training rows that are outside two quantiles to the quantile."
        " Test rows and requests are never changed. No clipping when absent; {} takes the default quantiles.",
    )


class NumericSteps(Shape):
    """How numeric columns are prepared."""

    impute: Literal["None", "Mean", "Median", "MostFrequent", "Constant"] = Field(
        default="Median",
        description="What fills a missing number: the Median (default), Mean or MostFrequent value of the training"
        " rows, or the Constant 0. With None nothing does, and unless the estimator takes missing values, requests"
        " with one are refused.",
    )
    scale: Literal["None", "Standard", "MinMax", "Robust"] = Field(
        default="Standard",
        description="How numbers are scaled: to zero mean and unit variance (Standard, the default), to 0..1"
        " (MinMax), by median and quartiles (Robust), or not at all (None), as trees need none.",
    )


class CategoricalSteps(Shape):
    """How categorical columns are prepared."""

    impute: Literal["None", "MostFrequent", "Constant"] = Field(
        default="MostFrequent",
        description="What fills a missing category: the MostFrequent of the training rows (default), or the Constant"
        " category `missing`. With None nothing does, and requests with a missing value may be refused.",
    )
    encode: Literal["OneHot", "Ordinal"] = Field(
        default="OneHot",
        description="How categories become numbers: one column for each (OneHot, the default), or one number for"
        " each (Ordinal), which keeps many categories small and suits trees. Unknown ones are accepted by both.",
    )


class Select(Shape):
    """Which columns are kept, by a univariate test against the target."""

    k: Annotated[int, Field(ge=1, le=10_000)] = Field(
        description="How many encoded columns are kept. More than there are end the run."
    )


class Pca(Shape):
    """How columns are reduced to principal components."""

    components: Annotated[int, Field(ge=1, le=1_000)] = Field(
        description="How many principal components are kept. More than there are encoded columns end the run."
    )


class Preprocessing(Shape):
    """The steps between the cleaned columns and the estimator; they become part of the model."""

    numeric: NumericSteps = Field(
        default=NumericSteps(), description="How numeric and boolean columns are prepared."
    )
    categorical: CategoricalSteps = Field(
        default=CategoricalSteps(), description="How categorical columns are prepared."
    )
    select: Select | None = Field(
        default=None,
        description="Keep only the encoded columns that depend most on the target, by a univariate F-test. All are"
        " kept when absent.",
    )
    pca: Pca | None = Field(
        default=None,
        description="Replace the encoded columns by their principal components, after select. Not done when absent.",
    )


# Fractions and booleans stay text: a float does not survive the round trip through every client, and a map may hold two
# types only where one of them is the integer of int-or-string.
Param = Annotated[
    StrictInt | Annotated[StrictStr, Field(max_length=1024)],
    WithJsonSchema(
        {
            "anyOf": [{"type": "integer"}, {"type": "string"}],
            "maxLength": 1024,
            "x-kubernetes-int-or-string": True,
        }
    ),
]
Params = Annotated[
    dict[str, Param],
    Field(
        max_length=64,
        json_schema_extra=rules(
            rule(
                "self.all(name, name.matches('^[A-Za-z_][A-Za-z0-9_]{0,63}$'))",
                "use the names of the estimator's parameters, e.g. max_depth",
            )
        ),
    ),
]


class Estimator(Shape):
    """What is fitted."""

    class_: Annotated[str, Field(max_length=128, pattern=r"^sklearn(\.[a-z_]+)+\.[A-Z][A-Za-z0-9]+$")] = (
        Field(
            validation_alias="class",
            serialization_alias="class",
            description="Full name of the estimator's class, e.g. sklearn.linear_model.LogisticRegression. Only classes"
            " on the trainer's list may be trained; another one ends the run with EstimatorNotAllowed, which names"
            " similar ones.",
        )
    )
    params: Params = Field(
        default={},
        description="Parameters of the estimator, by name. Whole numbers are written plainly (max_depth: 8), all else"
        ' as text that is read as JSON: fractions ("0.1"), booleans ("true"), null ("null"), lists ("[1, 2]"); text'
        ' that is no JSON stays text ("sqrt"). The class\'s own defaults when absent; a name it does not have ends'
        " the run.",
    )


class Gate(Shape):
    """A metric on the held-out test set that the model must reach."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule("has(self.min) || has(self.max)", "give the gate a min, a max or both"),
            MIN_UP_TO_MAX,
        )
    )

    name: EntryName = Field(description="Name of the gate, unique in the list; status.gates repeats it.")
    metric: MetricName = Field(
        description="The metric: of classifiers accuracy, balancedAccuracy, precision, recall, f1, mcc (Matthews'"
        " correlation), rocAuc, averagePrecision, logLoss, brier; of regressors r2, mae, mse, rmse, mape, smape. Of two"
        " classes, precision, recall, f1 and averagePrecision are those of positiveClass. A gate on a metric the"
        " estimator does not have ends the run before training; one that cannot be computed has failed."
    )
    min: DecimalText | None = Field(
        default=None,
        description='The metric must be at least this, as text, e.g. "0.70". No lower bound when absent.',
    )
    max: DecimalText | None = Field(
        default=None,
        description='The metric must be at most this, as text, e.g. "0.25". No upper bound when absent.',
    )


ProfileColumnNames = Annotated[
    tuple[ColumnName, ...], Field(max_length=100, json_schema_extra={"x-kubernetes-list-type": "set"})
]


class ProfileColumns(Shape):
    """Which columns the reference profile counts, against what the trainer would decide."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "!has(self.exclude) || !has(self.include) || !self.exclude.exists(name, name in self.include)",
                "a column is in exclude and in include: remove it from one of them",
            )
        )
    )

    exclude: ProfileColumnNames = Field(
        default=(),
        description="Features that the profile does not count, since they drift by nature: ids, time stamps, counters."
        " The trainer leaves out what is plainly one of these, and names each with the reason in profile.json and on"
        " the model card. None besides when absent.",
    )
    include: ProfileColumnNames = Field(
        default=(),
        description="Features that the profile counts, though they look as if they drift by nature, or are less"
        " important than 100 others. None besides when absent.",
    )


class Evaluation(Shape):
    """What the fitted model must reach on the held-out test set, and what is kept to compare requests with."""

    positive_class: Annotated[str, Field(min_length=1, max_length=256)] | None = Field(
        default=None,
        description="The class that is looked for, of two, as the data spell it, e.g. fraud: precision, recall, f1,"
        " brier and the probability in answers are of this class. One that is not in the data ends the run. When"
        " absent: 1, true or yes beside 0, false or no; for other classes the rarer one, with a warning.",
    )
    gates: Annotated[tuple[Gate, ...], Field(max_length=20, json_schema_extra=LIST_MAP_BY_NAME)] = Field(
        default=(),
        description="What the metrics must reach. A model that fails a gate gets no ModelVersion: the TrainingJob"
        " ends with GateFailed and the numbers. None when absent.",
    )
    profile: ProfileColumns = Field(
        default=ProfileColumns(),
        description="Which columns the reference profile counts. When absent: the 100 most important features that"
        " do not drift by nature.",
    )


class Output(Shape):
    """Where the model is kept and in which form."""

    uri: StoreUri | None = Field(
        default=None,
        description="Folder of the store: pvc://CLAIM/FOLDER, s3://BUCKET/PREFIX or gs://BUCKET/PREFIX. Each run"
        " writes to a folder of its own below it, named MODEL/JOB-UID. A claim of one's own must have the label"
        " leeway.dev/store=true, or the run waits with ClaimNotAStore. When absent, the installation's store claim"
        " of this namespace, which is created when it is missing.",
    )
    format: ArtifactFormat = Field(
        default="skops",
        description="Form of the model file. skops, the default and the only one, holds no code that runs when it"
        " is loaded; pickle and joblib files are never written or loaded.",
    )
    credentials_secret_name: SecretName | None = Field(
        default=None,
        description="Secret of this namespace with the credentials for a bucket, with the keys of"
        " data.credentialsSecretName. It travels with the version, so that verifier and server read the files with"
        " it. When absent the pod's own identity or environment is used.",
    )
