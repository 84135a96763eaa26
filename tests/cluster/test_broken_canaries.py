"""Canaries whose pods break, on the real cluster: taken back by themselves, while stable answers, and drains go on."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import pytest

from tests.cluster.generator import Question, Tally, ask_once, asking, connect
from tests.cluster.kube import Kube, Manifest, eventually
from tests.cluster.processes import SERVER, kill
from tests.cluster.rollouts import Served, serving

PATH = "/v1/models/line:predict"
ROW = {"instances": [[1]]}
PER_SECOND = 50.0
WEIGHT = 50
ANSWERED = 100  # requests that the canary has answered before it crashes
PAUSE = {"weight": WEIGHT, "pause": True}
# The steps, and the last one of them, at which the pods crash.
PLACES = {
    "at the first step": ([PAUSE], 1),
    "at a later step": ([{"weight": 25, "holdSeconds": 1}, PAUSE], 2),
}
# What a canary's pods lack from the start, and the reason of the rollback.
LACKS: dict[str, tuple[Manifest, str]] = {
    "memory": ({"resources": {"limits": {"memory": "24Mi"}}}, "OOMKilled"),
    "a node": ({"nodeSelector": {"leeway.dev/nowhere": "yes"}}, "Unschedulable"),
}


@contextmanager
def started(kube: Kube, name: str, **spec: Any) -> Iterator[tuple[Served, Question]]:
    """Serve the first version, and return what is asked of its Service."""
    with serving(kube, name, **spec) as served:
        served.await_ready("Available")
        host = kube.get("service", name)["spec"]["clusterIP"]
        question = Question(host, PATH, ROW, kube.ask(name, PATH, ROW))
        eventually(partial(_is_answered, question), "the cluster IP answers")
        yield served, question


@contextmanager
def asked(question: Question) -> Iterator[tuple[Tally, Tally]]:
    """Ask until the block ends, over kept connections and over fresh ones."""
    with ExitStack() as stack:
        yield (
            stack.enter_context(asking(question, PER_SECOND, keep_alive=True)),
            stack.enter_context(asking(question, PER_SECOND, keep_alive=False)),
        )


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("steps", "place"), PLACES.values(), ids=PLACES)
def test_a_canary_that_crashes_is_taken_back(lines: Kube, steps: list[Manifest], place: int) -> None:
    rollout = {"steps": steps, "scaleDownDelaySeconds": 0}
    with started(lines, f"crashes-{place}", replicas=4, rollout=rollout) as (served, question):
        with asked(question) as tallies:
            served.change(modelVersionName="line-2")
            canary = served.await_step(place)["revision"]
            kept, closed = tallies
            eventually(lambda: closed.answered["line-2"] >= ANSWERED, "the canary answers at the Service")
            before = kept.sent + closed.sent
            eventually(partial(crash, served, canary), "it is rolled back", 300, served.status)
            served.await_others_gone("line-1")
            during = kept.sent + closed.sent - before
        decision = served.await_decision("RollBack", "line-2")
        print(decision["message"])
        assert (decision["reason"], decision["step"]) == ("Crashing", f"{place}/{len(steps)}")
        assert_bounded(tallies, during)
        assert "quarantine" not in lines.get("mver", "line-2")["status"], (
            "a crash says nothing about the model"
        )


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("pod", "reason"), LACKS.values(), ids=LACKS)
def test_a_canary_that_never_comes_up_is_taken_back(lines: Kube, pod: Manifest, reason: str) -> None:
    rollout = {"progressDeadlineSeconds": 30}
    with started(lines, f"lacks-{reason.lower()}", replicas=2, rollout=rollout) as (served, question):
        before = served.uids()
        with asked(question) as tallies:
            served.change(modelVersionName="line-2", pod=pod)
            decision = served.await_decision("RollBack", "line-2", 300)
            served.await_others_gone("line-1")
        print(decision["message"])
        assert decision["reason"] == reason
        assert served.uids() == before, "stable's pods are the same"
        assert [(tally.lost, tally.failures) for tally in tallies] == [(0, [])] * 2


@pytest.mark.timeout(600)
def test_a_canary_that_is_not_ready_blocks_no_drain(lines: Kube) -> None:
    nowhere, _ = LACKS["a node"]
    with started(lines, "drained", replicas=2) as (served, question):
        stable = served.revision()
        with asked(question) as tallies:
            served.change(modelVersionName="line-2", pod=nowhere)
            eventually(lambda: len(served.pods()) > 2, "the canary has a pod")
            pod = served.pods(stable)[0]["metadata"]
            eventually(partial(evict, served, pod["name"]), f"{pod['name']} may be evicted", 30)
            eventually(partial(is_replaced, served, stable, pod["uid"]), "stable has two ready pods again")
        assert served.revision() == stable
        assert [(tally.lost, tally.failures) for tally in tallies] == [(0, [])] * 2


def crash(served: Served, canary: str) -> bool:
    """Kill the server in each of the canary's pods that has become ready; return whether it was rolled back."""
    for pod in served.pods(canary):
        conditions = {one["type"]: one["status"] for one in pod["status"].get("conditions", ())}
        if conditions.get("Ready") == "True":
            kill(pod, SERVER)
    return bool(served.decisions("RollBack"))


def assert_bounded(tallies: tuple[Tally, Tally], during: int) -> None:
    """What was lost is no more than the canary's share of what was sent while it crashed."""
    # Connections that broke, and the 503 of a server that has just come up again, until the Service knows.
    lost = sum(tally.lost for tally in tallies)
    print(*(dict(tally.answered) for tally in tallies))
    print(Counter(failure.split(maxsplit=1)[1][:40] for tally in tallies for failure in tally.failures))
    print(f"{lost} of {during} requests were lost with the canary's pods; its weight is {WEIGHT}")
    assert lost <= during * WEIGHT / 100


def evict(served: Served, pod: str) -> bool:
    """Ask for the eviction of a pod as `kubectl drain` does, and return whether it was admitted."""
    eviction = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": pod, "namespace": served.kube.namespace},
    }
    path = f"/api/v1/namespaces/{served.kube.namespace}/pods/{pod}/eviction"
    answer = served.kube.run("create", "--raw", path, "-f", "-", stdin=json.dumps(eviction))
    print(answer.stdout, answer.stderr)
    return answer.returncode == 0


def is_replaced(served: Served, revision: str, gone: str) -> bool:
    """Return whether the pod is gone, and the revision has two ready ones."""
    return served.endpoints(revision) == 2 and gone not in {
        pod["metadata"]["uid"] for pod in served.pods(revision)
    }


def _is_answered(question: Question) -> bool:
    return ask_once(question, connect(question), Tally(), keep_alive=False)
