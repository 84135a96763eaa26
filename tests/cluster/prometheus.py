"""A Prometheus on this machine that scrapes the cluster's pods as the chart's monitors ask for."""

from __future__ import annotations

import json
import re
import subprocess
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

from tests.cluster.kube import CHART, SYSTEM, Kube, eventually
from tests.cluster.native.layout import get_home
from tests.cluster.native.monitoring import get_prometheus
from tests.contract.rendering import MONITORS, render
from tests.contract.test_metric_names import free_port

ALERTS = CHART / "alerts" / "leeway.yaml"
STEP_SECONDS = 1
TIMEOUT_SECONDS = 10


@dataclass(frozen=True)
class Prometheus:
    """A Prometheus that runs since `began`, Unix time."""

    port: int
    began: float = field(default_factory=time.time)

    def ask(self, path: str, **parameters: str | list[str]) -> Any:
        """Return the data of an answer of the HTTP API."""
        query = urllib.parse.urlencode(parameters, doseq=True)
        with urllib.request.urlopen(
            f"http://127.0.0.1:{self.port}/api/v1/{path}?{query}", timeout=TIMEOUT_SECONDS
        ) as answer:
            content = json.load(answer)
        assert content["status"] == "success", content
        return content["data"]

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Return the series of the expression at any moment since it runs."""
        when = {"start": str(self.began), "end": str(time.time()), "step": str(STEP_SECONDS)}
        found: list[dict[str, Any]] = self.ask("query_range", query=expression, **when)["result"]
        return found

    def names(self) -> set[str]:
        """Return the names of all metrics that a scraped page has had series of, or has explained."""
        explained = self.ask("metadata")
        with_series = self.ask("label/__name__/values")
        return {*explained, *(f"{name}_total" for name in explained), *with_series}

    def targets(self) -> set[tuple[str, str]]:
        """Return job and health of what is scraped now."""
        return {(one["labels"]["job"], one["health"]) for one in self.ask("targets")["activeTargets"]}

    def firing(self) -> set[str]:
        """Return the alerts that fire now."""
        return {
            one["labels"]["alertname"] for one in self.ask("alerts")["alerts"] if one["state"] == "firing"
        }


@contextmanager
def scraping(kube: Kube, place: Path) -> Iterator[Prometheus]:
    """Run a Prometheus until the block ends."""
    jobs = read_jobs(kube.namespace)
    with proxying(kube) as proxy, discovering(jobs, proxy) as discovery:
        config = place / "prometheus.yaml"
        config.write_text(yaml.safe_dump(make_config(jobs, discovery)))
        port = free_port()
        command = [
            str(get_prometheus(get_home())),
            f"--config.file={config}",
            f"--storage.tsdb.path={place / 'series'}",
            f"--web.listen-address=127.0.0.1:{port}",
        ]
        with (place / "log").open("w") as log, running(command, stdout=log, stderr=log):
            prometheus = Prometheus(port)
            eventually(lambda: is_up(prometheus), "Prometheus answers", 60)
            yield prometheus


@contextmanager
def proxying(kube: Kube) -> Iterator[str]:
    """Run a proxy to the API server until the block ends; its address. Pods are reached through it on any cluster."""
    command = [str(kube.kubectl), f"--kubeconfig={kube.kubeconfig}", "proxy", "--port=0"]
    with running(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        found = re.search(r"127\.0\.0\.1:\d+", process.stdout.readline())
        assert found, "kubectl proxy did not say where it listens"
        yield found[0]


@contextmanager
def running(command: list[str], **how: Any) -> Iterator[subprocess.Popen[Any]]:
    """Run a program until the block ends."""
    with subprocess.Popen(command, **how) as process:
        try:
            yield process
        finally:
            process.terminate()


def is_up(prometheus: Prometheus) -> bool:
    try:
        return bool(prometheus.ask("status/buildinfo"))
    except OSError:
        return False


@dataclass(frozen=True)
class Job:
    """What is scraped as one job, as a monitor of the chart asks for it."""

    name: str
    namespace: str
    endpoint: dict[str, Any]
    selector: dict[str, str]
    kept: tuple[str, ...] = ()  # labels of the pods that their series get

    def targets(self, proxy: str) -> list[dict[str, Any]]:
        """Return the pods that are there now, as Prometheus takes them."""
        pods = f"/api/v1/namespaces/{self.namespace}/pods"
        chosen = urllib.parse.urlencode(
            {"labelSelector": ",".join(f"{label}={value}" for label, value in self.selector.items())}
        )
        with urllib.request.urlopen(f"http://{proxy}{pods}?{chosen}", timeout=TIMEOUT_SECONDS) as answer:
            found = json.load(answer)["items"]
        return [target for pod in found if (target := self._target(proxy, pods, pod))]

    def _target(self, proxy: str, pods: str, pod: dict[str, Any]) -> dict[str, Any] | None:
        # The operator's Service has the port that its pods have under the same name.
        ports = {port["name"]: port for one in pod["spec"]["containers"] for port in one.get("ports", ())}
        port = ports.get(self.endpoint["port"])
        if port is None or pod["status"]["phase"] != "Running":
            return None
        metadata = pod["metadata"]
        path = f"{pods}/{metadata['name']}:{port['containerPort']}/proxy{self.endpoint['path']}"
        kept = {re.sub(r"\W", "_", label): metadata["labels"][label] for label in self.kept}
        labels = {"__metrics_path__": path, "namespace": self.namespace, "pod": metadata["name"], **kept}
        return {"targets": [proxy], "labels": labels}


def read_jobs(namespace: str) -> tuple[Job, Job]:
    """Return what the chart's monitors ask for: the operator, and the models of one namespace."""
    release = render("monitored", apis=MONITORS)
    service, pods = release.one("ServiceMonitor")["spec"], release.one("PodMonitor")["spec"]
    (endpoint,), (page,) = service["endpoints"], pods["podMetricsEndpoints"]
    kept = tuple(pods["podTargetLabels"])
    return (
        Job("leeway", SYSTEM, endpoint, service["selector"]["matchLabels"]),
        Job("models", namespace, page, pods["selector"]["matchLabels"], kept),
    )


@contextmanager
def discovering(jobs: Iterable[Job], proxy: str) -> Iterator[str]:
    """Tell a Prometheus the targets of the jobs until the block ends, each under its name; the address."""
    # Debian's Prometheus is built without the discovery of pods.
    by_path = {f"/{job.name}": job for job in jobs}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = json.dumps(by_path[self.path].targets(proxy)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def make_config(jobs: Iterable[Job], discovery: str) -> dict[str, Any]:
    """Return a configuration for the jobs, with the chart's alerts."""
    return {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(ALERTS)],
        "scrape_configs": [
            {
                "job_name": job.name,
                "honor_labels": job.endpoint.get("honorLabels", False),
                "http_sd_configs": [{"url": f"{discovery}/{job.name}", "refresh_interval": "1s"}],
            }
            for job in jobs
        ],
    }
