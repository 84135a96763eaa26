"""What the chart creates, as the real Helm renders it."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from leeway.api.kinds import MODEL_DEPLOYMENT, TRAINING_JOB, Key
from leeway.core.names import COMPONENTS, labels_of
from leeway.settings import read_settings
from leeway.shell.watch.cache import CHILD_KINDS, OWNER_KINDS
from tests.contract.rendering import (
    CHART,
    MONITORS,
    NAMESPACE,
    VALUES,
    Manifest,
    Release,
    refusal,
    render,
    run_helm,
)

# The binary is built with the cluster's programs.
pytestmark = pytest.mark.cluster

CLUSTER_WIDE = {"ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition"}
each_values_file = pytest.mark.parametrize("values", VALUES)


def list_rules(release: Release) -> Iterator[tuple[str, str, str]]:
    """Yield group, resource and verb of everything that the operator is granted."""
    for role in [*release.of("Role"), *release.of("ClusterRole")]:
        if role["metadata"]["name"].endswith(("-view", "-edit")):
            continue
        for rule in role["rules"]:
            yield from (
                (group, resource, verb)
                for group in rule["apiGroups"]
                for resource in rule["resources"]
                for verb in rule["verbs"]
            )


def list_violations(pod: Manifest) -> list[str]:
    """Return what keeps a pod from the restricted Pod Security Standard, and from our own rules on top of it."""
    whole = pod["securityContext"]
    wanted: dict[str, Any] = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    found = [f"pod: {key}" for key, value in wanted.items() if whole.get(key) != value]
    found += [key for key in ("hostNetwork", "hostPID", "hostIPC", "initContainers") if pod.get(key)]
    found += [f"volume {v['name']}" for v in pod.get("volumes", []) if "hostPath" in v]
    for container in pod["containers"]:
        own = container["securityContext"]
        if own.get("allowPrivilegeEscalation") is not False or own.get("privileged"):
            found.append("may gain privileges")
        if own.get("capabilities") != {"drop": ["ALL"]}:
            found.append("keeps capabilities")
        if own.get("readOnlyRootFilesystem") is not True:
            found.append("writes to its root")
        if "memory" not in container["resources"].get("limits", {}):
            found.append("has no memory limit")
    return found


@each_values_file
def test_helm_lint_is_content(values: str) -> None:
    ended = run_helm("lint", "--strict", str(CHART), "--values", str(VALUES[values]))
    assert ended.returncode == 0, ended.stdout


@each_values_file
def test_every_pod_is_restricted(values: str) -> None:
    assert {pod: found for pod, spec in render(values).pods.items() if (found := list_violations(spec))} == {}


@each_values_file
def test_everything_is_labelled_and_has_its_place(values: str) -> None:
    for manifest in render(values, apis=MONITORS).manifests:
        labels, kind = manifest["metadata"]["labels"], manifest["kind"]
        assert labels["app.kubernetes.io/name"] == "leeway", kind
        assert manifest["metadata"].get("namespace") == (None if kind in CLUSTER_WIDE else NAMESPACE), kind


@each_values_file
def test_the_operator_can_read_the_environment_that_it_is_given(values: str) -> None:
    settings = read_settings(render(values).environment)
    assert settings.pod_namespace == NAMESPACE


@each_values_file
def test_the_operator_may_not_read_secrets_nor_raise_itself(values: str) -> None:
    rules = list(list_rules(render(values)))
    assert [rule for rule in rules if "*" in rule] == []
    resources = {resource for _, resource, _ in rules}
    assert resources & {"secrets", "nodes", "pods/exec", "configmaps", "serviceaccounts/token"} == set()
    verbs = {verb for _, _, verb in rules}
    assert verbs <= {"get", "list", "watch", "create", "update", "patch", "delete"}


@each_values_file
def test_names_are_as_long_as_kubernetes_takes(values: str) -> None:
    release = render(values, "a-release-name-as-long-as-helm-will-take-at-all-53-ch")
    assert max(len(manifest["metadata"]["name"]) for manifest in release.manifests) <= 63


def test_the_operator_may_watch_what_it_watches() -> None:
    rules = set(list_rules(render()))
    for kind in (*OWNER_KINDS, *CHILD_KINDS):
        group = kind.api_version.rpartition("/")[0]
        assert {(group, kind.plural, "list"), (group, kind.plural, "watch")} <= rules, kind


def test_the_operator_writes_status_and_never_spec() -> None:
    own = {(resource, verb) for group, resource, verb in list_rules(render()) if group == "leeway.dev"}
    writes = {rule for rule in own if rule[1] not in {"get", "list", "watch"}}
    kinds = {kind.plural for kind in OWNER_KINDS}
    assert writes == {(f"{kind}/status", "update") for kind in kinds} | {("modelversions", "create")}


def test_only_the_operator_s_own_lease_can_be_taken() -> None:
    (role,) = (role for role in render().of("Role") if role["metadata"]["name"] == "leeway-lease")
    creating, holding = role["rules"]
    assert creating["verbs"] == ["create"]
    assert holding["resourceNames"] == [render().environment["LEEWAY_LEASE_NAME"]]


def test_one_namespace_needs_no_cluster_wide_right() -> None:
    release = render("namespaced")
    assert {manifest["kind"] for manifest in release.manifests} & CLUSTER_WIDE == set()
    assert release.environment["LEEWAY_NAMESPACE"] == NAMESPACE


def test_every_namespace_is_the_default() -> None:
    assert "LEEWAY_NAMESPACE" not in render().environment


def test_one_namespace_grants_the_same_rights() -> None:
    assert set(list_rules(render("namespaced"))) == set(list_rules(render()))


def test_bindings_name_the_operator_s_account() -> None:
    release = render("pinned")
    account = release.one("ServiceAccount")["metadata"]["name"]
    bindings = [*release.of("RoleBinding"), *release.of("ClusterRoleBinding")]
    assert len(bindings) == 2
    for binding in bindings:
        assert [subject["name"] for subject in binding["subjects"]] == [account]
    assert release.one("Deployment")["spec"]["template"]["spec"]["serviceAccountName"] == account


def test_the_cluster_s_own_roles_cover_our_kinds() -> None:
    roles = {role["metadata"]["name"]: role for role in render().of("ClusterRole")}
    view, edit = roles["leeway-view"], roles["leeway-edit"]
    assert {verb for rule in view["rules"] for verb in rule["verbs"]} == {"get", "list", "watch"}
    assert all("status" not in resource for rule in edit["rules"] for resource in rule["resources"])
    assert "rbac.authorization.k8s.io/aggregate-to-view" not in edit["metadata"]["labels"]


def test_aggregation_can_be_turned_off() -> None:
    names = [
        role["metadata"]["name"]
        for role in render("default", "leeway", "rbac.aggregate=false").of("ClusterRole")
    ]
    assert names == ["leeway"]


CRDS: dict[str, tuple[tuple[str, ...], tuple[int, str | None]]] = {
    "are installed and kept": ((), (3, "keep")),
    "can go with the chart": (("crds.keep=false",), (3, None)),
    "can be somebody else's": (("crds.enabled=false",), (0, None)),
}


@pytest.mark.parametrize(("settings", "want"), CRDS.values(), ids=CRDS)
def test_crds(settings: tuple[str, ...], want: tuple[int, str | None]) -> None:
    crds = render("default", "leeway", *settings).of("CustomResourceDefinition")
    policies = {crd["metadata"].get("annotations", {}).get("helm.sh/resource-policy") for crd in crds} or {
        None
    }
    assert (len(crds), policies) == (want[0], {want[1]})


def test_a_budget_guards_several_replicas_and_never_blocks_a_single_one() -> None:
    assert render().of("PodDisruptionBudget") == []
    assert render("replicated").one("PodDisruptionBudget")["spec"]["maxUnavailable"] == 1


def test_several_replicas_are_spread() -> None:
    (spread,) = render("replicated").pods["Deployment leeway"]["topologySpreadConstraints"]
    assert spread["whenUnsatisfiable"] == "ScheduleAnyway"
    assert spread["labelSelector"] == render("replicated").one("Deployment")["spec"]["selector"]


def test_a_new_pod_stands_by_before_the_old_one_stops() -> None:
    strategy = render().one("Deployment")["spec"]["strategy"]
    assert strategy["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}


def test_monitors_appear_where_their_api_is() -> None:
    monitored = render("monitored", apis=MONITORS)
    assert monitored.one("ServiceMonitor")["metadata"]["labels"]["release"] == "prometheus"
    assert monitored.one("PodMonitor")["spec"]["namespaceSelector"] == {"any": True}
    without = render("monitored")
    assert [kind for kind in ("ServiceMonitor", "PodMonitor", "PrometheusRule") if without.of(kind)] == []


def test_series_keep_the_namespace_of_the_object_that_they_are_about() -> None:
    (endpoint,) = render("monitored", apis=MONITORS).one("ServiceMonitor")["spec"]["endpoints"]
    assert endpoint["honorLabels"] is True


def test_the_alerts_are_those_of_the_file_with_the_page_s_address() -> None:
    written = yaml.safe_load((CHART / "alerts" / "leeway.yaml").read_text())["groups"]
    rendered = render("monitored", apis=MONITORS).one("PrometheusRule")["spec"]["groups"]
    for rule in [rule for group in written for rule in group["rules"]]:
        page, _, anchor = rule["annotations"]["runbook_url"].partition("#")
        assert (CHART.parents[1] / page).exists()
        rule["annotations"]["runbook_url"] = f"https://wiki.example.com/leeway/alerts#{anchor}"
    assert rendered == written


def test_the_dashboard_is_the_file_and_has_the_label_of_the_sidecar() -> None:
    dashboard = render("monitored").one("ConfigMap")
    assert dashboard["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert dashboard["metadata"]["annotations"] == {"grafana_folder": "Models"}
    written = (CHART / "dashboards" / "leeway.json").read_text()
    assert json.loads(dashboard["data"]["leeway.json"]) == json.loads(written)


def test_neither_alerts_nor_dashboard_are_there_unless_asked_for() -> None:
    plain = render("default", apis=MONITORS)
    assert plain.of("PrometheusRule") == plain.of("ConfigMap") == []


def test_a_digest_decides() -> None:
    (container,) = render("pinned").pods["Deployment models"]["containers"]
    assert re.fullmatch(r"registry\.example\.com/ml/leeway-operator:\S+@sha256:0{64}", container["image"])


def test_images_follow_the_release_s_version() -> None:
    chart = CHART.joinpath("Chart.yaml").read_text()
    (version,) = re.findall(r"^appVersion: (\S+)", chart, re.MULTILINE)
    environment = render().environment
    assert environment["LEEWAY_SERVER_IMAGE"] == f"localhost/leeway-server:{version}"
    assert environment["LEEWAY_TRAINER_IMAGE"] == f"localhost/leeway-trainer:{version}"


def test_the_pods_may_have_a_service_account_of_the_installation() -> None:
    assert render().environment["LEEWAY_POD_SERVICE_ACCOUNT"] == ""
    assert render("pinned").environment["LEEWAY_POD_SERVICE_ACCOUNT"] == "model-reader"


def test_the_pods_network_is_what_the_values_say() -> None:
    settings = read_settings(render("pinned").environment)
    assert settings.fetch_allow == "10.96.0.0/12,minio.storage.svc"
    assert settings.pod_network_policy
    assert settings.pod_network_blocked == "169.254.0.0/16,192.168.0.0/16"
    assert settings.pod_metrics_namespaces == "monitoring,observability"


def test_the_pods_network_is_guarded_by_default_and_nothing_private_is_fetched() -> None:
    settings = read_settings(render().environment)
    bare = read_settings({name: render().environment[name] for name in IMAGES})
    assert (settings.fetch_allow, settings.pod_network_policy) == ("", True)
    assert settings.pod_network_blocked == bare.pod_network_blocked
    off = render("default", "leeway", "pods.networkPolicy.enabled=false").environment
    assert not read_settings(off).pod_network_policy


IMAGES = ("LEEWAY_SERVER_IMAGE", "LEEWAY_TRAINER_IMAGE")


def test_the_operator_selects_none_of_the_pods_that_it_makes() -> None:
    selector = render().one("Deployment")["spec"]["selector"]["matchLabels"]
    for kind in (TRAINING_JOB, MODEL_DEPLOYMENT):
        made = labels_of(Key(kind.kind, NAMESPACE, "any"), COMPONENTS[kind.kind])
        assert not selector.items() <= made.items()


def test_the_network_policy_lets_through_what_the_operator_needs() -> None:
    spec = render().one("NetworkPolicy")["spec"]
    names, api, models = spec["egress"]
    assert {(port["port"], port["protocol"]) for port in names["ports"]} == {(53, "UDP"), (53, "TCP")}
    assert 6443 in [port["port"] for port in api["ports"]]
    (peer,) = models["to"]
    served = labels_of(Key(MODEL_DEPLOYMENT.kind, "ml", "any"), COMPONENTS[MODEL_DEPLOYMENT.kind])
    assert peer["podSelector"]["matchLabels"].items() <= served.items()
    assert peer["namespaceSelector"] == {}
    assert spec["podSelector"] == render().one("Deployment")["spec"]["selector"]
    assert "from" not in spec["ingress"][0]


def test_the_network_policy_narrows_with_the_scope_and_the_values() -> None:
    assert "namespaceSelector" not in render("namespaced").one("NetworkPolicy")["spec"]["egress"][2]["to"][0]
    spec = render("monitored").one("NetworkPolicy")["spec"]
    assert "from" in spec["ingress"][0]
    assert len(spec["egress"]) == 4


def test_probes_ask_the_pages_that_the_operator_has() -> None:
    (container,) = render().pods["Deployment leeway"]["containers"]
    asked = {probe: container[probe]["httpGet"]["path"] for probe in ("livenessProbe", "readinessProbe")}
    assert asked == {"livenessProbe": "/livez", "readinessProbe": "/readyz"}


def test_only_the_operator_gets_a_token() -> None:
    assert render().one("ServiceAccount")["automountServiceAccountToken"] is False
    tokens = {pod: spec["automountServiceAccountToken"] for pod, spec in render().pods.items()}
    assert tokens == {"Deployment leeway": True, "Pod leeway-test": False}


def test_everything_optional_can_be_left_out() -> None:
    assert [manifest["kind"] for manifest in render("bare").manifests] == ["Deployment"]


REFUSED = {
    "a misspelt key": ("replica=2", "replica"),
    "a misspelt key in a part": ("image.tagg=1", "tagg"),
    "an unknown scope": ("scope=Everything", "scope"),
    "a tag where a digest belongs": ("image.digest=v1", "digest"),
}


@pytest.mark.parametrize(("setting", "named"), REFUSED.values(), ids=REFUSED)
def test_helm_refuses_and_names(setting: str, named: str) -> None:
    assert named in refusal(setting)
