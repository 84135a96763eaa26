"""Gates of a rollout: what is asked of the evidence, and the verdicts on it."""

import re
from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from leeway.api.fields import (
    NAME_PATTERN,
    ColumnName,
    DecimalText,
    ReplicaCount,
    RowTotal,
    Sentence,
    ShortName,
    Time,
    Word,
    above_zero,
    in_order,
)
from leeway.api.shape import LIST_MAP_BY_METRIC_AND_NAME, LIST_SET, Shape, rule, rules

# base64 of packed counts: a hundred features of both arms take a tenth of it.
MAX_CHECKPOINT = 131_072
MAX_GATES = 10
# The two that every rollout has.
OWN_GATES = ("arms-comparable", "invalid-input")


class GateMetric(StrEnum):
    """What a gate asks of the evidence."""

    DATA_DRIFT = "DataDrift"
    PREDICTION_DRIFT = "PredictionDrift"
    DIVERGENCE = "Divergence"
    ERROR_RATE = "ErrorRate"
    LATENCY = "Latency"
    QUALITY = "Quality"


class OnFail(StrEnum):
    """What a gate's Fail does."""

    ROLLBACK = "Rollback"
    HOLD = "Hold"
    NOTIFY = "Notify"


class Gate(Shape):
    """One question about the canary; its verdict is in status.verdicts."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(above_zero("threshold"), "write a threshold above 0: a PSI, or an odds ratio", ".threshold"),
            rule(
                in_order("threshold", "minDetectableEffect", "<"),
                "raise minDetectableEffect above threshold: what is tolerated is never to be found",
                ".minDetectableEffect",
            ),
            rule(
                f"self.metric == '{GateMetric.DATA_DRIFT}' || !has(self.features) || size(self.features) == 0",
                "remove features: DataDrift alone asks about columns",
                ".features",
            ),
        )
    )

    name: Annotated[str, Field(max_length=50, pattern=f"^$|{NAME_PATTERN}")] = Field(
        default="",
        description="Name of the gate, by which its verdict is found in status.verdicts; by default that of its"
        " metric, as data-drift for DataDrift.",
    )
    metric: GateMetric = Field(
        description="What is asked. DataDrift: have the canary's columns left its profile (PSI), while stable's"
        " have not left stable's? PredictionDrift: are its scores unlike what stable's scores and the profile's bridge"
        " let expect (PSI)? Divergence: do two revisions of one model file answer alike (PSI)? ErrorRate, Latency and"
        " Quality: do more of its requests fail, more of them take long, more of its answers turn out wrong by"
        " feedback than stable's (odds ratio)? Pass says no, Fail yes."
    )
    threshold: DecimalText | None = Field(
        default=None,
        description="The effect that is tolerated: a PSI, or an odds ratio of canary to stable. The default is 0.2 for"
        " DataDrift, 0.05 for PredictionDrift, 0.1 for Divergence, 1.2 for ErrorRate, 1.5 for Latency and 1.1 for"
        " Quality.",
    )
    features: Annotated[tuple[ColumnName, ...], Field(max_length=100, json_schema_extra=LIST_SET)] = Field(
        default=(),
        description="The columns DataDrift asks about; by default all that the profile counts. One that the profile"
        " does not count makes the verdict Unknown.",
    )
    on_fail: OnFail | None = Field(
        default=None,
        description="What a Fail does. Rollback takes the canary back, Hold keeps it at its step until a person"
        " decides, Notify says so and lets it go on. The default is Rollback for ErrorRate, Latency, Quality and"
        " Divergence, Hold for PredictionDrift and Notify for DataDrift.",
    )
    dry_run: bool = Field(
        default=False,
        description="Whether the gate only tells its verdict, and moves nothing; no by default.",
    )
    min_detectable_effect: DecimalText | None = Field(
        default=None,
        description="The effect that must not go unseen, above the threshold: with as many rows as would have shown it"
        " in nine of ten rollouts, and no Fail, the gate is at Pass. A PSI, or an odds ratio of canary to stable. The"
        " default is 0.5 for DataDrift, 0.25 for PredictionDrift, 0.3 for Divergence, 3 for ErrorRate, 4 for Latency"
        " and 2 for Quality; where threshold is above its own default, as many times that as threshold is.",
    )

    @property
    def told_as(self) -> str:
        """Return the name of the gate's verdict."""
        return self.name or re.sub("(?<!^)(?=[A-Z])", "-", self.metric).lower()


_TOLD_AS = {str(metric): Gate(metric=metric).told_as for metric in GateMetric}


def _told_as(gate: str) -> str:
    return f"({gate}.name != '' ? {gate}.name : {_TOLD_AS}[{gate}.metric])"


Gates = Annotated[
    tuple[Gate, ...],
    Field(
        max_length=MAX_GATES,
        json_schema_extra=LIST_MAP_BY_METRIC_AND_NAME
        | rules(
            rule(
                f"self.all(gate, self.exists_one(other, {_told_as('other')} == {_told_as('gate')}))",
                "name the gates apart: one without a name is told as its metric, e.g. data-drift",
            ),
            rule(
                f"self.all(gate, !(gate.name in {list(OWN_GATES)}))",
                f"rename the gate: {' and '.join(OWN_GATES)} are gates that every rollout has",
            ),
        ),
    ),
]


class VerdictState(StrEnum):
    """What may be concluded; Unknown never promotes and never rolls back."""

    PASS = "Pass"  # noqa: S105  a verdict, no password
    FAIL = "Fail"
    UNKNOWN = "Unknown"


class Verdict(Shape):
    """What the evidence says about one gate, with its numbers."""

    name: ShortName = Field(
        description="The gate: one of spec.gates, or arms-comparable or invalid-input, which every rollout has."
    )
    metric: Word = Field(description="What was asked.")
    state: VerdictState = Field(
        description="Fail when an effect above the threshold is proven, with the error probability that"
        " falseAlarmRate leaves to this gate. Pass when one below it is proven, or the gate's minDetectableEffect would"
        " have been found by now. Else Unknown."
    )
    message: Sentence = Field(
        description="The verdict as a sentence with numbers; of Unknown, what is missing."
    )
    effect: DecimalText | None = Field(default=None, description="The effect as measured.")
    lower: DecimalText | None = Field(
        default=None, description="Lower bound of the effect, at any moment one looks."
    )
    upper: DecimalText | None = Field(
        default=None, description="Upper bound of the effect, likewise; absent while there is none."
    )
    threshold: DecimalText | None = Field(default=None, description="The effect that is tolerated.")
    canary_rows: RowTotal = Field(default=0, description="Rows of the canary that were judged.")
    stable_rows: RowTotal = Field(default=0, description="Rows of stable that were judged.")
    planned_rows: RowTotal | None = Field(
        default=None,
        description="Rows of the canary after which an effect of the gate's minDetectableEffect would have been found"
        " in nine of ten rollouts; absent while that cannot be told.",
    )
    on_fail: Word = Field(
        default="",
        description="What a Fail does: Rollback, Hold or Notify; DryRun for a gate that moves nothing.",
    )
    features: Annotated[tuple[ColumnName, ...], Field(max_length=10)] = Field(
        default=(), description="Columns that are beyond the threshold, worst first, at most ten."
    )


class ArmCounts(Shape):
    """What the pods of one revision have counted since the evidence began."""

    revision: Word = Field(default="", description="The revision.")
    requests: RowTotal = Field(default=0, description="Prediction requests, whatever their answer.")
    rows: RowTotal = Field(default=0, description="Rows answered.")
    pods: ReplicaCount = Field(default=0, description="Pods that were to be asked in the last round.")
    answered: ReplicaCount = Field(default=0, description="Pods of these whose page was counted.")


class Shown(Shape):
    """What a revision showed as a canary; the guard holds it to that."""

    requests: RowTotal = Field(default=0, description="Requests it answered as a canary.")
    failed: RowTotal = Field(default=0, description="Of these, how many failed by its own fault.")
    timed: RowTotal = Field(default=0, description="Requests whose latency was measured.")
    slow: RowTotal = Field(default=0, description="Of these, how many took longer than slowFromMillis.")
    slow_from_millis: RowTotal = Field(
        default=0,
        description="From when a request counts as slow, in milliseconds; 0 while that is not known.",
    )
    told: RowTotal = Field(default=0, description="Answers with feedback.")
    wrong: RowTotal = Field(default=0, description="Of these, how many were wrong.")


class Evidence(Shape):
    """What was counted of stable and canary side by side, as of the last checkpoint."""

    start_time: Time | None = Field(
        default=None, description="Since when both arms are counted; what came before is not."
    )
    time: Time | None = Field(default=None, description="When this was written.")
    canary: ArmCounts = Field(default=ArmCounts(), description="The canary's pods.")
    stable: ArmCounts = Field(default=ArmCounts(), description="Stable's pods.")
    shown: Shown | None = Field(
        default=None,
        description="What the canary has shown so far; the guard holds it to that once it is stable.",
    )
    checkpoint: Annotated[str, Field(max_length=MAX_CHECKPOINT, pattern="^[A-Za-z0-9+/=]*$")] = Field(
        default="",
        description="The counts themselves, packed, from which the operator goes on after a restart; not for people.",
    )
