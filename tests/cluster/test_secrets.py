"""A Secret's value is in no status, Event or log, whatever the spec makes of it."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.cluster.kube import SYSTEM, Kube, Manifest
from tests.cluster.manifests import config_map, model_deployment, training_job
from tests.images.build import read_names

VALUE, KEY, ON_PURPOSE = "hunter2-correct-horse", "battery-staple-4711", "told-on-purpose"
WANTED = (VALUE, KEY, *(base64.b64encode(word.encode()).decode().rstrip("=") for word in (VALUE, KEY)))
VAULT = {"env": [{"name": "VAULT", "valueFrom": {"secretKeyRef": {"name": "vault", "key": "word"}}}]}
TRICK = "$(VAULT)"
LOGIN = "login"
KINDS = (
    "tj", "mver", "mdep", "job", "pod", "replicaset", "deployment", "service", "networkpolicy",
    "poddisruptionbudget", "pvc", "event", "lease",
)  # fmt: skip


def secret(name: str, **values: str) -> Manifest:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": values}


def login() -> Manifest:
    """A login for a store that nobody runs, whose address has the value in it, too."""
    endpoint = f"http://leeway.{SYSTEM}.svc:9"
    return secret(LOGIN, AWS_ACCESS_KEY_ID=KEY, AWS_SECRET_ACCESS_KEY=VALUE, AWS_ENDPOINT_URL=endpoint)


def tricky(name: str, **spec: Any) -> Manifest:
    """A run that has the value in its environment and is not tried again."""
    return training_job(name, **{"pod": VAULT, "backoffLimit": 0, **spec})


def rows_at(uri: str) -> Manifest:
    return {"uri": uri, "format": "csv", "target": "y", "split": {"testPercent": 0}}


RUNS = {
    "in the environment alone": (tricky("plain-1"), "True"),
    "in the output's uri": (
        tricky("output-1", output={"uri": f"s3://b/{TRICK}", "credentialsSecretName": LOGIN}),
        "False",
    ),
    "in the data's uri": (
        tricky("rows-1", data=rows_at(f"s3://b/{TRICK}.csv") | {"credentialsSecretName": LOGIN}),
        "False",
    ),
    "in a path of a host": (
        tricky("host-1", data=rows_at(f"https://leeway.{SYSTEM}.svc/{TRICK}")),
        "False",
    ),
    "in a parameter": (
        tricky("param-1", estimator={"class": "sklearn.linear_model.Ridge", "params": {"solver": TRICK}}),
        "False",
    ),
    "in a column's name": (
        tricky("column-1", data=rows_at("configmap://line/line.csv") | {"target": TRICK}),
        "False",
    ),
}


@pytest.fixture
def told(ml: Kube) -> str:
    """Everything that anybody may read after runs and a deployment that use the Secrets, and a pod that tells one."""
    ml.apply(config_map(), secret("vault", word=VALUE, tell=ON_PURPOSE), login(), teller())
    ml.apply(*(run for run, _ in RUNS.values()))
    ml.apply(model_deployment(version="plain-1", pod=VAULT))
    for run, ended in RUNS.values():
        ml.await_condition("tj", run["metadata"]["name"], "Succeeded", ended, patience=300)
    ml.await_condition("mdep", "line", "Ready", "True")
    return everything(ml)


def everything(kube: Kube) -> str:
    """Return all objects, all logs and all metrics that have to do with the namespace."""
    objects = kube.do("get", ",".join(KINDS), "--output", "json")
    pods = [pod["metadata"]["name"] for pod in kube.list_("pod")]
    logs = [kube.do("logs", pod, "--all-containers") for pod in pods]
    system = kube.within(SYSTEM)
    operators = [
        pod["metadata"]["name"] for pod in system.list_("pod", "app.kubernetes.io/component=operator")
    ]
    logs += [system.do("logs", pod) for pod in operators]
    events = system.do("get", "events", "--output", "json")
    return "\n".join([objects, events, *logs, kube.do("get", "--raw", metrics_of(kube))])


def metrics_of(kube: Kube) -> str:
    return f"/api/v1/namespaces/{kube.namespace}/services/line:80/proxy/metrics"


def test_no_value_of_a_secret_is_told(ml: Kube, told: str) -> None:
    assert [word for word in WANTED if word in told] == []
    assert ON_PURPOSE in told, "the search finds what a pod tells"
    assert [run["metadata"]["name"] for run, _ in RUNS.values() if run["metadata"]["name"] not in told] == []


def teller() -> Manifest:
    """A pod that tells a value of the same Secret."""
    variable = {"name": "TELL", "valueFrom": {"secretKeyRef": {"name": "vault", "key": "tell"}}}
    container = {
        "name": "main",
        "image": read_names()["server"].image,
        "command": ["python3", "-c", "import os; print(os.environ['TELL'])"],
        "env": [variable],
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    security = {"runAsNonRoot": True, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}}
    spec = {"restartPolicy": "Never", "containers": [container], "securityContext": security}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "teller"}, "spec": spec}
