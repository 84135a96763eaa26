"""ModelDeployment: a model that serves, and how the next version takes over."""

from typing import Annotated, Literal

from pydantic import Field

from leeway.api.condition import Conditions, Metadata
from leeway.api.fields import (
    CamelWord,
    Generation,
    ReplicaCount,
    Sentence,
    ShortName,
    Time,
    Word,
)  # fmt: skip
from leeway.api.pod import Env, EnvFroms, NodeSelector, Resources, Tolerations
from leeway.api.shape import MAX_INTEGER, Shape, rule, rules

_MAX_STEPS = 20
_PLACES = list(range(_MAX_STEPS - 1))


class Runtime(Shape):
    """The pods that answer."""

    resources: Resources = Field(default_factory=Resources, description="Compute resources of each pod.")
    workers: Annotated[int, Field(ge=1, le=32)] = Field(default=1, description="Server processes per pod.")
    node_selector: NodeSelector = Field(default={})
    tolerations: Tolerations = ()
    env: Env = ()
    env_from: EnvFroms = ()
    log_level: Literal["Debug", "Info", "Warning", "Error"] = Field(
        default="Info", description="What the server logs."
    )
    max_rows: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        default=10_000, description="Rows one request may hold; larger ones are refused."
    )
    max_body_bytes: Annotated[int, Field(ge=1_024, le=1_073_741_824)] = Field(
        default=8_388_608, description="Bytes one request may hold; larger ones are refused."
    )


class Traffic(Shape):
    """How requests are divided between the stable version and the canary."""

    mode: Literal["ReplicaRatio"] = Field(
        default="ReplicaRatio",
        description="ReplicaRatio: by the number of pods behind one Service; needs no mesh or gateway.",
    )


class Step(Shape):
    """One step of a rollout."""

    weight: Annotated[int, Field(ge=1, le=100)] = Field(
        description="Share of the requests the canary gets, in percent."
    )
    hold_seconds: Annotated[int, Field(ge=0, le=604_800)] = Field(
        default=0, description="How long the step lasts at least, in seconds."
    )
    min_samples: Annotated[int, Field(ge=0, le=1_000_000_000)] = Field(
        default=0, description="How many predictions the canary must have made in the step."
    )
    pause: bool = Field(default=False, description="Whether the step waits for a person to promote.")


class Rollout(Shape):
    """How the next version takes over."""

    steps: Annotated[
        tuple[Step, ...],
        Field(
            max_length=_MAX_STEPS,
            json_schema_extra=rules(
                rule(
                    f"{_PLACES}.all(i, i + 1 >= size(self) || self[i].weight < self[i + 1].weight)",
                    "order the steps by weight; each step must have more weight than the one before",
                )
            ),
        ),
    ] = Field(default=(), description="The steps on the way to 100 percent; all at once when empty.")
    progress_deadline_seconds: Annotated[int, Field(ge=10, le=86_400)] = Field(
        default=600,
        description="How long pods may take to become ready before the rollout counts as stuck, in seconds.",
    )


class ModelDeploymentSpec(Shape):
    """Which model serves, with how many pods, and how the next version takes over."""

    model_name: ShortName = Field(
        description="The family of models, e.g. credit-default; the path requests name."
    )
    version: ShortName = Field(description="Name of the ModelVersion that is wanted.")
    replicas: Annotated[int, Field(ge=0, le=100)] = Field(
        default=1,
        description="How many pods answer. Leave it out of the manifest when an autoscaler sets it.",
    )
    runtime: Runtime = Field(default=Runtime(), description="The pods that answer.")
    traffic: Traffic = Field(
        default=Traffic(), description="How requests are divided between stable and canary."
    )
    rollout: Rollout = Field(default=Rollout(), description="How the next version takes over.")
    revision_history_limit: Annotated[int, Field(ge=0, le=10)] = Field(
        default=2, description="How many former revisions are kept at zero pods for a fast way back."
    )
    paused: bool = Field(default=False, description="Hold everything: no rollout starts, advances or ends.")


class RunningRevision(Shape):
    """A revision: a version with everything it runs with."""

    model_version_name: Word = Field(default="", description="The ModelVersion.")
    revision: Word = Field(default="", description="Hash of what runs: artifact, image and pod.")
    digest: Word = Field(default="", description="Digest of the model file.")
    image: Annotated[str, Field(max_length=512)] = Field(
        default="",
        description="The server image; kept for as long as the revision lives, so that an upgrade of the"
        " operator restarts no model.",
    )
    image_pull_policy: Word = Field(
        default="", description="When the image is pulled; kept for the same reason."
    )


class StableRevision(RunningRevision):
    """The revision that has proven itself."""

    promotion_time: Time | None = Field(default=None, description="When it became stable.")


class CanaryRevision(RunningRevision):
    """The revision that is coming up."""

    start_time: Time | None = Field(default=None, description="When its rollout started.")


class Tenure(RunningRevision):
    """A revision that was stable, from when to when."""

    promotion_time: Time | None = Field(default=None, description="When it became stable.")
    end_time: Time | None = Field(default=None, description="When the next one became stable.")


class Decision(Shape):
    """One decision that changed the rollout, with its reason."""

    id: Annotated[int, Field(ge=1, le=MAX_INTEGER)] = Field(
        description="Number of the decision, counted from 1 over the life of the object; its Event carries it."
    )
    time: Time = Field(description="When it was made.")
    action: CamelWord = Field(description="What was done: StartCanary, EndCanary or Promote.")
    reason: CamelWord = Field(description="Why, as one CamelCase word.")
    message: Sentence = Field(default="", description="Why, as a sentence with numbers.")
    model_version_name: Word = Field(default="", description="The ModelVersion it is about.")
    revision: Word = Field(default="", description="The revision it is about.")
    numbers: Annotated[dict[str, Word], Field(max_length=32)] = Field(
        default={}, description="The numbers it was made from, e.g. readyReplicas."
    )


class ModelDeploymentStatus(Shape):
    """What was observed of the deployment."""

    observed_generation: Generation | None = Field(
        default=None, description="The generation of the spec this status speaks of."
    )
    conditions: Conditions = ()
    stable: StableRevision | None = Field(
        default=None, description="The revision that has proven itself and gets the requests."
    )
    canary: CanaryRevision | None = Field(
        default=None, description="The revision that is coming up; absent when none is."
    )
    replicas: ReplicaCount = Field(
        default=0,
        description="Pods of the revision that gets the requests; what the scale subresource counts.",
    )
    ready_replicas: ReplicaCount = Field(
        default=0, description="Pods of that revision that are ready to answer."
    )
    selector: Annotated[str, Field(max_length=1024)] = Field(
        default="", description="Label selector of the pods of that revision, for autoscalers."
    )
    url: Annotated[str, Field(max_length=1024)] = Field(
        default="", description="Where requests go inside the cluster."
    )
    history: Annotated[tuple[Tenure, ...], Field(max_length=20)] = Field(
        default=(), description="What was stable before, from when to when; newest last."
    )
    decisions: Annotated[tuple[Decision, ...], Field(max_length=20)] = Field(
        default=(), description="The last decisions with their reasons; newest last."
    )


class ModelDeployment(Shape):
    """A ModelDeployment serves one version of a model behind a Service, and rolls the next version out.

    Name a ModelVersion; the operator starts its pods, waits until they are ready, moves the requests over
    and keeps the former revision at hand for a fast way back.
    """

    api_version: Literal["leeway.dev/v1alpha1"] = Field(
        default="leeway.dev/v1alpha1", description="Version of the API."
    )
    kind: Literal["ModelDeployment"] = Field(default="ModelDeployment", description="Kind of the object.")
    metadata: Metadata = Field(description="Name, namespace and labels of the object.")
    spec: ModelDeploymentSpec = Field(description="Which model serves, and how the next version takes over.")
    status: ModelDeploymentStatus = Field(
        default_factory=ModelDeploymentStatus,
        description="What was observed of the deployment; written by the operator.",
    )
