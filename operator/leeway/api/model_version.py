"""ModelVersion: the immutable record of one trained model."""

from typing import Annotated, Literal, get_args

from pydantic import ConfigDict, Field

from leeway.api.approval import Approval
from leeway.api.condition import Conditions, Metadata
from leeway.api.deployment.record import Command
from leeway.api.fields import (
    ByteCount,
    CamelWord,
    Digest,
    FileUri,
    Generation,
    RowTotal,
    SecretName,
    Sentence,
    ShortName,
    Time,
    Uid,
    Word,
)
from leeway.api.gates import Verdict
from leeway.api.pod import Pod
from leeway.api.result import FileName, Metrics, Packages
from leeway.api.shape import MAX_INT32, MAX_INTEGER, Shape, rule, rules, unchanged
from leeway.api.signature import Signature
from leeway.api.training.steps import ArtifactFormat, Params

# All that a verdict or an answer depends on. Approval, credentials and the verifier's pod may change.
_SETTLED_FIELDS = ("modelName", "format", "files", "signature", "metrics", "lineage")
_FILE_NAMES = get_args(FileName)


class StoredFile(Shape):
    """A file in a store, pinned by its digest."""

    uri: FileUri = Field(
        description="Where the file is: pvc://CLAIM/PATH, s3://BUCKET/KEY, gs://BUCKET/KEY or https://HOST/PATH."
        " Verifier and server fetch it from there; nothing there is ArtifactNotFound."
    )
    digest: Digest = Field(
        description="Digest of the file: sha256: and 64 hex digits, as `sha256sum` prints them. It is compared"
        " before a byte is parsed; another file is refused with DigestMismatch, by the verifier and at every start"
        " of a serving pod."
    )
    size_bytes: ByteCount | None = Field(
        default=None,
        description="Size of the file in bytes. When given, a file of another size is refused with DigestMismatch,"
        " and a download ends as soon as it is larger. Not compared when absent.",
    )


class Lineage(Shape):
    """Where the model comes from."""

    training_job_name: Word = Field(default="", description="Name of the TrainingJob that made the model.")
    training_job_uid: Uid = Field(
        default="",
        validation_alias="trainingJobUID",
        serialization_alias="trainingJobUID",
        description="Unique id of that TrainingJob. By it the TrainingJob knows its own version, and does not"
        " overwrite one that comes from elsewhere.",
    )
    data_uri: Annotated[str, Field(max_length=1024)] = Field(
        default="", description="Where the data was, as the TrainingJob named it; it may have changed since."
    )
    data_digest: Digest | None = Field(
        default=None,
        description="Digest of the data as it was read. Pin it in data.digest to train on the same data again.",
    )
    rows: RowTotal | None = Field(
        default=None, description="Rows after cleaning, of training and held-out test set together."
    )
    estimator: Word = Field(default="", description="Full name of the estimator's class.")
    params: Params = Field(
        default={}, description="Parameters of the estimator, as the TrainingJob gave them."
    )
    seed: Annotated[int, Field(ge=0, le=MAX_INT32)] | None = Field(
        default=None, description="Seed of the random choices of the run."
    )
    packages: Packages = Field(
        default={},
        description="Versions of the packages the model was made with. The server refuses a model of another minor"
        " version of scikit-learn, XGBoost or LightGBM than its own (VersionMismatch).",
    )


class ModelVersionSpec(Shape):
    """What the model is, where its files are and where it comes from."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            *(
                rule(
                    unchanged(field),
                    f"{field} is immutable; create a new ModelVersion",
                    f".{field}",
                )
                for field in _SETTLED_FIELDS
            ),
            rule(
                "has(self.signature) != ('signature' in self.files)",
                "give the signature once: inline in signature, or as files.signature when it is too long for that",
                ".signature",
            ),
        )
    )

    model_name: ShortName = Field(
        description="The model this is a version of, e.g. credit-default. A ModelDeployment serves versions of its"
        " own modelName only."
    )
    format: ArtifactFormat = Field(
        default="skops",
        description="Form of files.model. skops, the default and the only one, holds no code that runs when it is"
        " loaded; pickle and joblib files are never loaded.",
    )
    files: Annotated[
        dict[FileName, StoredFile],
        Field(
            max_length=16,
            json_schema_extra=rules(
                rule("'model' in self", "give files.model, the file that holds the model"),
                rule(
                    f"self.all(name, name in {list(_FILE_NAMES)})",
                    f"name the files {', '.join(_FILE_NAMES[:-1])} or {_FILE_NAMES[-1]}",
                ),
            ),
        ),
    ] = Field(
        description="The files of the version, by name: model (required); signature, when it is not inline; profile,"
        " the distributions of the held-out test set, which requests can be compared with; golden, rows with the"
        " predictions the loaded model must repeat; card, the model card for people; job, the TrainingJob that makes"
        " the model again. The verifier fetches and checks them all."
    )
    signature: Signature | None = Field(
        default=None,
        description="What the model takes and gives. Required unless it is in files.signature, as long ones are.",
    )
    metrics: Metrics = Field(
        default={},
        description="Metrics on the held-out test set, as text, by name. The server gives them as metadata of the"
        " model; nothing is decided by them.",
    )
    lineage: Lineage | None = Field(
        default=None,
        description="Where the model comes from. Written by a TrainingJob; absent for a model trained elsewhere.",
    )
    approval: Approval = Field(
        default=Approval(), description="Whether a person must approve the version before it may serve."
    )
    credentials_secret_name: SecretName | None = Field(
        default=None,
        description="Secret of this namespace with the credentials for the files, for s3://, gs:// and https://. Only"
        " these keys are taken, as files: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION,"
        " AWS_ENDPOINT_URL, GOOGLE_SERVICE_ACCOUNT_KEY, HTTPS_BEARER_TOKEN. Verifier and serving pods use it. A"
        " changed content is read at the next fetch; another name rolls the deployments out anew.",
    )
    pod: Pod = Field(
        default_factory=Pod,
        description="What the verifier's pod is given: resources (100m CPU and 256Mi of memory are requested when"
        " none are set), placement, environment. Serving pods have their own, in the ModelDeployment.",
    )


class Verification(Shape):
    """How the files were verified."""

    job_name: Word = Field(
        default="", description="Name of the batch/v1 Job that verified them; it is kept for an hour."
    )
    completion_time: Time | None = Field(default=None, description="When the verdict was read.")
    golden_rows: RowTotal | None = Field(
        default=None,
        description="How many golden rows the loaded model predicted as recorded; 0 when the version has none.",
    )


class Quarantine(Shape):
    """The rollback that says that the version is not to be started."""

    deployment_name: Word = Field(
        default="", description="The ModelDeployment that rolled it back; it may be gone since."
    )
    decision_id: Annotated[int, Field(ge=0, le=MAX_INTEGER)] = Field(
        default=0, description="The decision of that ModelDeployment, in its status.decisions."
    )
    time: Time | None = Field(default=None, description="When it was rolled back.")
    reason: CamelWord = Field(default="Rejected", description="Why, as one CamelCase word.")
    message: Sentence = Field(default="", description="Why, as a sentence with numbers.")
    verdict: Verdict | None = Field(
        default=None, description="The verdict it was decided from; absent where no gate was asked."
    )


class ModelVersionStatus(Shape):
    """What was observed of the version."""

    observed_generation: Generation | None = Field(
        default=None,
        description="The metadata.generation this status was computed for; an older one means that the latest spec"
        " was not reconciled yet.",
    )
    conditions: Conditions = ()
    headline: Word = Field(
        default="",
        description="One metric for people, e.g. rocAuc=0.79: the first of rocAuc, accuracy, r2 and rmse that was"
        " measured. Machines read spec.metrics.",
    )
    verification: Verification | None = Field(
        default=None, description="How the files were verified; absent before the first verdict."
    )
    deployment_names: Annotated[tuple[Word, ...], Field(max_length=100)] = Field(
        default=(),
        description="ModelDeployments of this namespace whose modelVersionName is this version, at most 100. Look"
        " here before deleting it.",
    )
    quarantine: Quarantine | None = Field(
        default=None,
        description="Why no deployment starts this version; absent when it is not quarantined. It stays until the"
        " command lift-quarantine.",
    )
    lift_time: Time | None = Field(
        default=None,
        description="When a quarantine was lifted last: no rollback from before quarantines the version again.",
    )
    command: Command | None = Field(
        default=None,
        description="The answer to the annotations leeway.dev/command and leeway.dev/command-token; a version knows"
        " the command lift-quarantine.",
    )


class ModelVersion(Shape):
    """A ModelVersion is the record of one trained model: files with their digests, signature, metrics and lineage.

    A TrainingJob makes it, or a person writes it for a model trained elsewhere. It is Ready once the operator
    has fetched the files, compared their digests, loaded the model in the serving image and repeated its golden
    predictions. Everything but approval, credentialsSecretName and pod is immutable.
    """

    api_version: Literal["leeway.dev/v1alpha1"] = Field(
        default="leeway.dev/v1alpha1", description="Version of the API."
    )
    kind: Literal["ModelVersion"] = Field(default="ModelVersion", description="Kind of the object.")
    metadata: Metadata = Field(description="Name, namespace and labels of the object.")
    spec: ModelVersionSpec = Field(
        description="What the model is, where its files are and where it comes from."
    )
    status: ModelVersionStatus = Field(
        default_factory=ModelVersionStatus,
        description="What was observed of the version; written by the operator.",
    )
