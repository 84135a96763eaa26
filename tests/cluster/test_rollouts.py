"""Rollouts on the real cluster, judged by what pods count: no request is lost, whatever becomes of the canary."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.cluster.applications import DRIFT, GOOD, IN_CENTS, TWIN, applying, none_lost, train_versions
from tests.cluster.kube import Kube, Manifest, eventually
from tests.cluster.rollouts import Served, command, serving

STEPS = {"steps": [{"weight": 25, "holdSeconds": 5, "minSamples": 200}, {"weight": 50, "holdSeconds": 5}]}
GATES = [
    {"metric": "DataDrift", "threshold": "0.2", "onFail": "Rollback"},
    {"metric": "PredictionDrift", "onFail": "Rollback"},
]
PLAINEST = [{"metric": "DataDrift", "threshold": "0.2", "onFail": "Rollback"}]
PATIENCE_SECONDS = 600


@pytest.fixture(scope="module")
def loans(operator: Kube) -> Iterator[Kube]:
    """A namespace with a version, its twin, and one that was trained on incomes in cents."""
    operator.run("delete", "namespace", "t-loans", "--ignore-not-found", "--wait")
    operator.do("create", "namespace", "t-loans")
    kube = operator.within("t-loans")
    train_versions(kube)
    yield kube
    operator.run("delete", "namespace", "t-loans", "--wait=false")


@pytest.mark.timeout(1200)
def test_a_good_version_passes_its_gates_step_by_step_and_is_promoted(loans: Kube) -> None:
    with started(loans, "good", replicas=4, rollout=STEPS, gates=GATES) as served:
        before = served.revision()
        with applying(served) as tallies:
            served.change(modelVersionName=TWIN)
            canary = served.await_step(1)["revision"]
            assert (served.endpoints(before), served.endpoints(canary)) == (3, 1)
            served.await_step(2)
            promoted = served.await_decision("Promote", TWIN, PATIENCE_SECONDS)
            uids = served.uids(canary)
            served.await_alone(TWIN)
            assert served.uids(canary) >= uids, "promotion restarts no pod"
        print(promoted["message"])
        told = [one for one in served.decisions() if one["modelVersionName"] == TWIN]
        assert [one["step"] for one in told][:2] == ["1/2", "2/2"]
        assert served.decisions("RollBack") == []
        assert none_lost(tallies)
        assert all(set(tally.answered) == {GOOD, TWIN} for tally in tallies)


@pytest.mark.timeout(1200)
def test_the_plainest_gate_takes_a_version_trained_on_another_unit_back(loans: Kube) -> None:
    with started(loans, "cents", gates=PLAINEST) as served:
        with applying(served) as tallies:
            served.change(modelVersionName=IN_CENTS)
            decision = served.await_decision("RollBack", IN_CENTS, PATIENCE_SECONDS)
            served.await_others_gone(GOOD)
            sent = [tally.answered[IN_CENTS] for tally in tallies]
        assert sum(sent) > 0, "the canary answered at the Service"
        assert none_lost(tallies)
        print(decision["message"])
        assert_told(served, decision)
        assert_quarantined(loans, served, decision)
        unchanged = served.status()["decisions"]
        served.change(modelVersionName=IN_CENTS, gates=PLAINEST)
        served.await_ready("RolledBack", "False")
        assert served.status()["decisions"] == unchanged, "the same manifest again is nothing new"
    assert command(loans, "mver", IN_CENTS, "lift-quarantine")["isDone"]
    loans.await_condition("mver", IN_CENTS, "Ready", "True")


@pytest.mark.timeout(1200)
def test_drift_in_both_arms_is_told_and_takes_nothing_back(loans: Kube) -> None:
    # The guard judges no window that is not full, and the least one is a minute.
    with started(loans, "drifted", gates=PLAINEST, guard={"windowSeconds": 60}) as served:
        with applying(served, growth=DRIFT) as tallies:
            served.change(modelVersionName=TWIN)
            eventually(lambda: "DriftDetected" in served.reasons(), "the drift is told", PATIENCE_SECONDS)
            # What stable has left as well is no reason against the canary (decision 0025).
            served.await_decision("Promote", TWIN, PATIENCE_SECONDS)
            served.await_alone(TWIN)
            drift = loans.await_condition(
                "mdep", served.name, "DriftDetected", "True", patience=PATIENCE_SECONDS
            )
            print(drift["message"])
        assert served.decisions("RollBack") == []
        assert none_lost(tallies)


@contextmanager
def started(kube: Kube, name: str, **spec: Any) -> Iterator[Served]:
    """Serve the first version until the block ends."""
    with serving(kube, name, GOOD, modelName="loan", **spec) as served:
        served.await_ready("Available")
        yield served


def assert_told(served: Served, decision: Manifest) -> None:
    """The decision is in the record with numbers, in the condition, and in an Event."""
    ready = served.kube.condition("mdep", served.name, "Ready")
    assert (ready["status"], ready["reason"]) == ("False", "RolledBack")
    assert served.kube.condition("mdep", served.name, "Stalled")["status"] == "True"
    assert served.kube.condition("mdep", served.name, "Serving")["status"] == "True"
    assert decision["verdict"]["features"] == ["income"]
    assert float(decision["verdict"]["lower"]) > float(decision["verdict"]["threshold"])
    assert all(word in decision["message"] for word in ("income PSI", "lower bound", IN_CENTS))
    assert "RolledBack" in served.reasons()


def assert_quarantined(kube: Kube, served: Served, decision: Manifest) -> None:
    """The version says by whom and by which decision it was rolled back."""
    kube.await_condition("mver", IN_CENTS, "Quarantined", "True")
    quarantine = kube.get("mver", IN_CENTS)["status"]["quarantine"]
    assert (quarantine["deploymentName"], quarantine["decisionId"]) == (served.name, decision["id"])
    assert quarantine["verdict"] == decision["verdict"]
