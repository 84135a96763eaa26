"""The manifests users apply, read into frozen values: TrainingJob and ModelVersion."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from model_server.contract.complaints import plain

API_VERSION = "leeway.dev/v1alpha1"

Name = Annotated[str, Meta(pattern=r"^[a-z]([-a-z0-9]*[a-z0-9])?$", max_length=50)]
Digest = Annotated[str, Meta(pattern=r"^sha256:[0-9a-f]{64}$")]
Decimal = Annotated[str, Meta(pattern=r"^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$", max_length=40)]
FeatureType = Literal["numeric", "categorical", "boolean"]
# Words that mean "no value". "None" and "n/a" are left to categories, where they are common.
MISSING_VALUES = ("", "NA", "N/A", "NaN", "nan", "NULL", "null")


class InvalidManifest(ValueError):  # noqa: N818  a name of the contract
    """The manifest is not what its kind demands; the message names the field."""


class Frozen(Struct, frozen=True, rename="camel", kw_only=True):
    """A value of a manifest; unknown fields of a newer release are passed over."""


class Strict(Frozen, frozen=True, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """A value of a manifest that refuses unknown fields, so that no typing error is trained silently."""


class Metadata(Frozen, frozen=True):
    """The part of Kubernetes metadata that names an object; a laptop's manifest has no time of creation."""

    name: str
    namespace: str = ""
    uid: str = ""
    creation_timestamp: datetime | None = None


class Feature(Strict, frozen=True):
    """A column the model reads."""

    name: str
    type: FeatureType


class Expectation(Strict, frozen=True):
    """A check on the rows before anything is trained."""

    name: str
    check: Literal["RowCount", "Range", "NonNull", "AllowedValues", "Unique"]
    column: str | None = None
    min: Decimal | None = None
    max: Decimal | None = None
    values: tuple[str, ...] = ()
    min_fraction: Decimal | None = None


class Split(Strict, frozen=True):
    """How rows are held out for evaluation; no method means Stratified where possible, else Random."""

    method: Literal["Random", "Stratified", "Time", "Group"] | None = None
    test_percent: Annotated[int, Meta(ge=0, le=90)] = 20
    time_column: str | None = None
    group_column: str | None = None


class RowSource(Strict, frozen=True):
    """Where the rows are and what they mean."""

    uri: str
    target: str
    digest: Digest | None = None
    credentials_secret_name: str | None = None
    format: Literal["csv", "parquet"] | None = None
    features: tuple[Feature, ...] = ()
    exclude: tuple[str, ...] = ()
    missing_values: tuple[str, ...] = MISSING_VALUES
    expectations: tuple[Expectation, ...] = ()
    split: Split = Split()


class ClipOutliers(Strict, frozen=True):
    """Quantiles of the training rows to which numeric training values are clipped."""

    lower_quantile: Decimal = "0.01"
    upper_quantile: Decimal = "0.99"


class Cleaning(Strict, frozen=True):
    """What is done to rows before the split."""

    drop_duplicates: bool = False
    drop_missing_target: bool = True
    drop_missing_rows: bool = False
    max_dropped_percent: Annotated[int, Meta(ge=0, le=100)] = 5
    clip_outliers: ClipOutliers | None = None


class NumericSteps(Strict, frozen=True):
    """Steps on numeric and boolean columns."""

    impute: Literal["None", "Mean", "Median", "MostFrequent", "Constant"] = "Median"
    scale: Literal["None", "Standard", "MinMax", "Robust"] = "Standard"


class CategoricalSteps(Strict, frozen=True):
    """Steps on categorical columns."""

    impute: Literal["None", "MostFrequent", "Constant"] = "MostFrequent"
    encode: Literal["OneHot", "Ordinal"] = "OneHot"


class Select(Strict, frozen=True):
    """Keep the k encoded columns that tell most about the target."""

    k: Annotated[int, Meta(ge=1)]


class Pca(Strict, frozen=True):
    """Replace the encoded columns by this many principal components."""

    components: Annotated[int, Meta(ge=1)]


class Preprocessing(Strict, frozen=True):
    """Steps that become part of the model."""

    numeric: NumericSteps = NumericSteps()
    categorical: CategoricalSteps = CategoricalSteps()
    select: Select | None = None
    pca: Pca | None = None


class Estimator(Strict, frozen=True, rename={"class_": "class"}):
    """The class to fit and its parameters: whole numbers, or texts of JSON; others are refused by name later."""

    class_: str
    params: dict[str, Any] = {}


class Gate(Strict, frozen=True):
    """Bounds a metric of the held-out rows must keep."""

    name: str
    metric: str
    min: Decimal | None = None
    max: Decimal | None = None


class ProfileColumns(Strict, frozen=True):
    """Columns that the reference profile counts, or leaves out, whatever the trainer would decide."""

    exclude: tuple[str, ...] = ()
    include: tuple[str, ...] = ()


class Evaluation(Strict, frozen=True):
    """What the metrics must satisfy, and which columns the profile counts."""

    positive_class: str | None = None
    gates: tuple[Gate, ...] = ()
    profile: ProfileColumns = ProfileColumns()


class Output(Strict, frozen=True):
    """Where the version is stored and in which form."""

    uri: str | None = None
    format: Literal["skops"] = "skops"
    credentials_secret_name: str | None = None


class TrainingJobSpec(Strict, frozen=True):
    """What a TrainingJob asks for; the fields after `approval_policy` concern the pod, not the trainer."""

    model_name: Name
    data: RowSource
    estimator: Estimator
    cleaning: Cleaning = Cleaning()
    preprocessing: Preprocessing = Preprocessing()
    evaluation: Evaluation = Evaluation()
    output: Output = Output()
    replaces_model_version_name: str | None = None
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 0
    approval_policy: Literal["Automatic", "Manual"] = "Automatic"
    pod: Any = None
    suspend: bool = False
    backoff_limit: int | None = None
    active_deadline_seconds: int | None = None
    ttl_seconds_after_finished: int | None = None


class TrainingJob(Frozen, frozen=True):
    """A TrainingJob as applied."""

    api_version: Literal["leeway.dev/v1alpha1"]
    kind: Literal["TrainingJob"]
    metadata: Metadata
    spec: TrainingJobSpec


class StoredFile(Frozen, frozen=True):
    """A file of a version, pinned by its digest and, when it is given, its size."""

    uri: str
    digest: Digest
    size_bytes: int | None = None


class ModelVersionSpec(Frozen, frozen=True):
    """The record of a version; `signature` stays raw, and is absent when `files` has it."""

    model_name: Name
    files: dict[str, StoredFile]
    format: Literal["skops"] = "skops"
    signature: dict[str, Any] | None = None
    metrics: dict[str, str] = {}
    lineage: dict[str, Any] = {}
    credentials_secret_name: str | None = None

    def __post_init__(self) -> None:
        """Raise ValueError unless there is a model and one signature: a laptop has no API server that refuses."""
        if "model" not in self.files:
            raise ValueError("files.model is missing; it is the file that holds the model")
        if (self.signature is None) == ("signature" not in self.files):
            raise ValueError("give the signature once: inline in signature, or as files.signature")


class ModelVersion(Frozen, frozen=True):
    """A ModelVersion as applied."""

    api_version: Literal["leeway.dev/v1alpha1"]
    kind: Literal["ModelVersion"]
    metadata: Metadata
    spec: ModelVersionSpec


Manifest = TypeVar("Manifest", TrainingJob, ModelVersion)


def read_training_job(path: Path) -> TrainingJob:
    """Return the TrainingJob in a JSON or YAML file, or raise InvalidManifest naming the field."""
    return _read(path, TrainingJob)


def read_model_version(path: Path) -> ModelVersion:
    """Return the ModelVersion in a JSON or YAML file, or raise InvalidManifest naming the field."""
    return _read(path, ModelVersion)


def _read(path: Path, kind: type[Manifest]) -> Manifest:
    try:
        text = path.read_bytes()
    except OSError as error:
        raise InvalidManifest(f"{path}: {error.strerror}; give the file of a {kind.__name__}") from error
    try:
        return msgspec.convert(_without_nulls(_of_kind(documents(text), kind.__name__)), kind)
    except (msgspec.ValidationError, ValueError) as error:
        raise InvalidManifest(f"{path.name}: {plain(str(error), kind)}") from error


def documents(text: bytes) -> list[Any]:
    """Return the documents of a JSON or YAML text, or raise ValueError saying where it does not parse."""
    if text.lstrip()[:1] == b"{":
        return [msgspec.json.decode(text)]
    try:
        import yaml  # noqa: PLC0415  the serving image reads JSON only and has no YAML
    except ImportError:
        raise ValueError("is no JSON, and this image reads no YAML; write it as JSON") from None

    try:
        return [document for document in yaml.safe_load_all(text) if document is not None]
    except yaml.YAMLError as error:
        raise ValueError(f"not YAML: {' '.join(str(error).split())}") from error


def _of_kind(found: list[Any], kind: str) -> Any:
    fitting = [one for one in found if isinstance(one, dict) and one.get("kind") == kind]
    if len(fitting) == 1:
        return fitting[0]
    kinds = ", ".join(str(one.get("kind")) for one in found if isinstance(one, dict)) or "nothing"
    raise ValueError(f"holds {len(fitting)} objects of kind {kind}, not one (found: {kinds})")


def _without_nulls(value: Any) -> Any:
    """Leave out fields that are null, as the API server does."""
    if isinstance(value, dict):
        return {key: _without_nulls(one) for key, one in value.items() if one is not None}
    return [_without_nulls(one) for one in value] if isinstance(value, list) else value
