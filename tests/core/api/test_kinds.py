"""Where objects live and how they are named."""

from __future__ import annotations

import pytest

from leeway.api.kinds import DEPLOYMENT, KINDS, MODEL_DEPLOYMENT, POD, Key, Kind, key_of

PATHS = {
    "one object": (
        MODEL_DEPLOYMENT,
        ("ml", "credit", ""),
        "/apis/leeway.dev/v1alpha1/namespaces/ml/modeldeployments/credit",
    ),
    "its status": (
        MODEL_DEPLOYMENT,
        ("ml", "credit", "status"),
        "/apis/leeway.dev/v1alpha1/namespaces/ml/modeldeployments/credit/status",
    ),
    "all of a namespace": (DEPLOYMENT, ("ml", "", ""), "/apis/apps/v1/namespaces/ml/deployments"),
    "all of the cluster": (DEPLOYMENT, (None, "", ""), "/apis/apps/v1/deployments"),
    "all of the cluster, by the empty name": (DEPLOYMENT, ("", "", ""), "/apis/apps/v1/deployments"),
    "the core group": (POD, ("ml", "credit-x", ""), "/api/v1/namespaces/ml/pods/credit-x"),
}


@pytest.mark.parametrize(("kind", "place", "want"), PATHS.values(), ids=list(PATHS))
def test_the_path_of(kind: Kind, place: tuple[str | None, str, str], want: str) -> None:
    assert kind.path(*place) == want


def test_a_key_reads_as_a_person_would_say_it() -> None:
    assert str(Key("ModelDeployment", "ml", "credit")) == "ModelDeployment ml/credit"


def test_the_key_of_a_manifest() -> None:
    manifest = {"kind": "Pod", "metadata": {"name": "credit-x", "namespace": "ml"}}
    assert key_of(manifest) == Key("Pod", "ml", "credit-x")


def test_every_kind_is_found_by_its_name() -> None:
    assert all(KINDS[name].kind == name for name in KINDS)
