"""What the collector of evidence may do beside what the reconciles may."""

import pytest

from leeway.api.kinds import REPLICA_SET
from tests.contract.rendering import render
from tests.contract.test_chart_rendering import list_rules

pytestmark = pytest.mark.cluster


@pytest.mark.parametrize("values", [None, "namespaced"])
def test_of_replica_sets_the_operator_may_read_one_by_name_and_no_more(values: str | None) -> None:
    rules = list_rules(render(values) if values else render())
    assert [rule for rule in rules if rule[1] == REPLICA_SET.plural] == [("apps", "replicasets", "get")]


def test_the_operator_may_send_to_the_metrics_port_of_servers_alone() -> None:
    policy = render().one("NetworkPolicy")
    rules = [rule for rule in policy["spec"]["egress"] if {"port": 8081, "protocol": "TCP"} in rule["ports"]]
    assert [to["podSelector"]["matchLabels"] for rule in rules for to in rule["to"]] == [
        {"app.kubernetes.io/managed-by": "leeway", "app.kubernetes.io/component": "server"}
    ]
