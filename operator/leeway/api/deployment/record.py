"""What a ModelDeployment records: revisions, decisions, rejections, commands, and the weight that is reached."""

from typing import Annotated

from pydantic import Field

from leeway.api.deployment.rollout import MAX_STEPS
from leeway.api.fields import (
    CamelWord,
    Digest,
    Percent,
    ReplicaCount,
    RowTotal,
    Sentence,
    Time,
    Word,
)  # fmt: skip
from leeway.api.gates import Shown, Verdict
from leeway.api.shape import MAX_INTEGER, Shape

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
    shown: Shown | None = Field(
        default=None,
        description="What it showed as a canary; absent for a first version, and for one that was asked nothing.",
    )


class FormerRevision(RunningRevision):
    """The revision that was stable until a moment ago, and still has its pods."""

    end_time: Time | None = Field(default=None, description="When the next one became stable.")
    replicas: ReplicaCount = Field(default=0, description="How many pods it keeps until its time is up.")


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
    is_return: bool = Field(
        default=False,
        description="Whether it was stable before and comes back: it takes no step and is asked nothing.",
    )
    step: Annotated[int, Field(ge=0, le=MAX_STEPS + 1)] = Field(
        default=0,
        description="The step it is at, counted from 1; one more than there are steps while it grows to full size"
        " after the last one. 0 for a canary that takes no step.",
    )
    step_time: Time | None = Field(
        default=None,
        description="Since when the weight of this step is reached, its pods available and in the Service; absent"
        " while it is not. holdSeconds counts from here.",
    )
    step_requests: RowTotal = Field(
        default=0,
        description="The canary's requests that were counted before this step; minSamples counts on.",
    )
    resumed_step: Annotated[int, Field(ge=0, le=MAX_STEPS + 1)] = Field(
        default=0, description="The last step that was ended by the command resume or promote; 0 for none."
    )


class Tenure(RunningRevision):
    """A former stable revision, with the time in which it was stable."""

    promotion_time: Time | None = Field(default=None, description="When it became stable.")
    end_time: Time | None = Field(default=None, description="When the next one became stable.")


class Rejection(Shape):
    """A revision that was rolled back; it is not started again until the command retry."""

    revision: Word = Field(default="", description="The revision.")
    model_version_name: Word = Field(default="", description="The ModelVersion.")
    digest: Digest | None = Field(default=None, description="Digest of the model file.")
    image: Annotated[str, Field(max_length=512)] = Field(
        default="",
        description="The server image it ran with. Empty for one that never was ready: with another image it is"
        " another revision, and is tried.",
    )
    decision_id: Annotated[int, Field(ge=0, le=MAX_INTEGER)] = Field(
        default=0, description="The decision that rolled it back."
    )
    time: Time | None = Field(default=None, description="When it was rolled back.")
    reason: CamelWord = Field(default="Rejected", description="Why, as one CamelCase word.")
    message: Sentence = Field(default="", description="Why, as a sentence with numbers.")
    is_about_model: bool = Field(
        default=False,
        description="Whether the evidence speaks about the model, and not about pods, cluster or a person's wish: then"
        " the ModelVersion is quarantined.",
    )


class Command(Shape):
    """The command that was obeyed last."""

    token: Word = Field(default="", description="The annotation leeway.dev/command-token as it was obeyed.")
    name: Word = Field(default="", description="The annotation leeway.dev/command as it was obeyed.")
    time: Time | None = Field(default=None, description="When it was obeyed.")
    is_done: bool = Field(default=False, description="Whether it was carried out; no where it could not be.")
    message: Sentence = Field(default="", description="What was done, or why nothing was.")


class Weight(Shape):
    """The canary's share of the requests, in percent."""

    desired: Percent = Field(default=0, description="What the step asks for.")
    actual: Percent = Field(
        default=0, description="The canary's share of the ready pods that the Service NAME selects."
    )


class Decision(Shape):
    """One decision that changed the rollout, with its reason."""

    id: Annotated[int, Field(ge=1, le=MAX_INTEGER)] = Field(
        description="Number of the decision, counted from 1 over the life of the object; its Event carries it."
    )
    time: Time = Field(description="When it was made.")
    action: CamelWord = Field(
        description="What was done: StartCanary, EnterStep, EndCanary, Promote, RollBack, TakeBack or Obey."
    )
    reason: CamelWord = Field(description="Why, as one CamelCase word.")
    message: Sentence = Field(default="", description="Why, as a sentence with numbers.")
    model_version_name: Word = Field(default="", description="The ModelVersion it is about.")
    revision: Word = Field(default="", description="The revision it is about.")
    step: Word = Field(default="", description="The step it was made at, e.g. 2/5; empty beside any.")
    verdict: Verdict | None = Field(
        default=None, description="The verdict it was made from, with effect, bounds, threshold and rows."
    )
    false_alarm_rate: Word = Field(
        default="", description="The spec.falseAlarmRate that the verdict was made with."
    )
    numbers: Annotated[dict[str, Word], Field(max_length=32)] = Field(
        default={}, description="The numbers it was made from, e.g. readyReplicas."
    )
