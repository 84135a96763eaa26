"""The operator's server image changes, for the worse and back: what ran goes on, and what did not is made well."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cluster.kube import Kube, install
from tests.cluster.rollouts import Served, serving
from tests.images.build import read_names

BROKEN = "never-built"


@pytest.fixture
def proven(lines: Kube) -> Iterator[Served]:
    """A deployment whose stable version is line-2, and which ran line-1 before."""
    with serving(lines, "proven") as served:
        served.await_stable("line-1")
        served.change(modelVersionName="line-2")
        served.await_alone("line-2")
        yield served


@pytest.fixture
def broken(operator: Kube) -> Iterator[Kube]:
    """The operator with a server image that does not exist; it has the right one again afterwards."""
    install(operator, f"serverImage.tag={BROKEN}")
    yield operator
    install(operator)


def images(served: Served) -> set[str]:
    return {pod["spec"]["containers"][0]["image"] for pod in served.pods()}


def revisions(served: Served) -> set[str]:
    """Return the versions of whose revisions there is a Deployment in the right image."""
    found = served.kube.list_("deployment", f"leeway.dev/deployment={served.name}")
    good = [one for one in found if BROKEN not in one["spec"]["template"]["spec"]["containers"][0]["image"]]
    return {one["metadata"]["labels"]["leeway.dev/revision"] for one in good}


def test_a_broken_server_image_harms_neither_the_way_back_nor_the_way_on(
    proven: Served, broken: Kube
) -> None:
    second = proven.revision()
    proven.change(modelVersionName="line-1")
    proven.await_alone("line-1")
    assert images(proven) == {read_names()["server"].image}, "going back starts what ran, in its own image"

    proven.change(modelVersionName="line-3")
    proven.await_ready("ImagePullFailed", "False")
    assert proven.kube.condition("mdep", proven.name, "Serving")["status"] == "True"
    install(broken)
    proven.await_alone("line-3")
    assert images(proven) == {read_names()["server"].image}, "the canary takes the image that was put right"
    assert second in revisions(proven), "what was never ready takes no place from what is known to be good"
