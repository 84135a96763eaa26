"""ModelVersion: the immutable record of one trained model."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from leeway.api.condition import Conditions, Metadata
from leeway.api.fields import ByteCount, FileUri, Generation, RowTotal, Sha256, ShortName, Time, Uid, Word
from leeway.api.pod import Env, EnvFroms
from leeway.api.result import Metrics, Packages
from leeway.api.shape import LIST_SET, MAX_INT32, Shape, rule, rules, unchanged
from leeway.api.signature import Inputs, Outputs
from leeway.api.training_steps import ArtifactFormat

_SETTLED_FIELDS = ("modelName", "artifact", "signature", "profile", "golden", "metrics", "lineage")


class StoredFile(Shape):
    """A file in a store, pinned by its digest."""

    uri: FileUri = Field(
        description="Where the file is: pvc://CLAIM/PATH, s3://BUCKET/KEY, gs://BUCKET/KEY or https://HOST/PATH."
    )
    sha256: Sha256 = Field(
        description="SHA-256 digest of the file, 64 hex digits; checked before a byte is parsed."
    )


class Artifact(StoredFile):
    """The model file."""

    size_bytes: ByteCount = Field(description="Size of the file in bytes.")
    format: ArtifactFormat = Field(
        default="skops", description="Form of the artifact; skops holds no code that runs when it is loaded."
    )


class Signature(Shape):
    """What the model takes and gives: inline, or by reference to a file."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "has(self.inputs) == has(self.outputs) && has(self.uri) == has(self.sha256)"
                " && has(self.inputs) != has(self.uri)",
                "give inputs and outputs, or instead uri and sha256 of a signature file",
            )
        )
    )

    inputs: Inputs | None = Field(
        default=None, description="The input columns, in the order the model takes them."
    )
    outputs: Outputs | None = Field(
        default=None, description="The output columns, in the order the model gives them."
    )
    uri: FileUri | None = Field(
        default=None, description="Where the signature file is, when it is too long to be inline."
    )
    sha256: Sha256 | None = Field(default=None, description="SHA-256 digest of the signature file.")


class Lineage(Shape):
    """Where the model comes from; everything needed to make it again."""

    training_job: Word = Field(default="", description="The TrainingJob that made it.")
    training_job_uid: Uid = Field(
        default="",
        validation_alias="trainingJobUID",
        serialization_alias="trainingJobUID",
        description="Unique id of that TrainingJob.",
    )
    data_uri: Annotated[str, Field(max_length=1024)] = Field(default="", description="Where the data was.")
    data_sha256: Sha256 | None = Field(default=None, description="SHA-256 digest of the data.")
    rows: RowTotal | None = Field(default=None, description="Rows after cleaning.")
    estimator: Word = Field(default="", description="Full name of the estimator's class.")
    params: Annotated[dict[str, Annotated[str, Field(max_length=1024)]], Field(max_length=64)] = Field(
        default={}, description="Parameters of the estimator."
    )
    seed: Annotated[int, Field(ge=0, le=MAX_INT32)] | None = Field(
        default=None, description="Seed of the random choices."
    )
    packages: Packages = Field(default={}, description="Versions of the packages the model was made with.")
    image_digest: Annotated[str, Field(max_length=512)] = Field(
        default="", description="Image the training ran in, by digest."
    )
    git_revision: Annotated[str, Field(max_length=128)] = Field(
        default="", description="Revision of the code that trained it."
    )


class Approval(Shape):
    """Whether a person must agree before the version may serve."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "!(has(oldSelf.required) && oldSelf.required) || self.required",
                "a required approval cannot be waived; set approvedBy to the name of who agrees",
                ".required",
            )
        )
    )

    required: bool = Field(
        default=False, description="Whether the version waits for approvedBy. Once true it stays true."
    )
    approved_by: Annotated[str, Field(max_length=128, pattern=r"^(\S(.*\S)?)?$")] = Field(
        default="", description="Who agreed; empty while nobody did."
    )


class ModelVersionSpec(Shape):
    """What the model is, where it is and where it comes from."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            *(
                rule(
                    unchanged(field),
                    f"{field} is immutable; create a new ModelVersion",
                    f".{field}",
                )
                for field in _SETTLED_FIELDS
            )
        )
    )

    model_name: ShortName = Field(
        description="The family of models this one belongs to, e.g. credit-default."
    )
    artifact: Artifact = Field(description="The model file.")
    signature: Signature = Field(description="What the model takes and gives.")
    profile: StoredFile | None = Field(
        default=None,
        description="The reference profile: distributions of the training data, which drift is measured by.",
    )
    golden: StoredFile | None = Field(
        default=None,
        description="Golden rows: inputs with the predictions the model must repeat before it serves.",
    )
    metrics: Metrics = Field(default={}, description="Metrics on the test rows.")
    lineage: Lineage | None = Field(
        default=None, description="Where the model comes from; absent for a model trained elsewhere."
    )
    approval: Approval = Field(
        default=Approval(), description="Whether a person must agree before the version may serve."
    )
    aliases: Annotated[tuple[ShortName, ...], Field(max_length=16, json_schema_extra=LIST_SET)] = Field(
        default=(), description="Names this version goes by, e.g. champion."
    )
    env: Env = ()
    env_from: EnvFroms = ()


class Verification(Shape):
    """How the artifact was verified."""

    job_name: Word = Field(default="", description="The batch/v1 Job that verified it.")
    time: Time | None = Field(default=None, description="When it was verified.")
    seconds: Annotated[int, Field(ge=0, le=MAX_INT32)] | None = Field(
        default=None, description="How long it took, in seconds."
    )
    golden_rows: RowTotal | None = Field(
        default=None, description="Golden rows whose predictions were repeated."
    )


class ModelVersionStatus(Shape):
    """What was observed of the version."""

    observed_generation: Generation | None = Field(
        default=None, description="The generation of the spec this status speaks of."
    )
    conditions: Conditions = ()
    headline: Word = Field(default="", description="The metric that matters, e.g. rocAuc=0.79.")
    verification: Verification | None = Field(default=None, description="How the artifact was verified.")
    deployment_names: Annotated[tuple[Word, ...], Field(max_length=100)] = Field(
        default=(), description="ModelDeployments that name this version."
    )


class ModelVersion(Shape):
    """A ModelVersion is the record of one trained model: file, digest, signature, metrics and lineage.

    A TrainingJob makes it, or a person writes it for a model trained elsewhere. It is Ready once the operator
    has fetched the file, compared its digest, loaded it in the serving image and repeated its golden
    predictions. Everything but approval, aliases and environment is immutable.
    """

    api_version: Literal["leeway.dev/v1alpha1"] = Field(
        default="leeway.dev/v1alpha1", description="Version of the API."
    )
    kind: Literal["ModelVersion"] = Field(default="ModelVersion", description="Kind of the object.")
    metadata: Metadata = Field(description="Name, namespace and labels of the object.")
    spec: ModelVersionSpec = Field(description="What the model is, where it is and where it comes from.")
    status: ModelVersionStatus = Field(
        default_factory=ModelVersionStatus,
        description="What was observed of the version; written by the operator.",
    )
