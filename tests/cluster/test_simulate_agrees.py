"""What `kubectl leeway simulate` foretells of a policy is what the cluster then shows, on real loans that drift.

Both versions are trained on the cluster, the second one on other loans and with a bridge to the first. Stable's Service
gets loans from before the drift, and the canary's the same, or else loans from after it.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from typing import Any

import pandas as pd
import pytest
import yaml

from examples.simulate.make_stream import write
from tests.bench.judge.wheels import read_car_loan
from tests.bench.simulate import EXAMPLES, answer, train
from tests.cluster.generator import VERSION, Question, connect
from tests.cluster.kube import Kube, Manifest, eventually
from tests.cluster.manifests import config_map
from tests.cluster.rollouts import Served, serving

TRAINING, HALF, DRIFTS_AT = 3600, 50_000, 75_000
PER_SECOND = 20.0  # to each arm
MINUTES, ROLLOUTS = 10, 20
# A run of the cluster is one rollout, and is looked at once in a round of a hundred requests to each arm.
ROUND = 5 * PER_SECOND
SPREAD = 3
POLICY: dict[str, Any] = {
    "rollout": {"steps": [{"weight": 50, "pause": True}]},
    "falseAlarmRate": "0.05",
    "gates": [
        {"name": "drift", "metric": "DataDrift", "onFail": "Rollback"},
        {"name": "scores", "metric": "PredictionDrift", "onFail": "Rollback"},
    ],
}
TWIN, DRIFTED = 0, 1


@dataclass(frozen=True)
class Foretold:
    """How often a twin is rolled back, and after how many requests a canary whose loans drift: half, and 90 %."""

    twin: float
    drifted: float
    median: float
    most: float


@dataclass
class Loans:
    """Loans as a client sends them, from before and after the drift."""

    calm: list[dict[str, Any]]
    drifted: list[dict[str, Any]]


@pytest.fixture(scope="module")
def foretold(tmp_path_factory: pytest.TempPathFactory) -> Foretold:
    """What the command says of the policy; it needs no cluster."""
    folder = tmp_path_factory.mktemp("simulated")
    header, lines = answer(train(folder / "version"))
    write(folder / "rows.csv", header, lines[: DRIFTS_AT - HALF])
    write(folder / "canary.csv", header, lines[DRIFTS_AT - HALF :])
    policy = folder / "policy.yaml"
    spec = {"modelName": "car-loan", "modelVersionName": "car-loan-2", "replicas": 1, **POLICY}
    kind = {"apiVersion": "leeway.dev/v1alpha1", "kind": "ModelDeployment", "metadata": {"name": "loans"}}
    policy.write_text(yaml.safe_dump({**kind, "spec": spec}))
    answered = subprocess.run(
        [
            sys.executable, "-m", "leeway.cli", "simulate", "-f", str(policy),
            "--profile", str(folder / "version" / "profile.json"), "--stream", str(folder / "rows.csv"),
            "--time-ordered", "--canary-stream", str(folder / "canary.csv"),
            "--requests-per-second", str(int(2 * PER_SECOND)), "--minutes", str(MINUTES),
            "--rollouts", str(ROLLOUTS), "--output", "json",
        ],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    scenarios = json.loads(answered.stdout)["scenarios"]
    requests = scenarios[DRIFTED]["canaryRequestsUntilRollback"]
    return Foretold(
        scenarios[TWIN]["rollbackRate"],
        scenarios[DRIFTED]["rollbackRate"],
        requests["median"],
        requests["p90"],
    )


@pytest.fixture(scope="module")
def recorded() -> pd.DataFrame:
    """All loans in order of time."""
    return read_car_loan()


@pytest.fixture
def loans(recorded: pd.DataFrame) -> Loans:
    """The loans of the second half."""
    columns = [
        column["name"] for column in yaml.safe_load(example("trainingjob"))["spec"]["data"]["features"]
    ]
    asked = json.loads(str(recorded[columns].iloc[HALF:].to_json(orient="records")))
    return Loans(asked[: DRIFTS_AT - HALF], asked[DRIFTS_AT - HALF :])


@pytest.fixture
def trained(ml: Kube, recorded: pd.DataFrame) -> Kube:
    """A namespace with two versions of the loans, the second with a bridge to the first."""
    first = yaml.safe_load(example("trainingjob"))
    second = json.loads(json.dumps(first))
    second["metadata"]["name"] = "car-loan-2"
    second["spec"] |= {"seed": 8, "replacesModelVersionName": "car-loan-1"}
    second["spec"]["data"]["uri"] = "configmap://other-loans/car-loans.csv"
    columns = [*(one["name"] for one in first["spec"]["data"]["features"]), "id", "repaid"]
    others = recorded.iloc[:HALF].sample(TRAINING, random_state=2)[columns].round(4)
    ml.apply(yaml.safe_load(example("configmap")), first)
    ml.await_condition("mver", "car-loan-1", "Ready", "True", patience=300)
    ml.apply(config_map("other-loans", "car-loans.csv", others.to_csv(index=False)), second)
    ml.await_condition("mver", "car-loan-2", "Ready", "True", patience=300)
    return ml


def example(name: str) -> str:
    """A manifest of the example."""
    return (EXAMPLES / "s3-car-loan" / f"{name}.yaml").read_text()


@contextmanager
def held(kube: Kube, name: str) -> Iterator[Served]:
    """The second version is held beside the first until the block ends."""
    spec = {"modelName": "car-loan", "version": "car-loan-1", "replicas": 1, **POLICY}
    with serving(kube, name, **spec) as served:
        served.await_ready("Available")
        served.change(modelVersionName="car-loan-2")
        served.await_ready("StepPaused", "False")
        eventually(lambda: "startTime" in served.status().get("evidence", {}), "the evidence begins", 60)
        yield served


@contextmanager
def sending(served: Served, arms: dict[str, list[dict[str, Any]]]) -> Iterator[dict[str, int]]:
    """Send each arm its loans, one a request, until the block ends; yields how many were answered."""
    answered, stop = dict.fromkeys(arms, 0), threading.Event()

    def send(arm: str) -> None:
        host = served.kube.get("service", f"{served.name}-{arm}")["spec"]["clusterIP"]
        connection = connect(Question(host, "", None, None))
        due = time.monotonic()
        for loan in cycle(arms[arm]):
            if stop.wait(max(0.0, due - time.monotonic())):
                break
            due = max(due + 1 / PER_SECOND, time.monotonic() - 1)
            answered[arm] += is_answered(connection, loan)
        connection.close()

    threads = [threading.Thread(target=send, args=(arm,)) for arm in arms]
    for thread in threads:
        thread.start()
    try:
        yield answered
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def is_answered(connection: http.client.HTTPConnection, loan: dict[str, Any]) -> bool:
    """Ask for one loan; a connection that broke is opened anew by the next one."""
    try:
        connection.request("POST", "/v1/models/car-loan:predict", json.dumps({"instances": [loan]}).encode())
        response = connection.getresponse()
        response.read()
    except (OSError, http.client.HTTPException):
        connection.close()
        return False
    return response.status == 200 and bool(response.getheader(VERSION))


def failed(served: Served) -> list[Manifest]:
    """The verdicts for which the canary was taken back."""
    return [one["verdict"] for one in served.status()["decisions"] if one["action"] == "RollBack"]


@pytest.mark.timeout(1800)
def test_a_run_of_the_cluster_is_as_foretold(trained: Kube, loans: Loans, foretold: Foretold) -> None:
    print(foretold)
    assert foretold.drifted == 1
    with held(trained, "twins") as served:
        enough = foretold.most + ROUND
        arms = {"stable": loans.calm[::2], "canary": loans.calm[1::2]}
        with sending(served, arms) as answered:
            eventually(lambda: min(answered.values()) >= enough, f"{enough} were answered", 600)
        judged = partial(judged_rows, served, enough)
        eventually(judged, "they are judged", 150, lambda: served.status().get("verdicts"))
        for verdict in served.status()["verdicts"]:
            print(verdict["name"], verdict["state"], verdict["message"])
        assert failed(served) == []
    with held(trained, "drifted") as served:
        arms = {"stable": loans.calm, "canary": loans.drifted}
        with sending(served, arms):
            verdicts = eventually(
                lambda: failed(served),
                "the canary is taken back",
                600,
                lambda: served.status().get("verdicts"),
            )
    rows = min(one["canaryRows"] for one in verdicts)
    print(rows, [(one["name"], one["message"]) for one in verdicts])
    assert foretold.median / SPREAD - ROUND <= rows <= SPREAD * foretold.most + ROUND


def judged_rows(served: Served, enough: float) -> bool:
    """Whether each gate of the policy was judged with so many rows of the canary."""
    named = {gate["name"] for gate in POLICY["gates"]}
    rows = [one["canaryRows"] for one in served.status().get("verdicts", []) if one["name"] in named]
    return len(rows) == len(named) and min(rows) >= enough
