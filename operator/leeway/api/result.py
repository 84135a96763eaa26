"""What a trainer or verifier says in its termination message (at most 4096 bytes of JSON)."""

from typing import Annotated, Literal

from pydantic import Field

from leeway.api.fields import ByteCount, CamelWord, DecimalText, EntryName, RowTotal, Sentence, Sha256, Word
from leeway.api.shape import LIST_MAP_BY_NAME, MAX_INT32, Shape
from leeway.api.signature import Inputs, Outputs
from leeway.api.training_steps import ArtifactFormat, MetricName

RelativePath = Annotated[str, Field(min_length=1, max_length=256, pattern="^[A-Za-z0-9_][-._A-Za-z0-9]*$")]
Metrics = Annotated[dict[str, DecimalText], Field(max_length=64)]
Packages = Annotated[dict[str, Annotated[str, Field(max_length=64)]], Field(max_length=64)]
SchemaVersion = Annotated[str, Field(max_length=8, pattern="^[0-9]+$")]


class WrittenFile(Shape):
    """A file beside the model in the output directory."""

    path: RelativePath = Field(description="Name of the file in the output directory.")
    sha256: Sha256 = Field(description="SHA-256 digest of the file.")


class WrittenArtifact(WrittenFile):
    """The model file in the output directory."""

    size_bytes: ByteCount = Field(description="Size of the file in bytes.")
    format: ArtifactFormat = Field(description="Form of the artifact.")


class WrittenSignature(Shape):
    """The signature itself, or the file it is in when it does not fit."""

    inputs: Inputs | None = Field(default=None, description="The input columns, in order.")
    outputs: Outputs | None = Field(default=None, description="The output columns, in order.")
    path: RelativePath | None = Field(
        default=None, description="Name of the file that holds the signature instead."
    )
    sha256: Sha256 | None = Field(default=None, description="SHA-256 digest of that file.")


class GateResult(Shape):
    """Whether the model passed one gate, with the numbers."""

    name: EntryName = Field(description="Name of the gate.")
    metric: MetricName = Field(description="The metric of the gate.")
    value: Word = Field(default="", description="Value of the metric; empty when it could not be computed.")
    threshold: Word = Field(description='What was asked for, e.g. ">= 0.70".')
    passed: bool = Field(description="Whether the value meets the threshold.")


class ExpectationResult(Shape):
    """Whether one expectation held for the data."""

    name: EntryName = Field(description="Name of the expectation.")
    passed: bool = Field(description="Whether it held.")
    message: Sentence = Field(default="", description="What was found, with numbers.")


class DatasetFacts(Shape):
    """What was read and how it was split."""

    sha256: Sha256 | None = Field(default=None, description="SHA-256 digest of the data as read.")
    rows: RowTotal = Field(default=0, description="Rows after cleaning.")
    train_rows: RowTotal = Field(default=0, description="Rows the model was fitted on.")
    test_rows: RowTotal = Field(default=0, description="Rows the model was tested on.")


GateResults = Annotated[
    tuple[GateResult, ...],
    Field(max_length=20, description="The gates with their numbers.", json_schema_extra=LIST_MAP_BY_NAME),
]
ExpectationResults = Annotated[
    tuple[ExpectationResult, ...],
    Field(
        max_length=100, description="Expectations with what was found.", json_schema_extra=LIST_MAP_BY_NAME
    ),
]


class TrainingResult(Shape):
    """The trainer's termination message; paths are relative to the output directory."""

    schema_version: SchemaVersion = Field(default="1", description="Version of this message.")
    outcome: Literal["Succeeded", "GateFailed", "Failed"] = Field(description="How the run ended.")
    reason: CamelWord = Field(description="Why, as one CamelCase word.")
    message: Sentence = Field(default="", description="Why, as a sentence that names the remedy.")
    artifact: WrittenArtifact | None = Field(default=None, description="The model file.")
    profile: WrittenFile | None = Field(default=None, description="The reference profile.")
    golden: WrittenFile | None = Field(default=None, description="The golden rows.")
    signature: WrittenSignature | None = Field(default=None, description="What the model takes and gives.")
    metrics: Metrics = Field(default={}, description="Metrics on the test rows.")
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
    seconds: float = Field(default=0.0, description="How long it took, in seconds.")
    size_bytes: ByteCount = Field(default=0, description="Size of the artifact as fetched, in bytes.")
