"""Two versions side by side under traffic: the status counts each request that was sent to each, to the last one.

The driver waits until all it sent is counted before it kills anything, so that no count is lost with a pod. What was
counted and not written is lost with the operator, and so is what a pod counts while none works: it waits there, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

import pytest

from tests.cluster.generator import Question, Tally, ask_once, asking, connect
from tests.cluster.kube import SYSTEM, Kube, Manifest, eventually
from tests.cluster.manifests import config_map, training_job
from tests.cluster.processes import kill_operators
from tests.cluster.rollouts import Served, serving

PATH = "/v1/models/line:predict"
ROW = {"instances": [[1]]}
PER_SECOND = 40.0
AT_LEAST = 300
STEP = {"steps": [{"weight": 50, "pause": True}]}
GATES = [{"name": "errors", "metric": "ErrorRate"}, {"name": "latency", "metric": "Latency"}]
PATIENCE_SECONDS = 150  # counts are written about once a minute
# In no order: a column that rises from row to row counts something, and no profile has it.
ROWS = "x,y\n" + "".join(f"{x},{2 * x}\n" for x in (place * 37 % 400 / 4 for place in range(400)))
ARMS = {"canary": "line-2", "stable": "line-1"}


@dataclass
class Driver:
    """Sends to each arm's own Service, and knows how much it sent."""

    served: Served
    sent: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ARMS, 0))

    def drive(self) -> None:
        """Send some hundred requests to each arm; each is answered by the arm's version."""
        questions = {arm: self.question(arm) for arm in ARMS}
        with (
            asking(questions["canary"], PER_SECOND, keep_alive=False) as canary,
            asking(questions["stable"], PER_SECOND * 1.5, keep_alive=True) as stable,
        ):
            eventually(lambda: min(canary.sent, stable.sent) >= AT_LEAST, "enough was sent")
        for arm, tally in (("canary", canary), ("stable", stable)):
            assert (tally.lost, tally.failures, set(tally.answered)) == (0, [], {ARMS[arm]})
            self.sent[arm] += tally.sent

    def question(self, arm: str) -> Question:
        """Return what is asked of the arm's Service, once that answers; what it takes to find out is counted."""
        name = f"{self.served.name}-{arm}"
        host = self.served.kube.get("service", name)["spec"]["clusterIP"]
        want = self.served.kube.ask(name, PATH, ROW)
        self.sent[arm] += 1
        question = Question(host, PATH, ROW, want)
        eventually(partial(self._is_answered, arm, question), f"the Service {name} answers")
        return question

    def _is_answered(self, arm: str, question: Question) -> bool:
        tally = Tally()
        is_answered = ask_once(question, connect(question), tally, keep_alive=False)
        self.sent[arm] += tally.answered.total()
        return is_answered

    def await_counted(self) -> Manifest:
        """Wait until the status counts what was sent, and return the evidence."""

        def counted() -> Manifest | None:
            found: Manifest = self.served.status()["evidence"]
            return found if {arm: found[arm]["requests"] for arm in ARMS} == self.sent else None

        return eventually(
            counted, f"{self.sent} are counted", PATIENCE_SECONDS, lambda: self.served.status()["evidence"]
        )


@pytest.fixture
def driver(lines: Kube) -> Iterator[Driver]:
    """Two pods of each version, four together, and the step has begun."""
    with serving(lines, "held", replicas=4, rollout=STEP, gates=GATES) as served:
        served.await_ready("Available")
        served.change(modelVersionName="line-2")
        served.await_ready("StepPaused", "False")
        eventually(lambda: "startTime" in served.status().get("evidence", {}), "the evidence begins", 60)
        yield Driver(served)


@pytest.mark.timeout(900)  # four times until the counts are written
def test_every_request_is_counted_whatever_happens_to_pods_and_operator(driver: Driver) -> None:
    for happens in (nothing, lose_pods, shrink, partial(kill_the_operator, driver.served.kube)):
        happens(driver.served)
        driver.drive()
        evidence = driver.await_counted()
        print(f"{driver.sent} sent and counted; {[evidence[arm]['pods'] for arm in ARMS]} pods")
    verdicts = {one["name"]: one for one in driver.served.status()["verdicts"]}
    assert set(verdicts) == {"errors", "latency", "arms-comparable", "invalid-input"}
    assert verdicts["errors"]["canaryRows"] > 0
    assert all(one["message"] for one in verdicts.values())
    assert driver.served.status()["stable"]["modelVersionName"] == "line-1"


def test_a_canary_goes_on_by_a_command(driver: Driver) -> None:
    driver.served.command("promote")
    driver.served.await_stable("line-2")
    assert "evidence" not in driver.served.status()
    assert "StepPaused" in driver.served.reasons()


def test_a_verdict_on_columns_has_numbers_and_dashboards_have_the_drift(ml: Kube) -> None:
    data = {"uri": "configmap://line/line.csv", "target": "y", "split": {"testPercent": 50}}
    ml.apply(config_map(text=ROWS), *(training_job(version, data=data) for version in ARMS.values()))
    for version in ARMS.values():
        ml.await_condition("mver", version, "Ready", "True", patience=300)
    gates = [{"name": "columns", "metric": "DataDrift"}]
    with serving(ml, "line", replicas=1, rollout=STEP, gates=gates) as served:
        served.await_ready("Available")
        served.change(modelVersionName="line-2")
        served.await_ready("StepPaused", "False")
        eventually(lambda: "startTime" in served.status().get("evidence", {}), "the evidence begins", 60)
        driver = Driver(served)
        driver.drive()
        driver.await_counted()
        verdict = next(one for one in served.status()["verdicts"] if one["name"] == "columns")
        print(verdict)
        # Every request asks for x = 1, which is one bin of ten.
        assert float(verdict["effect"]) > 1
        assert "x PSI" in verdict["message"]
        assert verdict["canaryRows"] == driver.sent["canary"]
        pages = ml.within(SYSTEM).do(
            "get", "--raw", f"/api/v1/namespaces/{SYSTEM}/services/leeway:8080/proxy/metrics"
        )
        shown = [line for line in pages.splitlines() if line.startswith("data_drift_score{")]
        assert len([line for line in shown if f'namespace="{ml.namespace}"' in line]) == 2


def nothing(served: Served) -> None:
    """Stable and canary just answer."""


def lose_pods(served: Served) -> None:
    """A pod of each arm is deleted."""
    for place in ("stable", "canary"):
        pod = served.pods(served.status()[place]["revision"])[0]["metadata"]["name"]
        served.kube.do("delete", "pod", pod, "--wait")
    await_pods(served, stable=2, canary=2)


def shrink(served: Served) -> None:
    served.change(replicas=2)
    await_pods(served, stable=1, canary=1)


def await_pods(served: Served, **wanted: int) -> None:
    """Wait until each arm has exactly so many pods, and all of them are ready."""

    def are_ready() -> bool:
        return all(readiness(served, arm) == [True] * number for arm, number in wanted.items())

    eventually(are_ready, f"{wanted} pods are ready", 180)


def readiness(served: Served, arm: str) -> list[bool]:
    """Whether each pod of the arm is ready."""
    pods = served.pods(served.status()[arm]["revision"])
    conditions = [{one["type"]: one["status"] for one in pod["status"].get("conditions", ())} for pod in pods]
    return [found.get("Ready") == "True" for found in conditions]


def kill_the_operator(kube: Kube, served: Served) -> None:
    """The operator dies without a word, and another process leads and has read the pods' pages."""
    system = kube.within(SYSTEM)
    before = served.status()["evidence"]["time"]
    kill_operators(system)
    eventually(
        lambda: served.status()["evidence"]["time"] != before, "another process goes on", PATIENCE_SECONDS
    )
