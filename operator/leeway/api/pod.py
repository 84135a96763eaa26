"""What users may say about the pods: resources, placement, environment."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from leeway.api.fields import ConfigKey, ObjectName, Quantity
from leeway.api.shape import LIST_MAP_BY_NAME, Shape, rule, rules

EnvName = Annotated[str, Field(min_length=1, max_length=128, pattern="^[A-Za-z_][A-Za-z0-9_]*$")]
LabelKey = Annotated[str, Field(max_length=317)]
LabelValue = Annotated[str, Field(max_length=63, pattern="^([A-Za-z0-9]([-._A-Za-z0-9]*[A-Za-z0-9])?)?$")]
ResourceList = Annotated[dict[str, Quantity], Field(max_length=16)]


class Resources(Shape):
    """Compute resources of the container, as in any pod."""

    requests: ResourceList = Field(default={}, description="What the pod is guaranteed, e.g. cpu: 500m.")
    limits: ResourceList = Field(default={}, description="What the pod may not exceed, e.g. memory: 1Gi.")


class Toleration(Shape):
    """A taint the pod tolerates, as in any pod."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "!has(self.operator) || self.operator != 'Exists' || !has(self.value)",
                "remove value, or set operator: Equal; Exists matches every value",
                ".value",
            ),
            rule(
                "has(self.key) || (has(self.operator) && self.operator == 'Exists')",
                "name a key, or set operator: Exists to tolerate every taint",
            ),
            rule(
                "!has(self.tolerationSeconds) || (has(self.effect) && self.effect == 'NoExecute')",
                "set effect: NoExecute; tolerationSeconds means nothing otherwise",
                ".tolerationSeconds",
            ),
        )
    )

    key: LabelKey | None = Field(default=None, description="Key of the taint; absent matches every key.")
    operator: Literal["Exists", "Equal"] | None = Field(
        default=None, description="Exists, or Equal to the value (Equal when absent)."
    )
    value: LabelValue | None = Field(default=None, description="Value of the taint, for operator Equal.")
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = Field(
        default=None, description="Effect of the taint; absent matches every effect."
    )
    toleration_seconds: Annotated[int, Field(ge=0, le=31_536_000)] | None = Field(
        default=None, description="How long a running pod stays after the taint appears, in seconds."
    )


class KeyReference(Shape):
    """One key of a Secret or ConfigMap in the same namespace."""

    name: ObjectName = Field(description="Name of the Secret or ConfigMap in the same namespace.")
    key: ConfigKey = Field(description="The key whose value is taken.")
    optional: bool = Field(default=False, description="Start without the variable when the key is missing.")


class ObjectReference(Shape):
    """A Secret or ConfigMap in the same namespace."""

    name: ObjectName = Field(description="Name of the Secret or ConfigMap in the same namespace.")
    optional: bool = Field(
        default=False, description="Start without the variables when the object is missing."
    )


class EnvValueSource(Shape):
    """Where the value of a variable comes from."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "has(self.secretKeyRef) != has(self.configMapKeyRef)",
                "set exactly one of secretKeyRef and configMapKeyRef",
            )
        )
    )

    secret_key_ref: KeyReference | None = Field(default=None, description="Take the value from a Secret.")
    config_map_key_ref: KeyReference | None = Field(
        default=None, description="Take the value from a ConfigMap."
    )


class EnvVar(Shape):
    """One environment variable of the container."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "!self.name.startsWith('LEEWAY_')",
                "choose another name; variables starting with LEEWAY_ are set by the operator",
                ".name",
            ),
            rule(
                "!self.name.startsWith('PYTHON') && !self.name.startsWith('LD_')",
                "remove it; PYTHON* and LD_* would change which code runs",
                ".name",
            ),
            rule("!(has(self.value) && has(self.valueFrom))", "set value or valueFrom, not both"),
        )
    )

    name: EnvName = Field(description="Name of the variable; LEEWAY_ is reserved for the operator.")
    value: Annotated[str, Field(max_length=4096)] | None = Field(
        default=None, description="Value of the variable; empty when absent. Passwords belong into valueFrom."
    )
    value_from: EnvValueSource | None = Field(
        default=None, description="Take the value from a Secret or ConfigMap instead."
    )


class EnvFrom(Shape):
    """All keys of a Secret or ConfigMap as environment variables."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "has(self.secretRef) != has(self.configMapRef)",
                "set exactly one of secretRef and configMapRef",
            )
        )
    )

    secret_ref: ObjectReference | None = Field(default=None, description="Take every key of this Secret.")
    config_map_ref: ObjectReference | None = Field(
        default=None, description="Take every key of this ConfigMap."
    )


NodeSelector = Annotated[
    dict[str, LabelValue],
    Field(max_length=32, description="Labels a node must have to run the pod."),
]
Tolerations = Annotated[
    tuple[Toleration, ...], Field(max_length=32, description="Taints of nodes the pod tolerates.")
]
Env = Annotated[
    tuple[EnvVar, ...],
    Field(
        max_length=64,
        description="Environment variables of the container, such as credentials of an object store.",
        json_schema_extra=LIST_MAP_BY_NAME,
    ),
]
EnvFroms = Annotated[
    tuple[EnvFrom, ...],
    Field(max_length=16, description="Secrets and ConfigMaps whose keys become environment variables."),
]
