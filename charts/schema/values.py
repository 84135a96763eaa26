"""The chart's values, from the top."""

from typing import Annotated, Any, Literal

from pydantic import Field

from charts.schema.parts import (
    Crds,
    Fetch,
    Image,
    Manifest,
    Metrics,
    NetworkPolicy,
    OperatorImage,
    Pods,
    Rbac,
    Resources,
    SecretName,
    ServiceAccount,
    Store,
    Values,
)


class ChartValues(Values):
    """Every value of the chart."""

    scope: Literal["Cluster", "Namespace"] = Field(
        default="Cluster",
        description="Serve every namespace, or only the release's own (then no cluster-wide permission is needed).",
    )
    replicas: int = Field(
        default=1,
        ge=0,
        le=5,
        description="Operator pods. One is the leader, the others are standbys and take over within seconds.",
    )
    image: OperatorImage = Field(
        default_factory=lambda: OperatorImage(repository="localhost/leeway-operator"),
        description="The operator's image.",
    )
    server_image: Image = Field(
        default_factory=lambda: Image(repository="localhost/leeway-server"),
        description="The image that serves and verifies models.",
    )
    trainer_image: Image = Field(
        default_factory=lambda: Image(repository="localhost/leeway-trainer"),
        description="The image that trains models.",
    )
    image_pull_secrets: list[SecretName] = Field(
        default_factory=list,
        description="Secrets for the operator's own pod; other pods use `spec.pod.imagePullSecretNames` or their"
        " ServiceAccount's.",
    )
    crds: Crds = Field(default_factory=Crds, description="The custom resource definitions.")
    store: Store = Field(
        default_factory=Store, description="Where models go when a TrainingJob names no output."
    )
    pods: Pods = Field(default_factory=Pods, description="The pods that the operator makes.")
    fetch: Fetch = Field(default_factory=Fetch, description="From where pods fetch data and models.")
    log_level: Literal["Debug", "Info", "Warning", "Error"] = Field(
        default="Info", description="How much the operator logs."
    )
    workers: int = Field(default=8, ge=1, le=64, description="Objects that are reconciled at the same time.")
    writes_per_second: int = Field(
        default=100,
        ge=1,
        le=1000,
        description="Writes to the API server on average; bursts are a little larger.",
    )
    resync_seconds: int = Field(
        default=180,
        ge=5,
        le=3600,
        description="Resync interval: about how often everything is listed and compared, in case a watch missed it.",
    )
    scrape_seconds: int = Field(
        default=5,
        ge=1,
        le=60,
        description="How often the pods of a held canary, and of stable beside it, are asked for their counts.",
    )
    extra_env: list[Manifest] = Field(
        default_factory=list, description="More environment variables of the operator."
    )
    resources: Resources = Field(
        default_factory=Resources, description="Requests and limits of the operator."
    )
    pod_annotations: dict[str, str] = Field(
        default_factory=dict, description="Annotations of the operator's pods."
    )
    pod_labels: dict[str, str] = Field(default_factory=dict, description="Labels of the operator's pods.")
    node_selector: dict[str, str] = Field(
        default_factory=dict, description="Nodes that the operator may run on."
    )
    tolerations: list[Manifest] = Field(
        default_factory=list, description="Taints that the operator tolerates."
    )
    affinity: Manifest = Field(default_factory=dict, description="Affinity of the operator's pods.")
    topology_spread_constraints: list[Manifest] = Field(
        default_factory=list,
        description="How replicas are spread; empty for one a node where possible, if there are several.",
    )
    priority_class_name: str = Field(default="", description="PriorityClass of the operator's pods.")
    service_account: ServiceAccount = Field(
        default_factory=ServiceAccount, description="The operator's ServiceAccount."
    )
    rbac: Rbac = Field(default_factory=Rbac, description="Roles and bindings.")
    metrics: Metrics = Field(default_factory=Metrics, description="Metrics.")
    network_policy: NetworkPolicy = Field(
        default_factory=NetworkPolicy, description="Network policy of the operator."
    )
    name_override: Annotated[str, Field(max_length=50)] = Field(
        default="", description="Replaces the chart's name in the names of what is created."
    )
    fullname_override: Annotated[str, Field(max_length=50)] = Field(
        default="", description="Replaces release and chart name in the names of what is created."
    )
    # Helm hands these to every chart of an umbrella chart; we read none of them.
    global_: dict[str, Any] = Field(
        default_factory=dict, alias="global", description="Values of an umbrella chart; none is used."
    )
