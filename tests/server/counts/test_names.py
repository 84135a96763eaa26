"""The names of metrics are a contract with dashboards, alerts and the operator; docs/how-to/operate.md has them all."""

from pathlib import Path

from prometheus_client.openmetrics.parser import text_string_to_metric_families

from model_server.contract.identity import Identity
from model_server.contract.signature import Column, Signature
from model_server.counts.counts import RowCounts
from model_server.counts.prometheus import QUALITY, Metrics

METRICS = dict.fromkeys(QUALITY.values(), "1")
IDENTITY = Identity(
    "line", ("line",), "line-1", "0" * 64, Signature((Column("x", "numeric"),)), metrics=METRICS
)
NAMES = {
    "leeway_model_requests": "counter",
    "leeway_model_failures": "counter",
    "leeway_model_rows": "counter",
    "leeway_model_requests_in_flight": "gauge",
    "leeway_model_requests_queued": "gauge",
    "leeway_model_request_receive_duration_seconds": "histogram",
    "leeway_model_request_queue_duration_seconds": "histogram",
    "leeway_model_request_duration_seconds": "histogram",
    "leeway_model_process_start_time_seconds": "gauge",
    "leeway_model_artifact_info": "gauge",
} | dict.fromkeys(QUALITY, "gauge")


def test_a_page_has_these_names_and_no_others() -> None:
    metrics = Metrics(IDENTITY, RowCounts())
    metrics.set_traffic(lambda: 3, lambda: 2)
    page = metrics.page("application/openmetrics-text; version=1.0.0")[1].decode()
    families = list(text_string_to_metric_families(page))  # type: ignore[no-untyped-call]
    assert {family.name: family.type for family in families} == NAMES
    values = {sample.name: sample.value for family in families for sample in family.samples}
    assert values["leeway_model_requests_in_flight"] == 3
    assert values["leeway_model_requests_queued"] == 2


def test_each_name_is_explained() -> None:
    text = (Path(__file__).parents[3] / "docs" / "how-to" / "operate.md").read_text()
    exported = {name + "_total" if kind == "counter" else name for name, kind in NAMES.items()}
    assert [name for name in sorted(exported) if f"`{name}" not in text] == []
