"""The main job with an object store: rows, model and server by way of S3, credentials by Secret, in any cluster."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.kube import Kube
from tests.cluster.manifests import LINE, model_deployment, training_job
from tests.cluster.native.layout import get_home
from tests.cluster.native.programs import get_built
from tests.images.build import read_names

LOGIN = {"AWS_ACCESS_KEY_ID": "reader", "AWS_SECRET_ACCESS_KEY": "a-secret-that-must-not-be-shown"}
SECRET = "s3-login"
DATA = {
    "uri": "s3://loans/line.csv",
    "credentialsSecretName": SECRET,
    "target": "y",
    "split": {"testPercent": 0},
}
SERVE = (
    "until [ -e /store/ready ]; do sleep 0.2; done; exec /store/versitygw --port :7070 posix /store/buckets"
)


@pytest.fixture
def store(ml: Kube) -> Kube:
    """A namespace with an S3 server in a pod of its own, a bucket with rows, and the Secret to reach it."""
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s3-login"}}
    reach = {
        "AWS_ENDPOINT_URL": f"http://s3.{ml.namespace}.svc",
        "AWS_REGION": "us-east-1",
    }
    ml.apply({**secret, "stringData": LOGIN | reach}, gateway_pod(), gateway_service())
    ml.do("wait", "pod/s3", "--for=condition=Ready", "--timeout=60s")
    put(ml, get_built(get_home(), "versitygw"), "/store/versitygw")
    prepare = "chmod +x /store/versitygw && mkdir -p /store/buckets/loans /store/buckets/models"
    ml.do(
        "exec", "-i", "s3", "--", "sh", "-c", f"{prepare} && cat > /store/buckets/loans/line.csv", stdin=LINE
    )
    ml.do("exec", "s3", "--", "touch", "/store/ready")
    return ml


def put(kube: Kube, file: Path, path: str) -> None:
    """The file is in the pod."""
    with file.open("rb") as content:
        command = [str(kube.kubectl), "--kubeconfig", str(kube.kubeconfig), "--namespace", kube.namespace]
        subprocess.run(
            [*command, "exec", "-i", "s3", "--", "sh", "-c", f"cat > {path}"], stdin=content, check=True
        )


def gateway_pod() -> dict[str, Any]:
    """A pod that waits for its S3 server to be put into it, and then runs it."""
    container = {
        "name": "s3",
        "image": read_names()["server"].image,
        "command": ["sh", "-c", SERVE],
        "env": [
            {"name": "ROOT_ACCESS_KEY", "value": LOGIN["AWS_ACCESS_KEY_ID"]},
            {"name": "ROOT_SECRET_KEY", "value": LOGIN["AWS_SECRET_ACCESS_KEY"]},
        ],
        "volumeMounts": [{"name": "store", "mountPath": "/store"}],
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    security = {
        "runAsNonRoot": True,
        "runAsUser": 65532,
        "fsGroup": 65532,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "s3", "labels": {"app": "s3"}},
        "spec": {
            "containers": [container],
            "volumes": [{"name": "store", "emptyDir": {}}],
            "securityContext": security,
            "terminationGracePeriodSeconds": 1,
        },
    }


def gateway_service() -> dict[str, Any]:
    """The S3 server under a name."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "s3"},
        "spec": {"selector": {"app": "s3"}, "ports": [{"port": 80, "targetPort": 7070}]},
    }


def test_rows_model_and_server_by_way_of_s3(store: Kube) -> None:
    store.apply(
        training_job(data=DATA, output={"uri": "s3://models/team-a", "credentialsSecretName": SECRET}),
        model_deployment(),
    )
    store.await_condition("mdep", "line", "Ready", "True")
    uri = store.get("mver", "line-1")["spec"]["files"]["model"]["uri"]
    assert uri.startswith("s3://models/team-a/line/line-1-")
    answer = store.ask("line", "/v1/models/line:predict", {"instances": [[1], [2], [3]]})
    assert answer["predictions"] == pytest.approx([2.0, 4.0, 6.0], abs=1e-6)
    assert store.list_("pvc") == []


def test_a_wrong_secret_is_explained_and_not_shown(store: Kube) -> None:
    store.do("delete", "secret", "s3-login")
    wrong = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s3-login"}}
    reach = {
        "AWS_ENDPOINT_URL": f"http://s3.{store.namespace}.svc",
        "AWS_REGION": "us-east-1",
    }
    store.apply({**wrong, "stringData": {**LOGIN, **reach, "AWS_SECRET_ACCESS_KEY": "not-the-one"}})
    store.apply(training_job(data=DATA))
    found = store.await_condition("tj", "line-1", "Succeeded", "False")
    assert "spec.data.uri" in found["message"]
    assert "spec.data.credentialsSecretName" in found["message"]
    assert "not-the-one" not in str(store.get("tj", "line-1"))
