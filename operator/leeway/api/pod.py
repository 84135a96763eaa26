"""`spec.pod` of all three kinds: resources, placement, environment, labels."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from leeway.api.fields import ConfigKey, ObjectName, Quantity
from leeway.api.shape import LIST_MAP_BY_NAME, LIST_SET, Shape, rule, rules

EnvName = Annotated[str, Field(min_length=1, max_length=128, pattern="^[A-Za-z_][A-Za-z0-9_]*$")]
LabelKey = Annotated[str, Field(max_length=317)]
LabelValue = Annotated[str, Field(max_length=63, pattern="^([A-Za-z0-9]([-._A-Za-z0-9]*[A-Za-z0-9])?)?$")]
ResourceList = Annotated[dict[str, Quantity], Field(max_length=16)]

_GOOD_KEY = "^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-._A-Za-z0-9]{0,61}[A-Za-z0-9])?$"
_KEYS = rule(
    f"self.all(key, key.matches('{_GOOD_KEY}'))",
    "write the key as NAME or PREFIX/NAME, e.g. example.com/team",
)
# By these labels and annotations Services select pods, the operator finds their owners, and pods get their manifest.
_OURS = rule(
    "self.all(key, !key.startsWith('leeway.dev/'))",
    "remove keys that start with leeway.dev/; the operator sets these",
)
_COMMON = rule(
    "self.all(key, !key.startsWith('app.kubernetes.io/'))",
    "remove keys that start with app.kubernetes.io/; the operator sets these",
)


class Resources(Shape):
    """Compute resources of the container, as in any pod."""

    requests: ResourceList = Field(
        default={},
        description="What the node reserves for the pod, e.g. cpu: 500m and memory: 512Mi. Without requests the pod"
        " may land on a node that is full, and is the first to be evicted.",
    )
    limits: ResourceList = Field(
        default={},
        description="What the pod may not exceed, e.g. memory: 1Gi. A container over its memory limit is killed"
        " (OOMKilled); one over its cpu limit is slowed down. No limit when absent.",
    )


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

    key: LabelKey | None = Field(
        default=None, description="Key of the taint. When absent, with operator Exists, every key matches."
    )
    operator: Literal["Exists", "Equal"] | None = Field(
        default=None,
        description="Exists matches any value of the key; Equal, the default, matches the given value only.",
    )
    value: LabelValue | None = Field(
        default=None,
        description="Value of the taint, for operator Equal; must be left out for Exists.",
    )
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = Field(
        default=None, description="Effect of the taint that is tolerated. When absent, every effect is."
    )
    toleration_seconds: Annotated[int, Field(ge=0, le=31_536_000)] | None = Field(
        default=None,
        description="How long a running pod stays after a NoExecute taint appears, in seconds; for ever when absent.",
    )


class KeyReference(Shape):
    """One key of a Secret or ConfigMap in the same namespace."""

    name: ObjectName = Field(
        description="Name of the Secret or ConfigMap; it must be in the namespace of this object."
    )
    key: ConfigKey = Field(description="The key whose value the variable gets.")
    optional: bool = Field(
        default=False,
        description="Whether the pod starts without the variable when the object or key is missing. When false,"
        " the pod waits for it, with the reason ConfigurationMissing.",
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

    secret_key_ref: KeyReference | None = Field(
        default=None,
        description="Take the value from one key of a Secret. Credentials of a store are better named in"
        " credentialsSecretName, which follows a rotation without a restart.",
    )
    config_map_key_ref: KeyReference | None = Field(
        default=None, description="Take the value from one key of a ConfigMap."
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

    name: EnvName = Field(
        description="Name of the variable. Names starting with LEEWAY_, PYTHON or LD_ are refused."
    )
    value: Annotated[str, Field(max_length=4096)] | None = Field(
        default=None,
        description="Value of the variable, empty when absent. As in any pod, $(NAME) stands for another variable."
        " Passwords belong into valueFrom, since everybody who reads this object reads this field.",
    )
    value_from: EnvValueSource | None = Field(
        default=None,
        description="Take the value from a Secret or ConfigMap instead. It is read when the pod starts.",
    )


NodeSelector = Annotated[
    dict[str, LabelValue],
    Field(
        max_length=32,
        description="Labels a node must have to run the pod. Without a node that has all of them, the pod stays"
        " Unschedulable. Any node when absent.",
        json_schema_extra=rules(_KEYS),
    ),
]
Tolerations = Annotated[
    tuple[Toleration, ...],
    Field(
        max_length=32,
        description="Taints of nodes the pod tolerates, as in any pod. They allow such nodes; to demand them use"
        " nodeSelector. None when absent.",
    ),
]
Env = Annotated[
    tuple[EnvVar, ...],
    Field(
        max_length=64,
        description="Environment variables of the container, e.g. HTTPS_PROXY. The operator's own variables"
        " cannot be replaced. In a ModelDeployment a change is a new revision.",
        json_schema_extra=LIST_MAP_BY_NAME,
    ),
]
SecretNames = Annotated[
    tuple[ObjectName, ...],
    Field(
        max_length=16,
        description="Secrets of the namespace with which the image is pulled, of type"
        " kubernetes.io/dockerconfigjson. Needed when the installation's images are in a private registry.",
        json_schema_extra=LIST_SET,
    ),
]
Labels = Annotated[
    dict[str, LabelValue],
    Field(
        max_length=32,
        description="Labels added to the pod, e.g. for cost reports or a NetworkPolicy. Keys that start with"
        " leeway.dev/ or app.kubernetes.io/ are refused; the operator sets these.",
        json_schema_extra=rules(_KEYS, _OURS, _COMMON),
    ),
]
Annotations = Annotated[
    dict[str, Annotated[str, Field(max_length=4096)]],
    Field(
        max_length=32,
        description="Annotations added to the pod, e.g. for a service mesh. Keys that start with leeway.dev/ are"
        " refused; the operator sets these.",
        json_schema_extra=rules(_KEYS, _OURS),
    ),
]


class Pod(Shape):
    """What a pod is given: resources, placement, environment, labels."""

    resources: Resources = Field(
        default_factory=Resources,
        description="Compute resources of the container, as in any pod. When absent the namespace's LimitRange, if"
        " there is one, decides; only a verifier then requests 100m CPU and 256Mi of memory.",
    )
    node_selector: NodeSelector = Field(default={})
    tolerations: Tolerations = ()
    env: Env = ()
    image_pull_secret_names: SecretNames = ()
    priority_class_name: ObjectName | None = Field(
        default=None,
        description="PriorityClass of the pod, e.g. batch-low: which pods go first when nodes are full. The"
        " cluster's default when absent; a class that does not exist is refused with the reason ChildRefused.",
    )
    labels: Labels = Field(default={})
    annotations: Annotations = Field(default={})
