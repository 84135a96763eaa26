"""The approval of a ModelVersion: automatic, or by a person."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from leeway.api.shape import Shape, rule, rules

ApprovalPolicy = Literal["Automatic", "Manual"]


class Approval(Shape):
    """Whether a person must approve the version before it may serve."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            # Or whoever may edit the version could waive the approval that its maker asked for.
            rule(
                "!(has(oldSelf.policy) && oldSelf.policy == 'Manual') || self.policy == 'Manual'",
                "a Manual approval cannot be waived; set approvedBy to the name of who approves",
                ".policy",
            )
        )
    )

    policy: ApprovalPolicy = Field(
        default="Automatic",
        description="Automatic, the default, lets the version serve once it is verified; with Manual it also waits"
        " for approvedBy. Once Manual it stays Manual.",
    )
    approved_by: Annotated[str, Field(max_length=128, pattern=r"^(\S(.*\S)?)?$")] = Field(
        default="",
        description="Who approved the version, for policy Manual; absent until somebody did. Taking it away stops"
        " further rollouts of the version, and leaves the pods that serve it alone.",
    )
