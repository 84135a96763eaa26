"""The dashboard is a document that Grafana imports, by what its JSON model asks for, and shows all of our metrics."""

from __future__ import annotations

import json
import re
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from leeway.shell.evidence.metrics import EvidenceMetrics
from leeway.shell.record_metrics import RecordMetrics

FILE = Path(__file__).parents[2] / "charts" / "leeway" / "dashboards" / "leeway.json"
DASHBOARD: dict[str, Any] = json.loads(FILE.read_text())
PANELS: list[dict[str, Any]] = DASHBOARD["panels"]
SHOWN = [panel for panel in PANELS if panel["type"] != "row"]
COLUMNS = 24
TYPES = {"row", "timeseries", "table", "state-timeline"}
# In panels of alerts, or the same numbers under another name.
NOT_SHOWN = {"data_drift_score", "leeway_drift_psi", "leeway_guard_state", "leeway_guard_effect"}
NOT_SHOWN |= {"leeway_deployment_decisions", "leeway_model_version_quarantined"}


def panel_ids(panel: dict[str, Any]) -> str:
    return str(panel["title"])


def test_it_has_an_identity_that_stays_and_the_fields_of_the_model() -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,40}", DASHBOARD["uid"])
    assert "id" not in DASHBOARD, "Grafana gives the id"
    wanted = {
        "title",
        "tags",
        "timezone",
        "schemaVersion",
        "version",
        "refresh",
        "time",
        "templating",
        "panels",
    }
    assert wanted <= DASHBOARD.keys()


def test_panels_have_places_of_their_own() -> None:
    assert max(Counter(panel["id"] for panel in PANELS).values()) == 1
    for panel in PANELS:
        place = panel["gridPos"]
        assert place["x"] >= 0
        assert place["x"] + place["w"] <= COLUMNS, panel["title"]
    overlapping = [
        (a["title"], b["title"]) for a, b in combinations(PANELS, 2) if overlap(a["gridPos"], b["gridPos"])
    ]
    assert overlapping == []


@pytest.mark.parametrize("panel", SHOWN, ids=panel_ids)
def test_a_panel_says_what_it_shows_and_asks_the_chosen_prometheus(panel: dict[str, Any]) -> None:
    assert panel["type"] in TYPES
    assert panel["title"]
    assert panel["description"].endswith(".")
    letters = [target["refId"] for target in panel["targets"]]
    assert len(set(letters)) == len(letters) > 0
    sources = [panel["datasource"], *(target["datasource"] for target in panel["targets"])]
    assert {source["uid"] for source in sources} == {"${datasource}"}


@pytest.mark.parametrize("panel", SHOWN, ids=panel_ids)
def test_a_legend_names_labels_that_the_series_have(panel: dict[str, Any]) -> None:
    for target in panel["targets"]:
        grouped = re.match(r"(?:topk\(10, )?(?:\d \* )?sum by \(([^)]*)\)|max by \(([^)]*)\)", target["expr"])
        if grouped:
            kept = set(re.split(r",\s*", next(group for group in grouped.groups() if group is not None)))
            assert set(re.findall(r"{{(\w+)}}", target["legendFormat"])) <= kept, target


def test_every_variable_is_defined() -> None:
    defined = {variable["name"] for variable in DASHBOARD["templating"]["list"]}
    used = set(re.findall(r"\$\{?(\w+)", FILE.read_text()))
    assert {name for name in used if not name.startswith("__")} == defined


def test_what_the_operator_tells_of_rollouts_is_shown() -> None:
    registry = CollectorRegistry()
    registry.register(RecordMetrics(list, list))
    registry.register(EvidenceMetrics(list))
    names = {family.name for family in registry.collect()}
    text = FILE.read_text()
    assert {name for name in names - NOT_SHOWN if name not in text} == set()
    assert names >= NOT_SHOWN


def overlap(a: dict[str, int], b: dict[str, int]) -> bool:
    """Whether two places share a cell."""
    beside = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
    above = a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]
    return not (beside or above)
