"""What the operator promises when things are deleted, killed, doubled, or simply left alone."""

from __future__ import annotations

import json
import time

import pytest

from tests.cluster import audit
from tests.cluster.kube import Kube, eventually, install, running_operators, scale_operator
from tests.cluster.manifests import config_map, model_deployment, training_job

SLOW = {
    # Enough trees that the trainer is still at work when the operator dies.
    "data": {"uri": "builtin://digits", "target": "target"},
    "estimator": {
        "class": "sklearn.ensemble.RandomForestClassifier",
        "params": {"n_estimators": "1200", "random_state": "0"},
    },
    "preprocessing": {},
}
CHILDREN = ("deployment", "service", "poddisruptionbudget")


@pytest.fixture
def served(ml: Kube) -> Kube:
    """A namespace in which the line is trained and served."""
    ml.apply(config_map(), training_job(), model_deployment())
    ml.await_condition("mdep", "line", "Ready", "True")
    return ml


def going(kube: Kube) -> list[str]:
    return [
        ns["metadata"]["name"] for ns in kube.list_("namespace") if ns["status"]["phase"] == "Terminating"
    ]


def children(kube: Kube) -> set[tuple[str, str]]:
    found = [child for kind in CHILDREN for child in kube.list_(kind)]
    return {(child["kind"], child["metadata"]["name"]) for child in found}


def test_every_deleted_child_comes_back(served: Kube) -> None:
    before = children(served)
    for kind, name in sorted(before):
        served.do("delete", kind, name, "--wait=false")
    eventually(lambda: children(served) == before, "all children are back")
    served.await_condition("mdep", "line", "Ready", "True")


def test_an_edited_child_is_put_right(served: Kube) -> None:
    served.do("patch", "service", "line", "-p", '{"spec":{"selector":{"leeway.dev/revision":"nonsense"}}}')
    eventually(
        lambda: served.get("service", "line")["spec"]["selector"]["leeway.dev/revision"] != "nonsense",
        "the Service selects stable again",
    )


def test_a_child_that_lost_its_label_is_found_again(served: Kube) -> None:
    (deployment,) = served.list_("deployment")
    served.do("label", "deployment", deployment["metadata"]["name"], "app.kubernetes.io/managed-by-")
    served.await_condition("mdep", "line", "Serving", "True")
    served.do("scale", "mdep/line", "--replicas=2")
    eventually(
        lambda: served.get("mdep", "line")["status"].get("readyReplicas") == 2, "its pods are counted again"
    )


def test_a_job_edited_while_suspended_trains_what_it_says(ml: Kube) -> None:
    ml.apply(config_map(), training_job(suspend=True))
    ml.await_condition("tj", "line-1", "Succeeded", "Unknown", "Suspended")
    assert ml.list_("job") == []
    ml.apply(training_job(suspend=False, estimator={"class": "sklearn.linear_model.Ridge"}))
    ml.await_condition("tj", "line-1", "Succeeded", "True")
    (pod,) = ml.list_("pod", "app.kubernetes.io/component=trainer")
    assert "sklearn.linear_model.Ridge" in pod["metadata"]["annotations"]["leeway.dev/manifest"]


def test_children_go_with_their_owner_while_the_operator_is_down(served: Kube, stopped: Kube) -> None:
    scale_operator(stopped, 0)
    served.do("delete", "mdep", "line")
    eventually(lambda: not children(served), "the garbage collector took the children")


def test_training_finishes_though_the_operator_is_killed(ml: Kube, stopped: Kube) -> None:
    ml.apply(training_job("slow-1", **SLOW))
    ml.await_condition("tj", "slow-1", "Succeeded", "Unknown", "Training")
    stopped.do("delete", "pod", *running_operators(stopped), "--grace-period=0", "--force")
    ml.await_condition("tj", "slow-1", "Succeeded", "True", "Completed", patience=240)
    ml.await_condition("mver", "slow-1", "Ready", "True")


def test_of_two_operators_exactly_one_acts(ml: Kube, stopped: Kube) -> None:
    scale_operator(stopped, 2)
    began = audit.now()
    ml.apply(config_map(), training_job(), model_deployment())
    ml.await_condition("mdep", "line", "Ready", "True")
    writers = {request.pod for request in audit.writes_since(began)}
    assert len(writers) == 1
    assert writers <= set(running_operators(stopped))


def test_at_rest_the_operator_writes_nothing(served: Kube) -> None:
    def quiet() -> bool:
        began = audit.now()
        time.sleep(10)
        return audit.writes_since(began) == []

    # What earlier tests left is still on its way out, and that is no rest.
    eventually(lambda: not going(served), "no namespace is being deleted")
    eventually(quiet, "ten seconds without a write")
    began = audit.now()
    time.sleep(120)  # the promise is about two minutes of rest
    assert audit.writes_since(began) == []


def test_what_users_wrote_stays_as_they_wrote_it(served: Kube) -> None:
    applied = {"kubectl.kubernetes.io/last-applied-configuration"}
    for kind, name in (("tj", "line-1"), ("mdep", "line")):
        shown = served.do("get", kind, name, "--output", "json", "--show-managed-fields")
        found = json.loads(shown)["metadata"]
        assert set(found.get("annotations", {})) == applied
        assert "finalizers" not in found
        assert found["generation"] == 1
        managers = {entry["manager"]: entry.get("subresource") for entry in found["managedFields"]}
        assert managers["leeway"] == "status"
    record = served.get("mver", "line-1")["metadata"]
    assert "annotations" not in record
    assert "finalizers" not in record


def test_one_namespace_needs_no_right_beyond_it(stopped: Kube, namespace: Kube) -> None:
    scale_operator(stopped, 0)
    install(
        namespace, "scope=Namespace", "crds.enabled=false", release="narrow", namespace=namespace.namespace
    )
    namespace.apply(config_map(), training_job(), model_deployment())
    namespace.await_condition("mdep", "line", "Ready", "True")
    bindings = namespace.list_("clusterrolebinding", "app.kubernetes.io/instance=narrow")
    namespace.chart("uninstall", "narrow", "--namespace", namespace.namespace)
    assert bindings == []
