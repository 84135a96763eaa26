"""No request is lost: counted through the Service's cluster IP until after the last old pod is gone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

import pytest

from tests.cluster.generator import Question, Tally, ask_once, asking, connect
from tests.cluster.kube import Kube, eventually
from tests.cluster.rollouts import Served, serving

PATH = "/v1/models/line:predict"
ROW = {"instances": [[1]]}
PER_SECOND = 40.0
AT_LEAST = 3000
AFTERWARDS = 200  # requests that are sent when nothing changes any more


@pytest.fixture
def served(lines: Kube) -> Iterator[Served]:
    """Two pods that answer."""
    with serving(lines, "asked", replicas=2) as served:
        served.await_ready("Available")
        yield served


def test_no_request_is_lost_whatever_happens_to_the_deployment(served: Served) -> None:
    host = served.kube.get("service", served.name)["spec"]["clusterIP"]
    question = Question(host, PATH, ROW, served.kube.ask(served.name, PATH, ROW))
    # The API server's proxy answers before the node knows the way to a new cluster IP.
    eventually(partial(is_answered, question), "the cluster IP answers")
    with (
        asking(question, PER_SECOND, keep_alive=True) as kept,
        asking(question, PER_SECOND, keep_alive=False) as closed,
    ):
        change_the_version(served, "line-2")
        lose_the_labels(served)
        misspell_the_model(served)
        change_the_version(served, "line-1")
        await_requests((kept, closed), AT_LEAST)
    for tally in (kept, closed):
        print(f"{tally.sent} requests, {tally.lost} lost, answered by {dict(tally.answered)}")
        assert (tally.lost, tally.failures) == (0, [])
        assert set(tally.answered) == {"line-1", "line-2"}, (
            "each version answered, by the header that names it"
        )


def is_answered(question: Question) -> bool:
    """Whether a request that is not counted has an answer."""
    return ask_once(question, connect(question), Tally(), keep_alive=False)


def change_the_version(served: Served, version: str) -> None:
    """Roll out the version, until after the last pod of the former one is gone."""
    served.change(modelVersionName=version)
    served.await_alone(version)


def lose_the_labels(served: Served) -> None:
    """Take the labels by which we find stable's Deployment from it: it gets them back, and no pod is touched."""
    before = served.uids()
    for label in ("leeway.dev/revision", "leeway.dev/deployment", "app.kubernetes.io/managed-by"):
        served.kube.do("label", "deployment", served.deployment(), f"{label}-")
        eventually(partial(has_label, served, label), f"{label} is back")
        served.await_ready("Available")
    assert served.uids() == before


def has_label(served: Served, label: str) -> bool:
    return label in served.kube.get("deployment", served.deployment())["metadata"]["labels"]


def misspell_the_model(served: Served) -> None:
    """Name a model that the version is not of, and correct it: no pod is touched."""
    before = served.uids()
    served.change(modelName="lien")
    served.await_ready("ModelMismatch", "False")
    assert served.kube.condition("mdep", served.name, "Serving")["status"] == "True"
    served.change(modelName="line")
    served.await_ready("Available")
    assert served.uids() == before


def await_requests(tallies: Iterable[Tally], number: int) -> None:
    """Wait until so many requests were sent in all, and some more from now on."""
    wanted = max(number, sent(tallies) + AFTERWARDS)
    eventually(lambda: sent(tallies) >= wanted, f"{wanted} requests were sent", 180)


def sent(tallies: Iterable[Tally]) -> int:
    return sum(tally.sent for tally in tallies)
