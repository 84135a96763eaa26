"""Bad input: each ends in a condition whose message names the field or file and the remedy, within a minute."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.cluster.kube import SYSTEM, Kube, eventually, install
from tests.cluster.manifests import config_map, model_deployment, training_job

MINUTE = 60.0
NAMESPACE = "t-bad-input"
LOST = "sha256:" + "00" * 32


@dataclass(frozen=True, slots=True)
class Bad:
    """A manifest, the condition that must speak, the reason it gives and what its message names."""

    manifest: dict[str, Any]
    condition: str
    reason: str
    says: tuple[str, ...]


def job(name: str, data: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return training_job(name, data={"target": "y", "split": {"testPercent": 0}, **data}, **spec)


def lines(key: str) -> dict[str, Any]:
    return {"uri": f"configmap://bad/{key}"}


def version(name: str, **file: Any) -> dict[str, Any]:
    """A ModelVersion written by hand for the model of the good job."""
    column = {"name": "x", "type": "numeric"}
    return {
        "apiVersion": "leeway.dev/v1alpha1",
        "kind": "ModelVersion",
        "metadata": {"name": name},
        "spec": {
            "modelName": "line",
            "files": {"model": {"digest": LOST, **file}},
            "signature": {"inputs": [column], "outputs": [{"name": "prediction", "type": "numeric"}]},
        },
    }


DATA = {
    "good.csv": "x,y\n1,2\n2,4\n3,6\n",
    "empty.csv": "",
    "header.csv": "x,y\n",
    "words.csv": "x,y\n1,2\ntwo,4\n3,6\n",
}
NUMBERS = [{"name": "x", "type": "numeric"}]
TOKEN = {"name": "tracking", "key": "token"}
STRICT = [{"name": "many", "check": "RowCount", "min": "1000"}]

CASES: dict[str, Bad] = {
    "a target that is no column": Bad(
        job("no-target", {**lines("good.csv"), "target": "z"}),
        "Succeeded", "TargetMissing", ("spec.data.target", '"z"', "good.csv")),
    "words among numbers": Bad(
        job("words", {**lines("words.csv"), "features": NUMBERS}),
        "Succeeded", "WrongType", ("words.csv", "x", "two")),
    "an empty file": Bad(job("empty", lines("empty.csv")), "Succeeded", "DataEmpty", ("empty.csv",)),
    "a file with a header alone": Bad(job("header", lines("header.csv")), "Succeeded", "DataEmpty", ("header.csv",)),
    "a private address that nobody allowed": Bad(
        job("private", {"uri": "http://leeway.leeway-system.svc:8080/loans.csv", "format": "csv"}),
        "Succeeded", "InvalidSpec", ("spec.data.uri", "leeway.leeway-system.svc (", "private address", "fetch.allow")),
    "an address of the pod itself": Bad(
        job("loopback", {"uri": "http://127.1:8080/loans.csv", "format": "csv"}),
        "Succeeded", "InvalidSpec", ("spec.data.uri", "127.1 (127.0.0.1)", "loopback")),
    "a ConfigMap that is not there": Bad(
        job("no-map", {"uri": "configmap://absent/good.csv"}),
        "Succeeded", "DataNotFound", ("spec.data.uri", "absent")),
    "another digest than pinned": Bad(
        job("pinned", {**lines("good.csv"), "digest": LOST}),
        "Succeeded", "DigestMismatch", ("spec.data.digest", LOST)),
    "an estimator off the list": Bad(
        job("class", lines("good.csv"), estimator={"class": "sklearn.pipeline.Pipeline"}),
        "Succeeded", "EstimatorNotAllowed", ("spec.estimator.class", "sklearn.pipeline.Pipeline")),
    "a parameter that the estimator lacks": Bad(
        job("param", lines("good.csv"),
            estimator={"class": "sklearn.linear_model.LinearRegression", "params": {"fit_intercpt": "true"}}),
        "Succeeded", "InvalidSpec", ("spec.estimator.params", "fit_intercpt", "fit_intercept")),
    "an expectation that does not hold": Bad(
        job("expects", {**lines("good.csv"), "expectations": STRICT}),
        "Succeeded", "ExpectationFailed", ("many", "1000", "3")),
    "a trainer over its memory limit": Bad(
        job("memory", lines("good.csv"), pod={"resources": {"limits": {"memory": "48Mi"}}}),
        "Succeeded", "OOMKilled", ("48Mi", "spec.pod.resources.limits.memory")),
    "a claim that does not exist": Bad(
        job("claim", {"uri": "pvc://nowhere/loans.csv"}),
        "Succeeded", "ClaimNotFound", ('"nowhere"', "spec.data.uri")),
    "a pod that fits no node": Bad(
        job("huge", lines("good.csv"), pod={"resources": {"requests": {"cpu": "1000"}}}),
        "Succeeded", "Unschedulable", ("spec.pod.resources",)),
    "a Secret that does not exist": Bad(
        job("secret", lines("good.csv"), pod={"env": [{"name": "TOKEN", "valueFrom": {"secretKeyRef": TOKEN}}]}),
        "Succeeded", "ConfigurationMissing", ("tracking", "spec.pod.env")),
    "credentials that do not exist": Bad(
        job("login", {"uri": "s3://loans/line.csv", "credentialsSecretName": "s3-login"}),
        "Succeeded", "StoreUnavailable", ("s3-login", "spec.data.credentialsSecretName", "AWS_ACCESS_KEY_ID")),
    "a version that does not exist": Bad(
        model_deployment("absent", "never-trained"),
        "Ready", "VersionNotFound", ("never-trained", "spec.modelVersionName")),
    "a version that cannot be verified": Bad(
        version("unfetchable", uri="pvc://leeway-models/line/nothing/model.skops"),
        "Ready", "ArtifactNotFound", ("spec.files.model.uri",)),
    "a deployment of a version that is refused": Bad(
        model_deployment("refused", "unfetchable"), "Ready", "VersionNotReady", ("unfetchable",)),
    "a deployment of another model's version": Bad(
        model_deployment("mixed", "good-1", modelName="roses"),
        "Ready", "ModelMismatch", ("roses", "spec.modelVersionName")),
}  # fmt: skip


def count_restarts(kube: Kube) -> dict[str, int]:
    """How often each operator pod has been restarted, by uid; a pod that is leaving for its successor is none."""
    pods = kube.within(SYSTEM).list_("pod", "app.kubernetes.io/component=operator")
    return {
        pod["metadata"]["uid"]: sum(each["restartCount"] for each in pod["status"]["containerStatuses"])
        for pod in pods
        if "deletionTimestamp" not in pod["metadata"]
    }


@pytest.fixture(scope="module")
def restarts_before(operator: Kube) -> dict[str, int]:
    """What happened to the operator before the bad manifests: a node that was restarted restarts its pods."""
    return count_restarts(operator)


@pytest.fixture(scope="module")
def bad(operator: Kube, restarts_before: dict[str, int]) -> Iterator[Kube]:
    """A namespace to which all the bad manifests were applied at once, beside a good one."""
    operator.run("delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait")
    operator.do("create", "namespace", NAMESPACE)
    kube = operator.within(NAMESPACE)
    good = [config_map("bad", "good.csv", ""), job("good-1", lines("good.csv"))]
    good[0]["data"] = DATA
    kube.apply(*good)
    kube.await_condition("mver", "good-1", "Ready", "True")
    kube.apply(*(case.manifest for case in CASES.values()))
    yield kube
    operator.run("delete", "namespace", NAMESPACE, "--wait=false")


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_bad_input_is_explained(bad: Kube, case: Bad) -> None:
    kind, name = case.manifest["kind"], case.manifest["metadata"]["name"]
    # All of them share two cores, so that each may take more than its own minute.
    found = eventually(
        lambda: spoken(bad, kind, name, case),
        f"{kind} {name}: {case.condition} says {case.reason}",
        MINUTE * 3,
        lambda: bad.condition(kind, name, case.condition),
    )
    assert [word for word in case.says if word not in found["message"]] == []


def spoken(kube: Kube, kind: str, name: str, case: Bad) -> dict[str, Any] | None:
    condition = kube.condition(kind, name, case.condition)
    return condition if condition.get("reason") == case.reason else None


def test_the_operator_neither_loops_nor_exits(bad: Kube, restarts_before: dict[str, int]) -> None:
    assert restarts_before
    assert count_restarts(bad) == restarts_before


def test_an_image_that_cannot_be_pulled_is_named(operator: Kube, namespace: Kube) -> None:
    system = operator.within(SYSTEM)
    system.do("scale", "deployment", "leeway", "--replicas=0")
    try:
        place = ("scope=Namespace", "crds.enabled=false", "trainerImage.tag=never-built")
        install(namespace, *place, release="narrow", namespace=namespace.namespace)
        namespace.apply(config_map(), training_job())
        found = namespace.await_condition("tj", "line-1", "Succeeded", "Unknown", "ImagePullFailed", MINUTE)
        assert "never-built" in found["message"]
    finally:
        namespace.chart("uninstall", "narrow", "--namespace", namespace.namespace)
        system.do("scale", "deployment", "leeway", "--replicas=1")
