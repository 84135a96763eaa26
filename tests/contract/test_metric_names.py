"""Pods' metrics are a contract with the operator, dashboards and alerts: a page that a real server serves has these."""

from __future__ import annotations

import hashlib
import json
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from leeway.core.evidence.page import read_labels, read_page
from model_server.contract.profile import FeatureProfile, ReferenceProfile, ScoreProfile, Source, profile_json
from tests.server import models

COMMON = {"model", "version", "profile"}
# Every counter with the labels that it has beside the common ones. The operator reads these.
COUNTERS: dict[str, set[str]] = {
    "leeway_model_requests_total": {"code"},
    "leeway_model_failures_total": set(),
    "leeway_model_rows_total": set(),
    "leeway_model_drawn_rows_total": set(),
    "leeway_model_feature_bin_total": {"feature", "bin"},
    "leeway_model_score_bin_total": {"bin"},
    "leeway_model_decision_total": {"decision"},
    "leeway_model_invalid_requests_total": set(),
    "leeway_model_raw_invalid_total": {"feature", "reason"},
}
HISTOGRAMS = (
    "leeway_model_request_receive_duration_seconds",
    "leeway_model_request_queue_duration_seconds",
    "leeway_model_request_duration_seconds",
)
GAUGES: dict[str, set[str]] = {
    "leeway_model_requests_in_flight": set(),
    "leeway_model_requests_queued": set(),
    "leeway_model_process_start_time_seconds": set(),
    "leeway_model_artifact_info": {"digest"},
    "leeway_model_profile_info": {"schema", "bins", "features", "model_digest", "sampled"},
    "model_accuracy": set(),
    "model_precision": set(),
    "model_recall": set(),
    "model_f1_score": set(),
}
WITHOUT_PROFILE = {
    "leeway_model_feature_bin_total",
    "leeway_model_score_bin_total",
    "leeway_model_raw_invalid_total",
    "leeway_model_profile_info",
}
INVALID_CELLS = {"leeway_model_raw_invalid_total"}  # told once there is one
FEEDBACK = {  # of pods that have a key
    "leeway_model_feedback_total",
    "leeway_model_drawn_feedback_total",
    "leeway_model_feedback_rejected_total",
    "leeway_model_feedback_delay_seconds",
}
METRICS = {"accuracy": "0.9", "precision": "0.9", "recall": "0.9", "f1": "0.9"}
FEATURES = (
    FeatureProfile(name="income", type="numeric", counts=(100, 90, 10, 0), edges=(40.0,), min=0.0, max=90.0),
    FeatureProfile(name="home", type="categorical", counts=(100, 90, 10, 0, 0), categories=("rent", "own")),
    FeatureProfile(name="employed", type="boolean", counts=(100, 100, 0, 0), categories=(False, True)),
)
ROWS: list[list[Any]] = [[70.0, 50, "own", True], [5.0, 20, "tent", False], [None, 30, None, True]]


def write_version(directory: Path, with_profile: bool) -> bytes:
    """Write a version of the loan model, and return the bytes of its profile."""
    signature = msgspec.to_builtins(models.LOAN)
    manifest = models.write_version(directory, "loan", models.make_loan_model(), signature, metrics=METRICS)
    if not with_profile:
        return b""
    files = manifest["spec"]["files"]
    profile = ReferenceProfile(
        schema_version="2",
        model="loan",
        version="loan-1",
        model_digest=files["model"]["digest"],
        created_at="2026-11-21T00:00:00Z",
        source=Source(rows=200, kind="holdout"),
        features=FEATURES,
        score=ScoreProfile(edges=(0.25, 0.5), counts=(100, 50, 50)),
    )
    content = profile_json(profile)
    files["profile"] = models.write_beside(directory, "profile.json", json.loads(content))
    content = (directory / "profile.json").read_bytes()
    models.write_manifest(directory, manifest)
    return content


class Pod:
    """A server process, as a pod runs it."""

    def __init__(self, directory: Path) -> None:
        self.ports = [free_port(), free_port()]
        port, metrics_port = map(str, self.ports)
        where = ("--host", "127.0.0.1", "--port", port, "--metrics-port", metrics_port)
        self.process = subprocess.Popen(
            (sys.executable, "-m", "model_server", "serve", "--model", str(directory), *where),
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stderr
        for line in self.process.stderr:
            if json.loads(line)["message"] == "serving":
                return
        raise AssertionError("the server ended before it served")

    def get(self, path: str, **headers: str) -> bytes:
        """Return what the metrics port answers."""
        return fetch(urllib.request.Request(f"http://127.0.0.1:{self.ports[1]}{path}", headers=headers))

    def page(self) -> bytes:
        """Return the metrics page as the operator asks for it."""
        return self.get("/metrics", Accept="application/openmetrics-text;version=1.0.0")

    def predict(self, rows: list[list[Any]]) -> None:
        """Ask for predictions."""
        body = json.dumps({"features": rows}).encode()
        fetch(urllib.request.Request(f"http://127.0.0.1:{self.ports[0]}/predict", body))

    def refuse(self, rows: list[list[Any]]) -> None:
        """Ask for predictions that are refused for their rows."""
        with pytest.raises(urllib.error.HTTPError, match="400") as refused:
            self.predict(rows)
        refused.value.close()

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.communicate()


def fetch(request: urllib.request.Request) -> bytes:
    """Return the body of an answer that is 200."""
    with urllib.request.urlopen(request, timeout=60) as answer:
        return bytes(answer.read())


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def profiled(tmp_path: Path) -> Iterator[tuple[Pod, bytes]]:
    """A pod whose version has a profile, and the bytes of that file."""
    content = write_version(tmp_path, with_profile=True)
    with closing(Pod(tmp_path)) as pod:
        yield pod, content


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[Pod]:
    """A pod whose version has no profile."""
    write_version(tmp_path, with_profile=False)
    with closing(Pod(tmp_path)) as pod:
        yield pod


def labels_of(page: bytes) -> dict[str, set[frozenset[str]]]:
    """The names of all samples of a page, and which labels each of them has."""
    found: dict[str, set[frozenset[str]]] = {}
    for line in page.decode().splitlines():
        if not line.startswith("#"):
            series = line.rpartition(" ")[0]
            found.setdefault(series.partition("{")[0], set()).add(frozenset(read_labels(series)))
    return found


def wanted(without: set[str]) -> dict[str, set[frozenset[str]]]:
    """The names that a page must have, and with which labels."""
    labels = {**COUNTERS, **GAUGES}
    for name in HISTOGRAMS:
        labels |= {f"{name}_bucket": {"le"}, f"{name}_sum": set(), f"{name}_count": set()}
    return {name: {frozenset(COMMON | more)} for name, more in labels.items() if name not in without}


def named(counters: dict[str, int]) -> dict[str, int]:
    """Counters that are not zero, by name and the values of their further labels."""
    shown = {}
    for series, number in counters.items():
        if not series.partition("{")[0].endswith("_total"):
            continue  # how long requests took
        labels = read_labels(series)
        name = series.partition("{")[0]
        further = [
            labels[label] for label in ("feature", "bin", "decision", "reason", "code") if label in labels
        ]
        shown[" ".join((name, *further))] = number
    return {name: number for name, number in shown.items() if number}


def test_a_page_of_a_version_with_a_profile(profiled: tuple[Pod, bytes]) -> None:
    pod, content = profiled
    first = pod.page()
    assert labels_of(first) == wanted(without=INVALID_CELLS)
    page = read_page(first)
    assert set(page.counters.values()) == {0}, "all other series are there from the start"
    pod.refuse([["much", 50, "own", True]])
    assert labels_of(pod.page()) == wanted(without=set())
    digest = msgspec.json.decode(content, type=ReferenceProfile).digest
    assert (page.version, page.profile) == ("loan-1", digest[:8])
    bins = {
        (labels["feature"], labels["bin"])
        for labels in map(read_labels, page.counters)
        if {"feature", "bin"} <= labels.keys()
    }
    assert bins == {(feature.name, label) for feature in FEATURES for label in feature.labels}


def test_the_operator_reads_what_a_pod_has_counted(profiled: tuple[Pod, bytes]) -> None:
    pod, _ = profiled
    before = read_page(pod.page())
    for row in ROWS:
        pod.predict([row])
    after = read_page(pod.page())
    assert after.counters.keys() == before.counters.keys(), "no series comes later"
    assert after.started == before.started
    found = named(dict(after.counters))
    assert sum(found.pop(f"leeway_model_decision_total {name}", 0) for name in ("no", "yes")) == 3
    assert sum(found.pop(f"leeway_model_score_bin_total {place}", 0) for place in range(3)) == 3
    assert found == {
        "leeway_model_requests_total 200": 3,
        "leeway_model_rows_total": 3,
        "leeway_model_drawn_rows_total": 3,
        "leeway_model_feature_bin_total income 0": 1,
        "leeway_model_feature_bin_total income 1": 1,
        "leeway_model_feature_bin_total income missing": 1,
        "leeway_model_feature_bin_total home 1": 1,
        "leeway_model_feature_bin_total home unseen": 1,
        "leeway_model_feature_bin_total home missing": 1,
        "leeway_model_feature_bin_total employed 0": 1,
        "leeway_model_feature_bin_total employed 1": 2,
    }


def test_the_profile_has_the_digest_that_the_version_records(
    profiled: tuple[Pod, bytes], tmp_path: Path
) -> None:
    pod, content = profiled
    answered = pod.get("/profile")
    assert answered == content
    manifest = json.loads((tmp_path / "modelversion.json").read_text())
    assert f"sha256:{hashlib.sha256(answered).hexdigest()}" == manifest["spec"]["files"]["profile"]["digest"]


def test_a_page_of_a_version_without_a_profile(plain: Pod) -> None:
    first = plain.page()
    assert labels_of(first) == wanted(without=WITHOUT_PROFILE)
    assert read_page(first).profile == ""


def test_each_metric_is_explained() -> None:
    text = (Path(__file__).parents[2] / "docs" / "how-to" / "metrics.md").read_text()
    exported = {*COUNTERS, *HISTOGRAMS, *GAUGES, *FEEDBACK}
    assert {name for name in exported if f"`{name}" not in text} == set()
    explained = set(re.findall(r"`((?:leeway_)?model_\w+)", text))
    assert explained - exported == set(), "no metric is explained that is not there"
