"""TrainingJob: one training run, from data to a ModelVersion."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from leeway.api.condition import Conditions, Metadata
from leeway.api.fields import Generation, ShortName, Time, Word
from leeway.api.pod import Env, EnvFroms, NodeSelector, Resources, Tolerations
from leeway.api.result import DatasetFacts, ExpectationResults, GateResults, Metrics, TrainingResult
from leeway.api.shape import Shape, rule, rules, unchanged
from leeway.api.training_data import Data
from leeway.api.training_steps import Cleaning, Estimator, Evaluation, Output, Preprocessing

_SETTLED_FIELDS = (
    "modelName", "data", "cleaning", "preprocessing", "estimator", "evaluation", "output", "resources",
    "nodeSelector", "tolerations", "env", "envFrom", "backoffLimit", "activeDeadlineSeconds",
)  # fmt: skip


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
                "set data.split.testPercent above 0; gates need rows that are kept back",
                ".evaluation",
            ),
        )
    )

    model_name: ShortName = Field(
        description="The family of models this one belongs to, e.g. credit-default."
    )
    data: Data = Field(description="The data the model is trained on.")
    cleaning: Cleaning = Field(
        default=Cleaning(), description="Which rows and values are repaired or dropped first."
    )
    preprocessing: Preprocessing = Field(
        default=Preprocessing(),
        description="The steps between the columns and the estimator; they become part of the model.",
    )
    estimator: Estimator = Field(description="What is fitted.")
    evaluation: Evaluation = Field(
        default_factory=Evaluation, description="What the metrics on the test rows must reach."
    )
    output: Output = Field(default=Output(), description="Where the model is kept and in which form.")
    resources: Resources = Field(
        default_factory=Resources, description="Compute resources of the training pod."
    )
    node_selector: NodeSelector = Field(default={})
    tolerations: Tolerations = ()
    env: Env = ()
    env_from: EnvFroms = ()
    suspend: bool = Field(
        default=False,
        description="Hold the run: no pod is started, a running one is stopped. While true the rest may change.",
    )
    backoff_limit: Annotated[int, Field(ge=0, le=20)] = Field(
        default=2, description="How often a crashed run is tried again; bad input is never tried again."
    )
    active_deadline_seconds: Annotated[int, Field(ge=10, le=2_592_000)] = Field(
        default=3600, description="How long the run may take, in seconds, retries included."
    )
    ttl_seconds_after_finished: Annotated[int, Field(ge=0, le=31_536_000)] | None = Field(
        default=None,
        description="How long the finished Job and its pods are kept, in seconds, for ever when absent;"
        " the TrainingJob itself stays.",
    )


class TrainingJobStatus(Shape):
    """What was observed of the run."""

    observed_generation: Generation | None = Field(
        default=None, description="The generation of the spec this status speaks of."
    )
    conditions: Conditions = ()
    start_time: Time | None = Field(default=None, description="When the run started.")
    completion_time: Time | None = Field(default=None, description="When the run ended.")
    duration: Word = Field(default="", description="How long the run took, for people, e.g. 4m31s.")
    job_name: Word = Field(default="", description="The batch/v1 Job that carries the run.")
    attempts: Annotated[int, Field(ge=0, le=1000)] = Field(
        default=0, description="How many pods were started."
    )
    model_version_name: Word = Field(default="", description="The ModelVersion this run made.")
    headline: Word = Field(default="", description="The metric that matters, e.g. rocAuc=0.79.")
    metrics: Metrics = Field(default={}, description="Metrics on the test rows.")
    gates: GateResults = ()
    expectations: ExpectationResults = ()
    dataset: DatasetFacts | None = Field(default=None, description="What was read and how it was split.")
    result: TrainingResult | None = Field(
        default=None, description="What the trainer reported, kept until the ModelVersion exists."
    )


class TrainingJob(Shape):
    """A TrainingJob trains one model.

    It reads the data, checks what must hold for it, fits an estimator, judges it on rows kept back, and
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
