"""`python -m tests.bench.rollback`: from the first row that suffices to no endpoint of the canary in the Service.

On the real cluster, with the images that were built last: a version that was trained on incomes in cents is rolled out
beside a good one, under 100 requests a second, half of them over kept connections. Exit code 1 when a run was slower
than the goal, which is two scrape intervals and 5 seconds.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from leeway.api.gates import Gate
from leeway.core.deployment.children.workload import METRICS_PORT
from leeway.core.evidence.profile import Profile, read_profile
from tests.bench.rollback.sufficient import Answer, Case, first_sufficient
from tests.cluster.applications import GOOD, IN_CENTS, Applications, applying, train_versions
from tests.cluster.kube import Kube, connect, eventually, install
from tests.cluster.rollouts import Served, command, serving

NAMESPACE = "t-bench-rollback"
SCRAPE_SECONDS = 5.0
GOAL_SECONDS = 2 * SCRAPE_SECONDS + 5
GATE = {"metric": "DataDrift", "threshold": "0.2", "onFail": "Rollback"}
RATE, WEIGHT = "0.01", 50
POLICY = {
    "rollout": {"steps": [{"weight": WEIGHT, "pause": True}]},
    "gates": [GATE],
    "falseAlarmRate": RATE,
}
PATIENCE_SECONDS = 300


@dataclass(frozen=True)
class Noted(Applications):
    """Applications whose answers are noted; all of a run are in one list."""

    def note(self, document: object, version: str) -> None:
        """Note what was answered, by whom and when."""
        assert isinstance(document, dict)
        ANSWERS.append(Answer(time.time(), version, document["instances"][0]))


ANSWERS: list[Answer] = []


@dataclass
class Run:
    """How one rollback went; seconds are counted from the answer that sufficed."""

    rows: int  # of the canary, that sufficed
    seconds: float
    message: str = field(repr=False)


def main() -> int:
    """Return 0 when every run kept to the goal."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.rollback", description=__doc__)
    parser.add_argument("--runs", type=int, default=20, help="rollbacks that are measured; 20 by default")
    runs = []
    with prepared() as kube:
        for number in range(parser.parse_args().runs):
            run = roll_back(kube, f"run-{number}")
            print(f"{run.seconds:5.1f} s after {run.rows} rows of the canary: {run.message}", flush=True)
            runs.append(run.seconds)
    least, median, most = min(runs), statistics.median(runs), max(runs)
    print(f"{len(runs)} runs: {least:.1f} s at least, {median:.1f} s in the median, {most:.1f} s at most")
    print(f"goal: at most {GOAL_SECONDS:.0f} s (2 x {SCRAPE_SECONDS:.0f} s + 5 s)")
    return int(most > GOAL_SECONDS)


@contextmanager
def prepared() -> Iterator[Kube]:
    """A namespace with both versions, which goes when the block has ended."""
    cluster = connect()
    install(cluster, f"scrapeSeconds={SCRAPE_SECONDS:.0f}")
    cluster.run("delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait")
    cluster.do("create", "namespace", NAMESPACE)
    kube = cluster.within(NAMESPACE)
    try:
        train_versions(kube)
        yield kube
    finally:
        cluster.run("delete", "namespace", NAMESPACE, "--wait=false")


def roll_back(kube: Kube, name: str) -> Run:
    """Return how one rollback went; the version is free again afterwards."""
    with serving(kube, name, GOOD, modelName="loan", replicas=2, **POLICY) as served:
        served.await_ready("Available")
        ANSWERS.clear()
        with applying(served, kind=Noted):
            served.change(modelVersionName=IN_CENTS)
            record = served.await_step(1)
            canary = record["revision"]
            profiles = {
                GOOD: fetch_profile(served, served.revision(), GOOD),
                IN_CENTS: fetch_profile(served, canary, IN_CENTS),
            }
            since = eventually(partial(begin_of, served, record["stepTime"]), "the evidence begins", 60)
            eventually(
                lambda: not served.endpoints(canary), "the canary is out of the Service", PATIENCE_SECONDS
            )
            ended = time.time()
        decision = served.await_decision("RollBack", IN_CENTS)
        case = Case(IN_CENTS, GOOD, profiles, Gate.model_validate(GATE), RATE, WEIGHT / 100)
        answers = sorted((one for one in ANSWERS if since <= one.at <= ended), key=lambda one: one.at)
        enough = first_sufficient(case, answers)
        assert enough is not None, "it was rolled back, though what was sent does not suffice"
        rows = sum(answer.version == IN_CENTS for answer in answers[:enough])
        run = Run(rows, ended - answers[enough - 1].at, decision["message"])
    kube.await_condition("mver", IN_CENTS, "Quarantined", "True")
    assert command(kube, "mver", IN_CENTS, "lift-quarantine")["isDone"]
    return run


def begin_of(served: Served, step_time: str) -> float | None:
    """Return since when both arms are counted, as Unix time; None while that is not known."""
    # In whole seconds, rounded down: rows too many make a run look slower, never faster. So does the time of the step,
    # which stands in where the rollback was faster than this look.
    status = served.status()
    began = status.get("evidence", {}).get("startTime")
    if began is None and "canary" not in status:
        began = step_time
    return datetime.fromisoformat(began).timestamp() if began else None


def fetch_profile(served: Served, revision: str, version: str) -> Profile:
    """Return the profile of a version, from one of its pods."""
    pod = served.pods(revision)[0]["metadata"]["name"]
    path = f"/api/v1/namespaces/{served.kube.namespace}/pods/{pod}:{METRICS_PORT}/proxy/profile"
    digest = served.kube.get("mver", version)["spec"]["files"]["profile"]["digest"]
    return read_profile(served.kube.do("get", "--raw", path).encode(), digest)


if __name__ == "__main__":
    sys.exit(main())
