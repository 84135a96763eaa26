"""The parts of the chart's values that have fields of their own."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

DNS_NAME = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
QUANTITY = r"^[0-9]+(\.[0-9]+)?([KMGTPE]i?|m|k)?$"

Quantity = Annotated[str, Field(pattern=QUANTITY)] | int | float
Cidr = Annotated[str, Field(pattern=r"^[0-9a-fA-F.:]+/[0-9]{1,3}$")]
Place = Annotated[str, Field(pattern=r"^[0-9A-Za-z.:-]+(/[0-9]{1,3})?$")]
Port = Annotated[int, Field(ge=1, le=65535)]
# Kubernetes checks these itself, with a better message than a copy of its schema would give.
Manifest = dict[str, Any]


class Values(BaseModel):
    """A part of the values: a key that it does not know is a mistake, never ignored."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


class Image(Values):
    """Where an image is found."""

    repository: str = Field(
        min_length=1, description="Name of the image, with the registry it is pulled from."
    )
    tag: str = Field(default="", max_length=128, description="Tag; empty for the chart's appVersion.")
    digest: str = Field(
        default="",
        pattern=r"^(sha256:[0-9a-f]{64})?$",
        description="Digest, `sha256:…`; when given, the image is pulled by it and the tag is ignored.",
    )


class OperatorImage(Image):
    """Where the operator's image is found, and when any of the three is pulled."""

    pull_policy: Literal["Always", "IfNotPresent", "Never"] = Field(
        default="IfNotPresent",
        description="When to pull: for the operator's own pod and for every pod that it makes.",
    )


class SecretName(Values):
    """A reference to a Secret of the release's namespace."""

    name: str = Field(pattern=DNS_NAME, description="Name of the Secret.")


class Crds(Values):
    """How the three custom resource definitions are installed."""

    enabled: bool = Field(
        default=True,
        description="Install and upgrade the CRDs with the chart; turn off if something else does.",
    )
    keep: bool = Field(
        default=True,
        description="Leave the CRDs, and so every object of theirs, when the chart is uninstalled.",
    )


class Store(Values):
    """The PersistentVolumeClaim that the operator makes for models in a namespace that has none yet."""

    claim: str = Field(default="leeway-models", pattern=DNS_NAME, description="Name of the claim.")
    size: str = Field(default="10Gi", pattern=r"^[0-9]+([KMGTPE]i?)?$", description="Its size.")
    class_name: str = Field(default="", description="Its StorageClass; empty for the cluster's default.")
    access_mode: Literal["ReadWriteOnce", "ReadWriteMany", "ReadWriteOncePod"] = Field(
        default="ReadWriteOnce",
        description="Its access mode; model pods on several nodes need `ReadWriteMany` (or an object store).",
    )


class Fetch(Values):
    """From where pods may fetch data and models over http and https."""

    allow: list[Place] = Field(
        default_factory=list,
        description="Hosts and networks (CIDR) of private addresses that pods may fetch from; none by default."
        " Loopback, link-local and metadata addresses can never be allowed, and an S3 endpoint may be private anyway.",
    )


class PodNetworkPolicy(Values):
    """The network policies of the pods that the operator makes."""

    enabled: bool = Field(
        default=True,
        description="Make them; they take effect where the cluster's network enforces them. Those that exist stay when"
        " this is turned off.",
    )
    blocked: list[Cidr] = Field(
        default_factory=lambda: ["169.254.0.0/16", "fe80::/10", "fd00:ec2::/32"],
        description="Networks that no pod may send to. Take link-local away where workload identity needs it, add"
        " private ones where no store is in them.",
    )
    metrics_namespaces: list[Annotated[str, Field(pattern=DNS_NAME)]] = Field(
        default_factory=list,
        description="Namespaces that may read the port of health and metrics (8081), beside the operator's own.",
    )


class Pods(Values):
    """What every pod that the operator makes has: trainers, verifiers and servers."""

    service_account_name: str = Field(
        default="",
        pattern=f"^$|{DNS_NAME}",
        description="ServiceAccount of these pods, e.g. for a cloud's workload identity; empty for `default`. It must"
        " exist in each namespace that has our objects. Its token is not mounted. Models that run keep theirs until"
        " their next revision.",
    )
    network_policy: PodNetworkPolicy = Field(
        default_factory=PodNetworkPolicy, description="Their network policies."
    )


class ServiceAccount(Values):
    """The identity of the operator."""

    create: bool = Field(default=True, description="Create the ServiceAccount.")
    name: str = Field(default="", description="Its name; empty for the release's full name.")
    annotations: dict[str, str] = Field(default_factory=dict, description="Annotations of it.")


class Rbac(Values):
    """What is granted, and to whom."""

    create: bool = Field(default=True, description="Create the roles and bindings that the operator needs.")
    aggregate: bool = Field(
        default=True,
        description="Let the cluster's own view, edit and admin roles cover our kinds (scope `Cluster` only).",
    )


class Resources(Values):
    """Requests and limits of the operator's container."""

    requests: dict[str, Quantity] = Field(
        default={"cpu": "50m", "memory": "128Mi", "ephemeral-storage": "16Mi"},
        description="What the scheduler sets aside.",
    )
    limits: dict[str, Quantity] = Field(
        default={"memory": "512Mi", "ephemeral-storage": "64Mi"},
        description="What it may not exceed; no CPU limit, since a throttled operator reconciles late.",
    )


class Monitor(Values):
    """A request to the Prometheus operator; rendered only where that API exists."""

    enabled: bool = Field(default=False, description="Create it.")
    labels: dict[str, str] = Field(
        default_factory=dict, description="Labels by which your Prometheus selects it."
    )
    interval: str = Field(default="30s", pattern=r"^[0-9]+(ms|s|m)$", description="How often to scrape.")


class Rules(Values):
    """The alerts for the Prometheus operator; rendered only where that API exists."""

    enabled: bool = Field(default=False, description="Create it.")
    labels: dict[str, str] = Field(
        default_factory=dict, description="Labels by which your Prometheus selects it."
    )
    runbooks: str = Field(
        default="docs/how-to/alerts.md",
        min_length=1,
        description="Where people find the page of the alerts: an address that each alert's `runbook_url` begins with.",
    )


class Dashboard(Values):
    """The dashboard for a Grafana whose sidecar reads ConfigMaps."""

    enabled: bool = Field(default=False, description="Create it.")
    labels: dict[str, str] = Field(
        default_factory=lambda: {"grafana_dashboard": "1"},
        description="Labels by which your Grafana's sidecar selects it.",
    )
    annotations: dict[str, str] = Field(
        default_factory=dict, description="Annotations of it, e.g. the folder that your sidecar puts it into."
    )


class Metrics(Values):
    """Who reads the metrics of the operator and of the model pods."""

    service: bool = Field(default=True, description="Create the Service in front of the operator's metrics.")
    service_monitor: Monitor = Field(default_factory=Monitor, description="ServiceMonitor of the operator.")
    pod_monitor: Monitor = Field(default_factory=Monitor, description="PodMonitor of all model pods.")
    prometheus_rule: Rules = Field(
        default_factory=Rules, description="PrometheusRule with the alerts of `alerts/leeway.yaml`."
    )
    dashboard: Dashboard = Field(
        default_factory=Dashboard,
        description="ConfigMap with the Grafana dashboard of `dashboards/leeway.json`.",
    )


class NetworkPolicy(Values):
    """Who may talk to the operator, and to whom it may talk."""

    enabled: bool = Field(
        default=True,
        description="Create the NetworkPolicy; it takes effect where the cluster's network enforces it.",
    )
    api_server_ports: list[Port] = Field(
        default_factory=lambda: [443, 6443, 8443, 16443],
        description="Ports on which an API server may be reached, behind its Service.",
    )
    metrics_from: list[Manifest] = Field(
        default_factory=list, description="Peers that may read health and metrics; empty for anybody."
    )
    extra_egress: list[Manifest] = Field(default_factory=list, description="More egress rules, as they are.")
