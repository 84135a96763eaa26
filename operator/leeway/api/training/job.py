"""TrainingJob: one training run, from data to a ModelVersion."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from leeway.api.approval import ApprovalPolicy
from leeway.api.condition import Conditions, Metadata
from leeway.api.fields import Generation, ShortName, Time, Word
from leeway.api.pod import Pod
from leeway.api.result import (
    DatasetFacts,
    ExpectationResults,
    GateResults,
    Metrics,
    PositiveClass,
    TrainingResult,
    Warnings,
)
from leeway.api.shape import MAX_INT32, Shape, rule, rules, unchanged
from leeway.api.training.data import Data
from leeway.api.training.steps import Cleaning, Estimator, Evaluation, Output, Preprocessing

# A Job's template is immutable, and the record of a run has to say what was trained. A suspended job has no Job, so
# that its fields may change.
_SETTLED_FIELDS = (
    "modelName", "replacesModelVersionName", "seed", "data", "cleaning", "preprocessing", "estimator", "evaluation",
    "output", "approvalPolicy", "pod", "backoffLimit", "activeDeadlineSeconds",
)  # fmt: skip

# A rule of the whole object: what has ended is a record, even for whoever suspends it again.
SETTLED_BY_ITS_END = rule(
    "!has(oldSelf.status) || !has(oldSelf.status.completionTime) || ("
    + " && ".join(unchanged(f"spec.{field}") for field in (*_SETTLED_FIELDS, "suspend"))
    + ")",
    "the run has ended, and its spec is the record of what was trained: only ttlSecondsAfterFinished may change;"
    " create a new TrainingJob",
    ".spec",
)


class TrainingJobSpec(Shape):
    """What is trained, on which data, and what it must reach."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            *(
                rule(
                    f"(has(oldSelf.suspend) && oldSelf.suspend) || ({unchanged(field)})",
                    f"{field} is immutable; create a new TrainingJob",
                    f".{field}",
                )
                for field in _SETTLED_FIELDS
            ),
            rule(
                "self.data.split.testPercent > 0"
                " || !has(self.evaluation) || !has(self.evaluation.gates) || size(self.evaluation.gates) == 0",
                "set data.split.testPercent above 0; gates need a held-out test set",
                ".evaluation",
            ),
        )
    )

    model_name: ShortName = Field(
        description="The model this run trains a version of, e.g. credit-default. It names the model in requests and"
        " metrics; a ModelDeployment serves versions of its own modelName only."
    )
    replaces_model_version_name: ShortName | None = Field(
        default=None,
        description="The ModelVersion of this namespace that the new version is to replace: the one that is live,"
        " of the same modelName. The trainer asks it the same held-out rows and keeps in the profile how both answer"
        " (the bridge), so that their predictions can be compared. The run waits until it exists; where it cannot be"
        " asked, the run goes on without a bridge, and warnings says why. No bridge when absent.",
    )
    seed: Annotated[int, Field(ge=0, le=MAX_INT32)] = Field(
        default=0,
        description="Seed of every random choice of the run, 0 by default: of the split, and of the estimator unless"
        " its params set random_state. The same seed, data and image give the same model file.",
    )
    data: Data = Field(
        description="The data the model is trained on: one table, with the column to predict among its columns."
    )
    cleaning: Cleaning = Field(
        default=Cleaning(),
        description="Which rows are dropped and which values are clipped before training. Nothing of it becomes part"
        " of the model.",
    )
    preprocessing: Preprocessing = Field(
        default=Preprocessing(),
        description="The steps between the columns and the estimator: impute, scale, encode, select. They become"
        " part of the model, so that requests are prepared in the same way.",
    )
    estimator: Estimator = Field(
        description="What is fitted: a class of scikit-learn, XGBoost or LightGBM, and its parameters."
    )
    evaluation: Evaluation = Field(
        default_factory=Evaluation,
        description="What the metrics on the held-out test set must reach. The metrics are measured and recorded"
        " without gates, too.",
    )
    output: Output = Field(
        default=Output(), description="Where the files of the version are stored, and in which form."
    )
    approval_policy: ApprovalPolicy = Field(
        default="Automatic",
        description="The approval policy of the ModelVersion this run makes. Automatic, the default, lets it serve"
        " once it is verified; with Manual it waits until somebody sets its approval.approvedBy.",
    )
    pod: Pod = Field(
        default_factory=Pod,
        description="What the trainer's pod is given: resources, placement, environment, labels. Verifier and"
        " serving pods have their own.",
    )
    suspend: bool = Field(
        default=False,
        description="Whether the run is held: no pod is started and a running one is stopped, which loses its work."
        " No by default. While it is true, every other field may be changed; after the end of the run none.",
    )
    backoff_limit: Annotated[int, Field(ge=0, le=20)] = Field(
        default=2,
        description="How often a crashed run is tried again, 2 by default. Bad input (a missing column, a failed"
        " expectation) is never tried again.",
    )
    active_deadline_seconds: Annotated[int, Field(ge=10, le=2_592_000)] = Field(
        default=3600,
        description="How long the run may take, in seconds, retries included; an hour by default. Then it is stopped"
        " and ends with DeadlineExceeded.",
    )
    ttl_seconds_after_finished: Annotated[int, Field(ge=0, le=31_536_000)] | None = Field(
        default=None,
        description="How long the finished Job and its pods, with their logs, are kept, in seconds; for ever when"
        " absent. The TrainingJob and its ModelVersion stay.",
    )


class TrainingJobStatus(Shape):
    """What was observed of the run."""

    observed_generation: Generation | None = Field(
        default=None,
        description="The metadata.generation this status was computed for; an older one means that the latest spec"
        " was not reconciled yet.",
    )
    conditions: Conditions = ()
    start_time: Time | None = Field(default=None, description="When the Job started its first pod.")
    completion_time: Time | None = Field(
        default=None, description="When the run ended, whether it succeeded or not."
    )
    duration: Word = Field(
        default="",
        description="How long the run took, for people, e.g. 4m31s; machines subtract startTime from completionTime.",
    )
    job_name: Word = Field(
        default="", description="Name of the batch/v1 Job that runs the trainer, for `kubectl logs job/NAME`."
    )
    attempts: Annotated[int, Field(ge=0, le=1000)] = Field(
        default=0, description="How many pods were started; more than one means that the first crashed."
    )
    model_version_name: Word = Field(
        default="", description="Name of the ModelVersion this run made; absent until it exists."
    )
    headline: Word = Field(
        default="",
        description="One metric for people, e.g. rocAuc=0.79: the first of rocAuc, accuracy, r2 and rmse that was"
        " measured. Machines read metrics.",
    )
    metrics: Metrics = Field(
        default={}, description="Every metric that was measured on the held-out test set, as text."
    )
    baseline: Metrics = Field(
        default={},
        description="The same metrics of a model that sees no feature: class shares, or the mean. A model that is no"
        " better has learnt nothing; warnings says so.",
    )
    positive_class: PositiveClass = Field(
        default="",
        description="The class that precision, recall, f1 and brier speak of; empty without two classes.",
    )
    warnings: Warnings = ()
    gates: GateResults = ()
    expectations: ExpectationResults = ()
    dataset: DatasetFacts | None = Field(
        default=None, description="What was read, by digest, and how many rows were trained and tested on."
    )
    result: TrainingResult | None = Field(
        default=None,
        description="What the trainer reported, kept from the end of its pod until the ModelVersion exists: the pod"
        " may be gone by the time the version is created. Read metrics, gates and dataset instead.",
    )


class TrainingJob(Shape):
    """A TrainingJob trains one model.

    It reads the data, checks what must hold for it, fits an estimator, evaluates it on a held-out test set, and
    stores the model as a ModelVersion of the same name. The run is a batch/v1 Job. Its spec does not change
    once the run may have started; create a new TrainingJob for a new run.
    """

    api_version: Literal["leeway.dev/v1alpha1"] = Field(
        default="leeway.dev/v1alpha1", description="Version of the API."
    )
    kind: Literal["TrainingJob"] = Field(default="TrainingJob", description="Kind of the object.")
    metadata: Metadata = Field(description="Name, namespace and labels of the object.")
    spec: TrainingJobSpec = Field(description="What is trained, on which data, and what it must reach.")
    status: TrainingJobStatus = Field(
        default_factory=TrainingJobStatus,
        description="What was observed of the run; written by the operator.",
    )
