"""The chart as its users meet it: installed, asked, upgraded, taken away."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cluster import audit
from tests.cluster.kube import SYSTEM, Kube, eventually, install
from tests.cluster.manifests import config_map, model_deployment, training_job

RELEASE = "own"
OWN_NAMESPACE = ("scope=Namespace", "crds.enabled=false")
ACCOUNT = f"system:serviceaccount:{SYSTEM}:leeway"

MAY_NOT = {
    "read secrets": ("get", "secrets"),
    "list secrets": ("list", "secrets"),
    "watch secrets": ("watch", "secrets"),
    "read config maps": ("get", "configmaps"),
    "run commands in pods": ("create", "pods/exec"),
    "make pods": ("create", "pods"),
    "read logs": ("get", "pods/log"),
    "change a spec": ("update", "modeldeployments.leeway.dev"),
    "patch a spec": ("patch", "trainingjobs.leeway.dev"),
    "delete a model version": ("delete", "modelversions.leeway.dev"),
    "delete a store": ("delete", "persistentvolumeclaims"),
    "delete whole collections": ("deletecollection", "deployments.apps"),
    "watch events": ("watch", "events.events.k8s.io"),
    "see nodes": ("list", "nodes"),
    "give rights": ("create", "rolebindings.rbac.authorization.k8s.io"),
    "act for others": ("impersonate", "serviceaccounts"),
    "make tokens": ("create", "serviceaccounts/token"),
}
MAY = {
    "record status": ("update", "modeldeployments.leeway.dev/status"),
    "make jobs": ("create", "jobs.batch"),
    "apply deployments": ("patch", "deployments.apps"),
    "tell events": ("create", "events.events.k8s.io"),
    "read why a job has no pod": ("list", "events.events.k8s.io"),
}


@pytest.fixture
def released(operator: Kube, namespace: Kube) -> Iterator[Kube]:
    """A namespace with an operator of its own, which sees no other."""
    install(namespace, *OWN_NAMESPACE, release=RELEASE, namespace=namespace.namespace)
    yield namespace
    namespace.chart("uninstall", RELEASE, "--namespace", namespace.namespace, "--ignore-not-found", "--wait")


def can(kube: Kube, verb: str, resource: str, account: str, *where: str) -> bool:
    # To kubectl, what follows the slash would be an object's name.
    kind, _, part = resource.partition("/")
    answer = kube.run("auth", "can-i", verb, kind, "--subresource", part, "--as", account, *where)
    assert answer.stdout.strip() in {"yes", "no"}, answer.stderr
    return answer.stdout.strip() == "yes"


def holder(kube: Kube) -> str:
    lease = kube.find("lease", f"{RELEASE}-leeway") or {"spec": {}}
    return str(lease["spec"].get("holderIdentity", ""))


@pytest.mark.parametrize(("verb", "resource"), MAY_NOT.values(), ids=MAY_NOT)
def test_the_operator_may_not(operator: Kube, verb: str, resource: str) -> None:
    assert not can(operator, verb, resource, ACCOUNT, "--all-namespaces")


@pytest.mark.parametrize(("verb", "resource"), MAY.values(), ids=MAY)
def test_the_operator_may(operator: Kube, verb: str, resource: str) -> None:
    assert can(operator, verb, resource, ACCOUNT, "--all-namespaces")


def test_an_operator_of_one_namespace_has_no_right_elsewhere(released: Kube) -> None:
    account = f"system:serviceaccount:{released.namespace}:{RELEASE}-leeway"
    assert can(released, "create", "jobs.batch", account)
    assert not can(released, "create", "jobs.batch", account, "--all-namespaces")
    assert not can(released.within("default"), "list", "pods", account)


def test_its_pods_are_admitted_where_only_restricted_ones_are_and_it_answers(released: Kube) -> None:
    assert "Phase:          Succeeded" in released.chart(
        "test", RELEASE, "--namespace", released.namespace, "--timeout", "2m"
    )


def test_an_upgrade_hands_over_to_the_new_pod(released: Kube) -> None:
    before = holder(released)
    install(released, *OWN_NAMESPACE, "logLevel=Debug", release=RELEASE, namespace=released.namespace)
    eventually(lambda: holder(released) not in {"", before}, "the new pod acts")
    assert before != ""


def test_uninstalling_keeps_the_definitions_and_the_objects(released: Kube) -> None:
    released.apply(config_map(), training_job())
    released.chart("uninstall", RELEASE, "--namespace", released.namespace, "--wait")
    assert released.get("tj", "line-1")["spec"]["modelName"] == "line"


def test_nothing_that_the_operator_asks_for_is_denied(ml: Kube) -> None:
    started = audit.now()
    ml.apply(config_map(), training_job(), model_deployment())
    ml.await_condition("mdep", "line", "Ready", "True")
    ml.do("delete", "mdep,mver,tj", "--all", "--wait")
    asked = [request for request in audit.requests_since(started) if request.namespace == ml.namespace]
    denied = {
        (request.verb, request.resource, request.subresource) for request in asked if request.code == 403
    }
    assert asked
    assert denied == set()


VIEWER = {
    "sees model deployments": ("list", "modeldeployments.leeway.dev", True),
    "sees model versions": ("get", "modelversions.leeway.dev", True),
    "changes nothing": ("update", "modeldeployments.leeway.dev", False),
}


@pytest.mark.parametrize(("verb", "resource", "want"), VIEWER.values(), ids=VIEWER)
def test_a_viewer_of_a_namespace(ml: Kube, verb: str, resource: str, want: bool) -> None:
    ml.do("create", "rolebinding", "viewer", "--clusterrole", "view", "--user", "ann")
    eventually(lambda: can(ml, verb, resource, "ann") == want, f"ann may {verb} {resource}: {want}")
