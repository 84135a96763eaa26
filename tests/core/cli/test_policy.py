"""A policy is read as the cluster would read it; what it would refuse or drop is refused by field."""

from __future__ import annotations

import pytest

from leeway.api.gates import GateMetric
from leeway.cli.read.policy import read_policy
from leeway.cli.refusal import BadInputError
from tests.core.cli.manifests import deployment

REFUSED = {
    "no YAML": ("{", "policy.yaml is no YAML"),
    "an empty file": ("", "0 objects of kind ModelDeployment"),
    "another kind": ("kind: TrainingJob\n", "0 objects of kind ModelDeployment"),
    "two of them": (deployment() + "---\n" + deployment(), "2 objects of kind ModelDeployment"),
    "no spec": ("kind: ModelDeployment\nmetadata: {name: loan}\n", "spec: it is missing"),
    "a spec that is a list": ("kind: ModelDeployment\nspec: [1]\n", "spec: it is missing, or has no fields"),
    "a metric that does not exist": (
        deployment(gates=[{"name": "errors", "metric": "Errors"}]),
        "spec.gates[0].metric: Input should be",
    ),
    "a threshold that is a number": (
        deployment(gates=[{"name": "errors", "metric": "ErrorRate", "threshold": 1.2}]),
        "spec.gates[0].threshold",
    ),
    "a field that is misspelt": (deployment(falseAlarmrate="0.05"), "spec.falseAlarmrate: there is no such"),
    "a field of a gate that is misspelt": (
        deployment(gates=[{"name": "errors", "metric": "ErrorRate", "treshold": "2"}]),
        "spec.gates[0].treshold: there is no such field",
    ),
    "no step": (deployment(rollout={}, gates=[]), "spec.rollout.steps: it is empty"),
    "a weight of 100": (
        deployment(rollout={"steps": [{"weight": 100, "pause": True}]}),
        "spec.rollout.steps[0].weight",
    ),
    "a rate that nobody can keep": (
        deployment(falseAlarmRate="0.0"),
        "spec.falseAlarmRate: 0.0 is not above",
    ),
    "a rate that nobody wants": (deployment(falseAlarmRate="0.5"), "spec.falseAlarmRate: 0.5 is not above"),
    "a gate named like a built-in one": (
        deployment(gates=[{"name": "invalid-input", "metric": "ErrorRate"}]),
        "spec.gates[0].name: every rollout has a gate invalid-input",
    ),
    "two gates of one name": (
        deployment(
            gates=[{"name": "errors", "metric": "ErrorRate"}, {"name": "errors", "metric": "Latency"}]
        ),
        "spec.gates: 2 gates are named errors",
    ),
}


@pytest.mark.parametrize(("text", "want"), REFUSED.values(), ids=REFUSED)
def test_a_bad_policy_is_refused_by_field(text: str, want: str) -> None:
    with pytest.raises(BadInputError) as refused:
        read_policy(text, "policy.yaml")
    assert str(refused.value).startswith("policy.yaml")
    assert want in str(refused.value)


def test_gates_rate_and_weight_are_read() -> None:
    policy = read_policy(deployment(), "policy.yaml")
    assert (policy.name, policy.model, policy.false_alarm_rate, policy.shares) == (
        "loan",
        "loan",
        "0.05",
        (0.2,),
    )
    assert [(gate.name, gate.metric) for gate in policy.gates] == [("errors", GateMetric.ERROR_RATE)]


def test_other_objects_of_the_file_are_passed_over() -> None:
    text = f"kind: ConfigMap\n---\n{deployment()}---\n"
    assert read_policy(text, "policy.yaml").name == "loan"


def test_a_status_is_not_looked_at() -> None:
    assert read_policy(f"{deployment()}status: {{replicas: many}}\n", "policy.yaml").name == "loan"


def test_the_default_rate_is_that_of_the_api() -> None:
    assert read_policy(deployment(falseAlarmRate=None), "policy.yaml").false_alarm_rate == "0.01"


def test_gates_without_a_name_are_told_as_their_metric() -> None:
    gates = [{"metric": "DataDrift"}, {"metric": "ErrorRate"}]
    policy = read_policy(deployment(gates=gates), "policy.yaml")
    assert [gate.told_as for gate in policy.gates] == ["data-drift", "error-rate"]
