"""ModelDeployment: the version that serves, and the rollout of the next one."""

from typing import Annotated, Literal

from pydantic import Field

from leeway.api.condition import Conditions, Metadata
from leeway.api.fields import (
    CamelWord,
    Digest,
    FalseAlarmRate,
    Generation,
    ReplicaCount,
    Sentence,
    ShortName,
    Time,
    Word,
)  # fmt: skip
from leeway.api.gates import MAX_GATES, OWN_GATES, Evidence, Gates, Verdict
from leeway.api.pod import Pod
from leeway.api.shape import LIST_MAP_BY_NAME, MAX_INTEGER, Shape


class Runtime(Shape):
    """Limits and logs of the server process."""

    log_level: Literal["Debug", "Info", "Warning", "Error"] = Field(
        default="Info",
        description="The least severe messages the server logs. Info, the default, has refused and failed requests;"
        " Debug has one line for each request. A change is a new revision.",
    )
    max_rows: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        default=10_000,
        description="Rows one request may hold, 10000 by default. A request with more is refused with HTTP 413.",
    )
    max_body_bytes: Annotated[int, Field(ge=1_024, le=1_073_741_824)] = Field(
        default=8_388_608,
        description="Bytes the body of one request may hold, 8 MiB by default. A larger one is refused with HTTP 413"
        " before it is read.",
    )


class RolloutStep(Shape):
    """A step at which the next version stays beside stable."""

    weight: Annotated[int, Field(ge=1, le=99)] = Field(
        description="The canary's size, in percent of spec.replicas, rounded up and at least one pod. It is also the"
        " share of requests that the gates take for the canary's: send it that share while they count."
    )
    pause: Literal[True] = Field(
        description="Hold the canary until this step is removed. True is the only value as yet."
    )


class Rollout(Shape):
    """How the next version takes over."""

    steps: Annotated[tuple[RolloutStep, ...], Field(max_length=1)] = Field(
        default=(),
        description="Where the canary is held, at most one step as yet. It answers at the Service NAME-canary, stable"
        " keeps the requests of the Service NAME, and both are counted for spec.gates. Without a step the canary is"
        " promoted once all its pods are available.",
    )

    progress_deadline_seconds: Annotated[int, Field(ge=10, le=86_400)] = Field(
        default=600,
        description="How long the pods of a new revision may take to become ready, in seconds, 600 by default. Then"
        " Ready turns False with ProgressDeadlineExceeded; the stable revision keeps serving either way.",
    )


class ModelDeploymentSpec(Shape):
    """Which version serves, with how many pods, and how the next version takes over."""

    model_name: ShortName = Field(
        description="The model that is served, e.g. credit-default: the name in the path of requests. A version of"
        " another model is refused with ModelMismatch."
    )
    model_version_name: ShortName = Field(
        description="Name of the ModelVersion of this namespace that is desired. A change starts a rollout as soon"
        " as that version exists and is Ready; until then the stable one keeps serving."
    )
    replicas: Annotated[int, Field(ge=0, le=100)] = Field(
        default=1,
        description="How many pods serve, 1 by default; 0 stops serving. Leave it out of the manifest when an"
        " autoscaler sets it through the scale subresource.",
    )
    pod: Pod = Field(
        default_factory=Pod,
        description="What the serving pods are given: resources, placement, environment, labels. A change is a new"
        " revision, and rolls out like a new version. Credentials of the store come with the ModelVersion.",
    )
    runtime: Runtime = Field(default=Runtime(), description="Limits and logs of the server process.")
    rollout: Rollout = Field(default=Rollout(), description="How the next version takes over.")
    gates: Gates = Field(
        default=(),
        description="What is asked of a canary that is held at a step, beside stable; the answers are in"
        " status.verdicts. A verdict moves nothing as yet. Changing a gate changes no revision.",
    )
    false_alarm_rate: FalseAlarmRate = Field(
        default="0.01",
        description="The probability, at most, that any gate Fails for a canary that is as good as stable, however"
        ' long it is held and however often it is judged. Above 0 and at most 0.2; "0.01" by default.',
    )
    revision_history_limit: Annotated[int, Field(ge=0, le=10)] = Field(
        default=2,
        description="How many former revisions are kept at zero pods, 2 by default. Going back to a kept one needs"
        " no new Deployment; older ones are deleted.",
    )
    paused: bool = Field(
        default=False,
        description="Whether rollouts are held: none starts, advances or ends, and what serves keeps serving. No by"
        " default.",
    )


MAX_FETCH_ALLOW = 2048


class RunningRevision(Shape):
    """A revision: a version with everything it runs with."""

    model_version_name: Word = Field(default="", description="The ModelVersion.")
    revision: Word = Field(default="", description="Hash of what runs: artifact, image and pod.")
    digest: Digest | None = Field(default=None, description="Digest of the model file.")
    image: Annotated[str, Field(max_length=512)] = Field(
        default="",
        description="The server image; kept for as long as the revision lives, so that an upgrade of the"
        " operator restarts no model.",
    )
    image_pull_policy: Word = Field(
        default="", description="When the image is pulled; kept for the same reason."
    )
    service_account_name: Word = Field(
        default="", description="Service account of the pods, if the installation names one; kept likewise."
    )
    fetch_allow: Annotated[str, Field(max_length=MAX_FETCH_ALLOW)] = Field(
        default="",
        description="Private hosts and networks that the pods may fetch from, if the installation allows some; kept"
        " likewise.",
    )


class StableRevision(RunningRevision):
    """The revision that was promoted last; it gets the requests."""

    promotion_time: Time | None = Field(default=None, description="When it became stable.")
    unready_time: Time | None = Field(
        default=None,
        description="Since when none of its pods is ready; absent while one is. After 30 seconds it makes room for a"
        " canary, if there is one.",
    )


class CanaryRevision(RunningRevision):
    """The revision that is being rolled out."""

    start_time: Time | None = Field(default=None, description="When its rollout started.")
    awaited_time: Time | None = Field(
        default=None,
        description="Since when its pods are awaited: its start, or the end of a pause or of zero replicas; absent"
        " meanwhile. rollout.progressDeadlineSeconds counts from here.",
    )
    ready_time: Time | None = Field(
        default=None,
        description="When a pod of it was ready first; absent while none was. One that never was ready is started"
        " anew once the installation's image setting has changed.",
    )
    held_time: Time | None = Field(
        default=None,
        description="Since when it is held at the step of spec.rollout.steps; absent while it is not.",
    )


class Tenure(RunningRevision):
    """A former stable revision, with the time in which it was stable."""

    promotion_time: Time | None = Field(default=None, description="When it became stable.")
    end_time: Time | None = Field(default=None, description="When the next one became stable.")


class Decision(Shape):
    """One decision that changed the rollout, with its reason."""

    id: Annotated[int, Field(ge=1, le=MAX_INTEGER)] = Field(
        description="Number of the decision, counted from 1 over the life of the object; its Event carries it."
    )
    time: Time = Field(description="When it was made.")
    action: CamelWord = Field(description="What was done: StartCanary, HoldCanary, EndCanary or Promote.")
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
        default=None,
        description="The metadata.generation this status was computed for; an older one means that the latest spec"
        " was not reconciled yet.",
    )
    conditions: Conditions = ()
    stable: StableRevision | None = Field(
        default=None, description="The revision that was promoted last; it gets the requests."
    )
    canary: CanaryRevision | None = Field(
        default=None, description="The revision that is being rolled out; absent when none is."
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
    verdicts: Annotated[
        tuple[Verdict, ...], Field(max_length=MAX_GATES + len(OWN_GATES), json_schema_extra=LIST_MAP_BY_NAME)
    ] = Field(
        default=(),
        description="What the evidence says of the canary, one entry for each gate; empty while none is held. They"
        " may be a few seconds older than the counts.",
    )
    evidence: Evidence | None = Field(
        default=None,
        description="What was counted of stable and of the held canary; absent while none is held.",
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
