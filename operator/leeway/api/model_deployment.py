"""ModelDeployment: the version that serves, and the rollout of the next one."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from leeway.api.condition import Conditions, Metadata
from leeway.api.deployment.guard import Guard, GuardStatus
from leeway.api.deployment.record import (
    CanaryRevision,
    Command,
    Decision,
    FormerRevision,
    Rejection,
    StableRevision,
    Tenure,
    Weight,
)  # fmt: skip
from leeway.api.deployment.rollout import Rollout
from leeway.api.feedback import Feedback
from leeway.api.fields import (
    CamelWord,
    FalseAlarmRate,
    Generation,
    ReplicaCount,
    RowTotal,
    ShortName,
    Time,
    Word,
)  # fmt: skip
from leeway.api.gates import MAX_GATES, OWN_GATES, Evidence, GateMetric, Gates, Verdict
from leeway.api.pod import Pod
from leeway.api.shape import LIST_MAP_BY_NAME, Shape, rule, rules


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


class ModelDeploymentSpec(Shape):
    """Which version serves, with how many pods, and how the next version takes over."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                f"has(self.feedback) || !has(self.gates) || !self.gates.exists(g, g.metric == '{GateMetric.QUALITY}')",
                "set spec.feedback, without which no labels are taken, or remove the gate on Quality",
            )
        )
    )

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
    feedback: Feedback | None = Field(
        default=None, description="Labels that come later: without it, none are taken."
    )
    gates: Gates = Field(
        default=(),
        description="What is asked of a canary at its steps, beside stable; the answers are in status.verdicts. Two"
        " more are asked of each rollout: arms-comparable, which holds, and invalid-input, which rolls back. Changing a"
        " gate changes no revision.",
    )
    false_alarm_rate: FalseAlarmRate = Field(
        default="0.01",
        description="The probability, at most, that any gate Fails in a rollout of a canary that is as good as stable,"
        ' however long it takes and however often it is judged. Above 0 and at most 0.2; "0.01" by default.',
    )
    guard: Guard = Field(default=Guard(), description="What watches the stable revision after its promotion.")
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
    former: FormerRevision | None = Field(
        default=None,
        description="The revision before stable, while it keeps its pods (rollout.scaleDownDelaySeconds).",
    )
    step: Word = Field(default="", description="The step the canary is at, e.g. 2/5; empty beside any.")
    weight: Weight | None = Field(
        default=None, description="The canary's share of the requests; absent when there is no canary."
    )
    rejected: Annotated[tuple[Rejection, ...], Field(max_length=10)] = Field(
        default=(),
        description="Revisions that were rolled back, newest last; not started again until the command retry.",
    )
    command: Command | None = Field(
        default=None, description="The command that was obeyed last; absent before the first."
    )
    pause_time: Time | None = Field(
        default=None, description="Since when the command pause holds rollouts; absent while it does not."
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
    rollbacks: Annotated[dict[CamelWord, RowTotal], Field(max_length=64)] = Field(
        default={},
        description="How many revisions were rolled back or taken back over the life of the object, by reason; those"
        " that have left status.decisions included.",
    )
    verdicts: Annotated[
        tuple[Verdict, ...], Field(max_length=MAX_GATES + len(OWN_GATES), json_schema_extra=LIST_MAP_BY_NAME)
    ] = Field(
        default=(),
        description="What the evidence says of the canary, one entry for each gate; empty while none is at a step."
        " They may be a few seconds older than the counts.",
    )
    evidence: Evidence | None = Field(
        default=None,
        description="What was counted of stable and of the canary at its steps; absent while none is at one.",
    )
    guard: GuardStatus | None = Field(
        default=None, description="What the guard sees of the stable revision; absent before its first round."
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
