"""Alerts and dashboard on a real Prometheus, that has scraped the real pods while a version was rolled back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.cluster.applications import GOOD, IN_CENTS, applying, train_unlike
from tests.cluster.kube import CHART, Kube, eventually
from tests.cluster.prometheus import ALERTS, Prometheus, scraping
from tests.cluster.rollouts import serving

DASHBOARD = json.loads((CHART / "dashboards" / "leeway.json").read_text())
DRIFT = {"metric": "DataDrift", "threshold": "0.2", "onFail": "Rollback"}
ONLY_TELLS = {**DRIFT, "dryRun": True}
PAUSED = {"steps": [{"weight": 50, "pause": True}]}
NAME = "watched"
PATIENCE_SECONDS = 300
# Rates over less would have one sample each where Prometheus is slow.
VARIABLES = {"$namespace": ".*", "$deployment": NAME, "$__rate_interval": "10s"}
METRIC = re.compile(r"\b(?:leeway|model)_\w+\b(?!=)")
# What is nothing while nothing of it happens; promtool shows that these fire.
FIRING = {"LeewayRolledBack", "LeewayVersionQuarantined"}
# The guard has no bound before its window is full, and drift no upper one where columns are far from the profile.
WITHOUT_SERIES = {"The guard on stable A", "Effect of each gate, with bounds C"}


@pytest.fixture(scope="module")
def prometheus(operator: Kube, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A Prometheus that saw a canary in another unit go up, be judged and be rolled back."""
    name = "t-alerts"
    operator.run("delete", "namespace", name, "--ignore-not-found", "--wait")
    operator.do("create", "namespace", name)
    kube = operator.within(name)
    train_unlike(kube)
    with (
        scraping(kube, tmp_path_factory.mktemp("prometheus")) as prometheus,
        serving(kube, NAME, GOOD, modelName="loan", rollout=PAUSED, gates=[ONLY_TELLS]) as served,
    ):
        served.await_ready("Available")
        with applying(served):
            served.change(modelVersionName=IN_CENTS)
            # Its numbers are scraped before the gate takes the canary away.
            sees(prometheus, "leeway_gate_lower > on (namespace, name, gate) leeway_gate_threshold")
            served.change(gates=[DRIFT])
            served.await_decision("RollBack", IN_CENTS, PATIENCE_SECONDS)
            sees(prometheus, "leeway_rollbacks_total and on () leeway_guard_threshold")
            eventually(lambda: prometheus.firing() >= FIRING, "both alerts fire", 60, prometheus.firing)
        yield prometheus
    operator.run("delete", "namespace", name, "--wait=false")


def sees(prometheus: Prometheus, expression: str) -> None:
    """Wait until the expression has a series."""
    eventually(lambda: prometheus.query(expression), expression, PATIENCE_SECONDS)


def expressions() -> dict[str, str]:
    """The expressions of alerts and panels, by where they stand; the dashboard's variables are filled in."""
    groups = yaml.safe_load(ALERTS.read_text())["groups"]
    found = {rule["alert"]: rule["expr"] for group in groups for rule in group["rules"]}
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", ()):
            found[f"{panel['title']} {target['refId']}"] = filled(target["expr"])
    for one in DASHBOARD["annotations"]["list"]:
        found[f"annotation {one['name']}"] = filled(one["expr"])
    return found


def filled(expression: str) -> str:
    for variable, value in VARIABLES.items():
        expression = expression.replace(variable, value)
    assert "$" not in expression, "a variable that this test does not know"
    return expression


def test_every_metric_of_an_expression_is_on_a_page_of_the_real_pods(prometheus: Prometheus) -> None:
    named = {name: place for place, text in expressions().items() for name in METRIC.findall(text)}
    there = prometheus.names()
    # A histogram is explained by its own name.
    absent = {name: place for name, place in named.items() if name.removesuffix("_bucket") not in there}
    assert absent == {}


def test_every_panel_shows_what_has_happened(prometheus: Prometheus) -> None:
    panels = {place: text for place, text in expressions().items() if not place.startswith("Leeway")}
    empty = {place for place, text in panels.items() if not prometheus.query(text)}
    assert empty - WITHOUT_SERIES == set()


def test_the_choices_of_the_dashboard_are_there(prometheus: Prometheus) -> None:
    for variable in DASHBOARD["templating"]["list"][1:]:
        found = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["definition"])
        assert found
        values = prometheus.ask(f"label/{found[2]}/values", **{"match[]": filled(found[1])})
        assert values, variable["name"]


def test_every_alert_is_evaluated_and_only_what_happened_fires(prometheus: Prometheus) -> None:
    groups: list[dict[str, Any]] = prometheus.ask("rules")["groups"]
    rules = {rule["name"]: rule["health"] for group in groups for rule in group["rules"]}
    assert set(rules.values()) == {"ok"}, rules
    ours = {
        one["labels"]["alertname"]
        for one in prometheus.ask("alerts")["alerts"]
        if one["labels"].get("namespace", "t-alerts") == "t-alerts" and one["state"] == "firing"
    }
    assert ours == FIRING


def test_an_alert_tells_the_object_it_is_about(prometheus: Prometheus) -> None:
    alerts = {one["labels"]["alertname"]: one for one in prometheus.ask("alerts")["alerts"]}
    told = alerts["LeewayRolledBack"]
    print(told["annotations"]["description"])
    labels = {name: told["labels"][name] for name in ("namespace", "name", "version", "reason", "gate")}
    assert labels == {
        "namespace": "t-alerts", "name": NAME, "version": IN_CENTS, "reason": "GateFailed", "gate": "data-drift",
    }  # fmt: skip
    assert alerts["LeewayVersionQuarantined"]["labels"]["name"] == IN_CENTS


def test_both_kinds_of_pods_are_scraped(prometheus: Prometheus) -> None:
    assert {("leeway", "up"), ("models", "up")} <= prometheus.targets()
