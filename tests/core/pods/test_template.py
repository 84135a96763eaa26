"""What a user gives a pod reaches it; what the operator sets stays as it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from leeway.api.kinds import Manifest
from leeway.api.model_deployment import ModelDeployment
from leeway.api.model_version import ModelVersion
from leeway.api.training.job import TrainingJob
from leeway.core.deployment.children.workload import make_deployment, read_setting
from leeway.core.deployment.revision import Setting, make_revision, read_version
from leeway.core.pods.credentials import KEYS
from leeway.core.training.job import make_train_job
from leeway.core.versions.job import make_verify_job
from tests.core.worlds import PLATFORM, model_deployment, model_version, training_job

ACCOUNT = "model-reader"


def make_server(deployment: Manifest, version: Manifest, account: str, allowed: str = "") -> Manifest:
    spec = ModelDeployment.model_validate(deployment).spec
    named = read_version(version)
    revision = make_revision(spec, named, Setting("server:1", "Always", account, allowed))
    return make_deployment(deployment, spec, named, revision, spec.replicas)


def template(pod: dict[str, Any], account: str = "", allowed: str = "") -> dict[str, Manifest]:
    """The pod templates of trainer, verifier and server that are given this."""
    job, version, deployment = training_job(pod=pod), model_version(pod=pod), model_deployment(pod=pod)
    platform = replace(PLATFORM, service_account=account, fetch_allow=allowed)
    made = {
        "trainer": make_train_job(TrainingJob.model_validate(job), job, platform),
        "verifier": make_verify_job(
            ModelVersion.model_validate({**version, "status": {}}), version, platform
        ),
        "server": make_server(deployment, version, account, allowed),
    }
    return {name: manifest["spec"]["template"] for name, manifest in made.items()}


def in_pod(*path: str | int) -> Any:
    def found(made: Manifest) -> Any:
        value: Any = made
        for step in path:
            value = value[step] if isinstance(step, int) else value.get(step)
        return value

    return found


CONTAINER = ("spec", "containers", 0)
TOLERATION = {"key": "gpu", "operator": "Exists"}
GIVEN: dict[str, tuple[dict[str, Any], Any, Any]] = {
    "resources": (
        {"resources": {"requests": {"cpu": "2"}}},
        in_pod(*CONTAINER, "resources"),
        {"requests": {"cpu": "2"}},
    ),
    "a node selector": ({"nodeSelector": {"pool": "a"}}, in_pod("spec", "nodeSelector"), {"pool": "a"}),
    "tolerations": ({"tolerations": [TOLERATION]}, in_pod("spec", "tolerations"), [TOLERATION]),
    "pull secrets": (
        {"imagePullSecretNames": ["a", "b"]},
        in_pod("spec", "imagePullSecrets"),
        [{"name": "a"}, {"name": "b"}],
    ),
    "a priority class": ({"priorityClassName": "low"}, in_pod("spec", "priorityClassName"), "low"),
    "a label": ({"labels": {"team": "risk"}}, in_pod("metadata", "labels", "team"), "risk"),
    "an annotation": (
        {"annotations": {"example.com/mesh": "off"}},
        in_pod("metadata", "annotations", "example.com/mesh"),
        "off",
    ),
    "a variable with a reference, which Kubernetes resolves": (
        {"env": [{"name": "ALL", "value": "$(HOME)/x"}]},
        lambda made: [e for e in in_pod(*CONTAINER, "env")(made) if e["name"] == "ALL"],
        [{"name": "ALL", "value": "$(HOME)/x"}],
    ),
    "no label of the operator's": (
        {"labels": {"leeway.dev/owner-name": "x"}},
        lambda made: made["metadata"]["labels"]["leeway.dev/owner-name"] != "x",
        True,
    ),
    "no annotation of the operator's": (
        {"annotations": {"leeway.dev/manifest": "{}"}},
        lambda made: made["metadata"]["annotations"]["leeway.dev/manifest"] != "{}",
        True,
    ),
    "no variable of the operator's": (
        {"env": [{"name": "LEEWAY_STORE_ROOT", "value": "/etc"}]},
        lambda made: (
            {"name": "LEEWAY_STORE_ROOT", "value": "/leeway/store"} in in_pod(*CONTAINER, "env")(made)
        ),
        True,
    ),
}


@pytest.mark.parametrize("pod", ["trainer", "verifier", "server"])
@pytest.mark.parametrize("case", GIVEN.values(), ids=list(GIVEN))
def test_a_pod_is_given(case: tuple[dict[str, Any], Any, Any], pod: str) -> None:
    given, read, want = case
    assert read(template(given)[pod]) == want


@pytest.mark.parametrize("pod", ["trainer", "verifier", "server"])
def test_an_installation_may_name_a_service_account_and_no_token_is_mounted(pod: str) -> None:
    spec = template({}, ACCOUNT)[pod]["spec"]
    assert (spec["serviceAccountName"], spec["automountServiceAccountToken"]) == (ACCOUNT, False)


@pytest.mark.parametrize("pod", ["trainer", "verifier", "server"])
def test_without_one_the_namespace_decides(pod: str) -> None:
    assert "serviceAccountName" not in template({})[pod]["spec"]


ALLOWED = "10.96.0.0/12,minio.storage.svc"


@pytest.mark.parametrize("pod", ["trainer", "verifier", "server"])
def test_a_pod_is_told_what_the_installation_lets_it_fetch_from(pod: str) -> None:
    told = {"name": "LEEWAY_FETCH_ALLOW", "value": ALLOWED}
    hostile = {"env": [{"name": "LEEWAY_FETCH_ALLOW", "value": "0.0.0.0/0"}]}
    env = in_pod(*CONTAINER, "env")(template(hostile, allowed=ALLOWED)[pod])
    assert [entry for entry in env if entry["name"] == "LEEWAY_FETCH_ALLOW"] == [told]
    assert "LEEWAY_FETCH_ALLOW" not in str(template(hostile)[pod]["spec"])


def test_a_verifier_requests_little_unless_told_otherwise() -> None:
    assert in_pod(*CONTAINER, "resources")(template({})["verifier"]) == {
        "requests": {"cpu": "100m", "memory": "256Mi"}
    }


HOSTILE = "pvc://models/$(LEEWAY_JOB)/$$(HOME)"


def test_kubernetes_expands_nothing_in_what_a_user_wrote() -> None:
    job = training_job(output={"uri": HOSTILE})
    (container,) = make_train_job(TrainingJob.model_validate(job), job, PLATFORM)["spec"]["template"]["spec"][
        "containers"
    ]
    texts = [*container["args"], *(entry["value"] for entry in container["env"])]
    assert [text for text in texts if expanded(text) != text.replace("$$", "$")] == []
    assert f"{HOSTILE}/iris/iris-1-11111111" in [expanded(text) for text in texts]


def expanded(text: str) -> str:
    """The text after Kubernetes has expanded it, which leaves `$$` as one dollar and replaces `$(NAME)`."""
    found, rest = "", text
    while "$" in rest:
        before, rest = rest.split("$", 1)
        found += before
        if rest.startswith("$"):
            found, rest = found + "$", rest[1:]
        elif rest.startswith("("):
            found, rest = found + "EXPANDED", rest.partition(")")[2]
        else:
            found += "$"
    return found + rest


DATA = {"uri": "s3://a/b.csv", "target": "y", "credentialsSecretName": "lake"}
OUTPUT = {"uri": "s3://models/x", "credentialsSecretName": "models"}


def test_the_trainer_sees_the_secrets_of_data_and_output_apart() -> None:
    job = training_job(data=DATA, output=OUTPUT)
    made = make_train_job(TrainingJob.model_validate(job), job, PLATFORM)
    assert secrets_of(made["spec"]["template"]["spec"]) == {
        "/leeway/credentials/data": "lake",
        "/leeway/credentials/output": "models",
    }


def test_verifier_and_server_see_the_secret_of_the_version() -> None:
    version = model_version(credentialsSecretName="models")
    deployment = model_deployment()
    verifier = make_verify_job(ModelVersion.model_validate({**version, "status": {}}), version, PLATFORM)
    server = make_server(deployment, version, "")
    for made in (verifier, server):
        assert secrets_of(made["spec"]["template"]["spec"]) == {"/leeway/credentials/version": "models"}


def test_without_a_name_no_secret_is_mounted() -> None:
    assert [secrets_of(made["spec"]) for made in template({}).values()] == [{}, {}, {}]


def secrets_of(spec: Manifest) -> dict[str, str]:
    """Which Secret is seen where; each has the fixed keys and no other, and may be missing."""
    volumes = {volume["name"]: volume["secret"] for volume in spec["volumes"] if "secret" in volume}
    for secret in volumes.values():
        assert secret["optional"]
        assert [(item["key"], item["path"]) for item in secret["items"]] == [(key, key) for key in KEYS]
    mounts = spec["containers"][0]["volumeMounts"]
    assert all(mount["readOnly"] for mount in mounts if mount["name"] in volumes)
    return {
        mount["mountPath"]: volumes[mount["name"]]["secretName"]
        for mount in mounts
        if mount["name"] in volumes
    }


def test_the_setting_of_a_server_is_read_back() -> None:
    made = make_server(model_deployment(), model_version(), ACCOUNT, "10.0.0.0/8")
    assert read_setting(made) == Setting("server:1", "Always", ACCOUNT, "10.0.0.0/8")
