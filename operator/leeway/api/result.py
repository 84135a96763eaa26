"""The results that trainer and verifier write to their termination messages (at most 4096 bytes of JSON)."""

from typing import Annotated, Literal

from pydantic import Field

from leeway.api.fields import ByteCount, CamelWord, DecimalText, Digest, EntryName, RowTotal, Sentence, Word
from leeway.api.shape import LIST_MAP_BY_NAME, MAX_INT32, Shape
from leeway.api.signature import Inputs, Outputs
from leeway.api.training.steps import MetricName

# A further file of a version is one more word here; models, CRD rule, result and record follow.
FileName = Literal["model", "signature", "profile", "golden", "card", "job"]
RelativePath = Annotated[str, Field(min_length=1, max_length=256, pattern="^[A-Za-z0-9_][-._A-Za-z0-9]*$")]
Metrics = Annotated[dict[str, DecimalText], Field(max_length=64)]
Packages = Annotated[dict[str, Annotated[str, Field(max_length=64)]], Field(max_length=64)]
Warnings = Annotated[
    tuple[Annotated[str, Field(max_length=1024)], ...],
    Field(
        max_length=20,
        description="What to know before the model is trusted, most important first: data that were dropped, columns"
        " that tell the target by themselves, metrics that could not be computed, warnings of the estimator."
        " report.json in the store has them all.",
    ),
]
PositiveClass = Annotated[str, Field(max_length=256)]
SchemaVersion = Annotated[str, Field(max_length=8, pattern="^[0-9]+$")]


class WrittenFile(Shape):
    """A file in the output folder."""

    path: RelativePath = Field(description="Name of the file in the output folder.")
    digest: Digest = Field(description="Digest of the file: sha256: and 64 hex digits.")
    size_bytes: ByteCount | None = Field(default=None, description="Size of the file in bytes.")


class WrittenSignature(Shape):
    """The signature as the trainer reports it."""

    # Without the rules of a ModelVersion's: the API server checks those when the version is created.
    inputs: Inputs = Field(description="The input columns, in order.")
    outputs: Outputs = Field(description="The output columns, in order.")


class GateResult(Shape):
    """The result of one gate, with the numbers."""

    name: EntryName = Field(description="Name of the gate in spec.evaluation.gates.")
    metric: MetricName = Field(description="The metric the gate looks at.")
    value: Word = Field(
        default="",
        description="Value of the metric, as text; empty when it could not be computed, which fails the gate.",
    )
    threshold: Word = Field(description='The bounds the gate sets, e.g. ">= 0.70".')
    passed: bool = Field(description="Whether the value keeps the bounds.")
    message: Sentence = Field(
        default="", description="Why the metric could not be computed; empty when it was."
    )


class ExpectationResult(Shape):
    """The result of one expectation."""

    name: EntryName = Field(description="Name of the expectation in spec.data.expectations.")
    passed: bool = Field(description="Whether the expectation was met.")
    message: Sentence = Field(
        default="", description="What was found, with counts and the first row at fault."
    )


class DatasetFacts(Shape):
    """What was read and how it was split."""

    digest: Digest | None = Field(
        default=None, description="Digest of the data as read; pin it in spec.data.digest to repeat the run."
    )
    rows: RowTotal = Field(
        default=0, description="Rows after cleaning, of training and held-out test set together."
    )
    train_rows: RowTotal = Field(default=0, description="Rows the model was fitted on.")
    test_rows: RowTotal = Field(default=0, description="Rows of the held-out test set.")
    rows_read: RowTotal = Field(default=0, description="Rows in the file, before cleaning.")
    dropped: Annotated[dict[CamelWord, RowTotal], Field(max_length=16)] = Field(
        default={}, description="Rows that were dropped, by the step of spec.cleaning that dropped them."
    )
    overlapping_rows: RowTotal = Field(
        default=0,
        description="Rows of the held-out test set whose target and features are also those of a row the model was"
        " fitted on. They make the metrics look better than they are.",
    )


GateResults = Annotated[
    tuple[GateResult, ...],
    Field(
        max_length=20,
        description="Each gate with the value that was measured; absent before training has ended.",
        json_schema_extra=LIST_MAP_BY_NAME,
    ),
]
ExpectationResults = Annotated[
    tuple[ExpectationResult, ...],
    Field(
        max_length=100,
        description="The expectations that were not met, with what was found; report.json in the store has them all.",
        json_schema_extra=LIST_MAP_BY_NAME,
    ),
]


class TrainingResult(Shape):
    """The trainer's termination message; paths are relative to the output directory."""

    schema_version: SchemaVersion = Field(default="1", description="Version of this message.")
    outcome: Literal["Succeeded", "GateFailed", "Failed"] = Field(description="How the run ended.")
    reason: CamelWord = Field(description="Why, as one CamelCase word.")
    message: Sentence = Field(default="", description="Why, as a sentence that names the remedy.")
    files: Annotated[dict[FileName, WrittenFile], Field(max_length=16)] = Field(
        default={},
        description="The files that were written, by the names they have in a ModelVersion's files. The signature is"
        " among them only when it is too long to be inline.",
    )
    signature: WrittenSignature | None = Field(
        default=None, description="What the model takes and gives; absent when files has it."
    )
    metrics: Metrics = Field(
        default={}, description="Every metric measured on the held-out test set, as text."
    )
    baseline: Metrics = Field(
        default={}, description="The same metrics of a model that sees no feature: class shares, or the mean."
    )
    positive_class: PositiveClass = Field(
        default="",
        description="The class that precision, recall, f1 and brier speak of; empty without two classes.",
    )
    warnings: Warnings = ()
    gates: GateResults = ()
    expectations: ExpectationResults = ()
    dataset: DatasetFacts | None = Field(default=None, description="What was read and how it was split.")
    seed: Annotated[int, Field(ge=0, le=MAX_INT32)] | None = Field(
        default=None, description="Seed of the random choices."
    )
    packages: Packages = Field(default={}, description="Versions of the packages the model was made with.")


class VerificationResult(Shape):
    """The verifier's termination message."""

    schema_version: SchemaVersion = Field(default="1", description="Version of this message.")
    outcome: Literal["Succeeded", "Failed"] = Field(description="How the verification ended.")
    reason: CamelWord = Field(description="Why, as one CamelCase word.")
    message: Sentence = Field(default="", description="Why, as a sentence that names the remedy.")
    golden_rows: RowTotal = Field(default=0, description="Golden rows whose predictions were repeated.")
