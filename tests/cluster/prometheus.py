"""A Prometheus on this machine that scrapes the cluster's pods as the chart's monitors ask for."""

from __future__ import annotations

import json
import re
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.cluster.kube import CHART, SYSTEM, Kube, eventually
from tests.cluster.native.layout import get_home
from tests.cluster.native.monitoring import get_prometheus
from tests.contract.rendering import MONITORS, render
from tests.contract.test_metric_names import free_port

ALERTS = CHART / "alerts" / "leeway.yaml"
POD = "__meta_kubernetes_pod"
STEP_SECONDS = 2


@dataclass(frozen=True)
class Prometheus:
    """A Prometheus that runs since `began`, Unix time."""

    port: int
    began: float = field(default_factory=time.time)

    def ask(self, path: str, **parameters: str | list[str]) -> Any:
        """Return the data of an answer of the HTTP API."""
        query = urllib.parse.urlencode(parameters, doseq=True)
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/{path}?{query}") as answer:
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
    with proxying(kube) as proxy:
        config = place / "prometheus.yaml"
        config.write_text(yaml.safe_dump(make_config(proxy, kube.namespace)))
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


def make_config(proxy: str, namespace: str) -> dict[str, Any]:
    """Return a configuration that follows the chart's monitors, for the operator and one namespace of models."""
    release = render("monitored", apis=MONITORS)
    service, pods = release.one("ServiceMonitor")["spec"], release.one("PodMonitor")["spec"]
    (endpoint,), (page,) = service["endpoints"], pods["podMetricsEndpoints"]
    wanted = pods["podTargetLabels"]
    return {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(ALERTS)],
        "scrape_configs": [
            make_job("leeway", proxy, SYSTEM, endpoint, service["selector"]["matchLabels"]),
            make_job("models", proxy, namespace, page, pods["selector"]["matchLabels"], wanted),
        ],
    }


def make_job(
    name: str,
    proxy: str,
    namespace: str,
    endpoint: dict[str, Any],
    labels: dict[str, str],
    kept: Iterable[str] = (),
) -> dict[str, Any]:
    """Return the job that scrapes the pods with these labels, as the Prometheus operator writes it."""
    # The operator's Service has the port that its pods have under the same name.
    path = f"/api/v1/namespaces/$1/pods/$2:$3/proxy{endpoint['path']}"
    address = [f"{POD}_{part}" for part in ("namespace", "name", "container_port_number")]
    return {
        "job_name": name,
        "honor_labels": endpoint.get("honorLabels", False),
        "kubernetes_sd_configs": [
            {"role": "pod", "api_server": f"http://{proxy}", "namespaces": {"names": [namespace]}}
        ],
        "relabel_configs": [
            keep(f"{POD}_container_port_name", endpoint["port"]),
            *(keep(f"{POD}_label_{plain(label)}", value) for label, value in labels.items()),
            *(copy(f"{POD}_{part}", label) for part, label in (("namespace", "namespace"), ("name", "pod"))),
            *(copy(f"{POD}_label_{plain(label)}", plain(label)) for label in kept),
            {
                "source_labels": address,
                "separator": ";",
                "regex": "(.+);(.+);(.+)",
                "target_label": "__metrics_path__",
                "replacement": path,
            },
            {"target_label": "__address__", "replacement": proxy},
        ],
    }


def keep(label: str, value: str) -> dict[str, Any]:
    return {"action": "keep", "source_labels": [label], "regex": re.escape(value)}


def copy(label: str, target: str) -> dict[str, Any]:
    return {"source_labels": [label], "target_label": target}


def plain(label: str) -> str:
    """Return the label as Prometheus writes it."""
    return re.sub(r"\W", "_", label)
