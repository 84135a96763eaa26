"""Metadata and conditions, which all kinds have."""

from typing import Annotated, Literal

from pydantic import Field

from leeway.api.fields import CamelWord, Generation, Sentence, Time
from leeway.api.shape import LIST_MAP_BY_TYPE, Shape

ConditionStatus = Literal["True", "False", "Unknown"]

READY = "Ready"
SUCCEEDED = "Succeeded"
SERVING = "Serving"
ARTIFACT_VERIFIED = "ArtifactVerified"
APPROVED = "Approved"
QUARANTINED = "Quarantined"
DRIFT_DETECTED = "DriftDetected"
GUARD_FAILED = "GuardFailed"
RETRAIN_DUE = "RetrainDue"
RECONCILING = "Reconciling"
STALLED = "Stalled"


class Metadata(Shape):
    """The part of an object's metadata that Leeway reads; it writes none of it."""

    name: str = Field(description="Name of the object.")
    namespace: str = Field(default="", description="Namespace of the object.")
    uid: str = Field(default="", description="Unique id of the object, fresh after every re-creation.")
    resource_version: str = Field(default="", description="The version an update must have seen.")
    generation: int = Field(default=0, description="Counts changes of the spec.")
    creation_timestamp: Time | None = Field(default=None, description="When the object was created.")
    deletion_timestamp: Time | None = Field(default=None, description="When the deletion was requested.")
    labels: dict[str, str] = Field(default={}, description="Labels of the object.")
    annotations: dict[str, str] = Field(default={}, description="Annotations of the object.")


class Condition(Shape):
    """A statement about the object that is true, false or unknown."""

    type: CamelWord = Field(description="Type of the condition, e.g. Ready; one entry for each.")
    status: ConditionStatus = Field(description="True, False, or Unknown when it cannot be told yet.")
    reason: CamelWord = Field(
        description="Why, as one CamelCase word from the table of reasons in the reference; scripts compare this."
    )
    message: Sentence = Field(
        default="",
        description="Why, as a sentence for people, with numbers and a remedy; its words may change.",
    )
    last_transition_time: Time = Field(description="When the status last changed, not the reason or message.")
    observed_generation: Generation | None = Field(
        default=None, description="The metadata.generation this condition was computed for."
    )


Conditions = Annotated[
    tuple[Condition, ...],
    Field(
        max_length=16,
        description="What is true of the object now, one entry for each type."
        " `kubectl wait --for=condition=TYPE` reads them.",
        json_schema_extra=LIST_MAP_BY_TYPE,
    ),
]
