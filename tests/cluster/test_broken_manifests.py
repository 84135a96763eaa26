"""The real API server refuses broken manifests with a message that helps, and takes the right ones."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.contract.broken_fields import AGAINST_THE_FIELDS
from tests.contract.broken_manifests import (
    AGAINST_A_BOUND,
    AGAINST_A_RULE,
    LONGEST,
    Case,
    with_inputs,
)
from tests.contract.objects import (
    Manifest,
    model_deployment,
    model_version,
    smallest_training_job,
    training_job,
)
from tests.contract.updates import AGAINST_WHAT_IS_STORED, ALLOWED_UPDATES, Update

pytestmark = pytest.mark.cluster

Kubectl = Callable[..., subprocess.CompletedProcess[str]]

CRDS = str(Path(__file__).parents[2] / "crds")
NAMESPACE = "t-broken-manifests"
LOST_RACE = "the object has been modified"  # by the operator, which writes its status meanwhile
TRIES = 10
# What the fast tests' CEL engine gives up on: the longest list, within this server's limits of cost.
TOO_LONG_TO_TRY_ELSEWHERE: dict[str, Case] = {
    "the last of 500 inputs by the name of the first": (
        with_inputs(*LONGEST[:-1], LONGEST[0]),
        "two entries of the same name",
    ),
    "the last of 500 features by the name of the one before": (
        training_job(
            data__features=[{"name": name, "type": "numeric"} for name in (*LONGEST[:-1], LONGEST[-2])]
        ),
        "two entries of the same name",
    ),
}
BROKEN = {**AGAINST_A_RULE, **AGAINST_A_BOUND, **AGAINST_THE_FIELDS, **TOO_LONG_TO_TRY_ELSEWHERE}
RIGHT = {
    "a whole TrainingJob": training_job(),
    "the smallest TrainingJob": smallest_training_job(),
    "a whole ModelVersion": model_version(),
    "a whole ModelDeployment": model_deployment(),
    "500 inputs of the longest names": with_inputs(*LONGEST),
    "500 features of the longest names": training_job(
        data__features=[{"name": name, "type": "numeric"} for name in LONGEST]
    ),
}
EXPLAINED = {
    "mdep": "A ModelDeployment serves one version",
    "mdep.spec.rollout": "How the next version takes over",
    "mver.spec.signature.inputs.categories": "The values seen in training",
    "tj.spec.data.expectations.minFraction": "Share of the rows",
    "tj.status.conditions.reason": "one CamelCase word",
}


@pytest.fixture(scope="module")
def api(kubectl: Kubectl) -> Iterator[Kubectl]:
    """kubectl in a namespace of its own, on a cluster that knows the CRDs."""
    if kubectl("get", "-f", CRDS).returncode:
        applied = kubectl("apply", "-f", CRDS)
        assert applied.returncode == 0, applied.stderr
        kubectl("wait", "--for=condition=Established", "-f", CRDS)
    kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait")
    kubectl("create", "namespace", NAMESPACE)
    yield kubectl
    kubectl("delete", "namespace", NAMESPACE, "--wait=false")


def send(kubectl: Kubectl, verb: str, manifest: Manifest, *flags: str) -> subprocess.CompletedProcess[str]:
    """What kubectl answers to the manifest on standard input."""
    metadata = manifest["metadata"] | {"namespace": NAMESPACE}
    text = json.dumps(manifest | {"metadata": metadata})
    for _ in range(TRIES):
        answer = kubectl(verb, "-f", "-", "--namespace", NAMESPACE, *flags, stdin=text)
        if LOST_RACE not in answer.stderr:
            break
    return answer


@pytest.mark.parametrize("case", BROKEN.values(), ids=list(BROKEN))
def test_a_broken_manifest_is_refused(api: Kubectl, case: Case) -> None:
    manifest, says = case
    answer = send(api, "create", manifest, "--dry-run=server")
    assert answer.returncode != 0, "the API server took it"
    assert says in answer.stderr


@pytest.mark.parametrize("manifest", RIGHT.values(), ids=list(RIGHT))
def test_a_right_manifest_is_taken(api: Kubectl, manifest: Manifest) -> None:
    answer = send(api, "create", manifest, "--dry-run=server")
    assert answer.returncode == 0, answer.stderr


@pytest.fixture
def store(api: Kubectl) -> Iterator[Callable[[Manifest], None]]:
    """Stores an object, which goes when the test has ended."""
    kept: list[Manifest] = []

    def keep(manifest: Manifest) -> None:
        answer = send(api, "create", manifest)
        assert answer.returncode == 0, answer.stderr
        kept.append(manifest)

    yield keep
    for manifest in kept:
        send(api, "delete", manifest, "--ignore-not-found", "--wait")


@pytest.mark.parametrize("update", AGAINST_WHAT_IS_STORED.values(), ids=list(AGAINST_WHAT_IS_STORED))
def test_what_is_settled_stays(api: Kubectl, store: Callable[[Manifest], None], update: Update) -> None:
    stored, applied, says = update
    store(stored)
    answer = send(api, "replace", applied, "--dry-run=server")
    assert answer.returncode != 0, "the API server took it"
    assert says in answer.stderr


@pytest.mark.parametrize("update", ALLOWED_UPDATES.values(), ids=list(ALLOWED_UPDATES))
def test_what_may_change_changes(
    api: Kubectl, store: Callable[[Manifest], None], update: tuple[Manifest, Manifest]
) -> None:
    stored, applied = update
    store(stored)
    answer = send(api, "replace", applied, "--dry-run=server")
    assert answer.returncode == 0, answer.stderr


def test_plain_kubectl_apply_takes_the_crds(api: Kubectl) -> None:
    answer = api("apply", "--dry-run=server", "-f", CRDS)
    assert answer.returncode == 0, answer.stderr


@pytest.mark.parametrize(("path", "says"), EXPLAINED.items(), ids=list(EXPLAINED))
def test_kubectl_explains(api: Kubectl, path: str, says: str) -> None:
    assert says in " ".join(api("explain", path).stdout.split())


def test_kubectl_selects_versions_by_their_model(api: Kubectl, store: Callable[[Manifest], None]) -> None:
    store(model_version("credit-1"))
    store(model_version("fraud-1", modelName="fraud"))
    answer = api(
        "get",
        "mver",
        "--namespace",
        NAMESPACE,
        "--field-selector",
        "spec.modelName=fraud",
        "--output",
        "name",
    )
    assert answer.stdout.split() == ["modelversion.leeway.dev/fraud-1"]


def test_kubectl_scales_a_deployment(api: Kubectl, store: Callable[[Manifest], None]) -> None:
    store(model_deployment())
    answer = api("scale", "mdep/credit", "--replicas=3", "--namespace", NAMESPACE)
    assert answer.returncode == 0, answer.stderr
    scaled = api("get", "mdep/credit", "--namespace", NAMESPACE, "--output=jsonpath={.spec.replicas}")
    assert scaled.stdout == "3"
