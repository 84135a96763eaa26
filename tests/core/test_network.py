"""Who may reach our pods and what they may reach, policy by policy; and that a second look changes nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from leeway.api.kinds import Manifest
from leeway.core.deployment.revision import Setting
from leeway.core.plan import Plan
from leeway.core.pods.network import Network
from leeway.core.training.questions import plan_training
from leeway.core.versions.planner import plan_version
from tests.core import test_deployment, test_training, test_versions
from tests.core.plans import applied, created, written
from tests.core.worlds import DIGEST, PLATFORM, model_version

NETWORK = Network(("169.254.0.0/16", "fe80::/10", "10.0.0.0/8"), "leeway-system", ("monitoring",))
GUARDED = replace(PLATFORM, network=NETWORK)
IN_A_BUCKET = {"model": {"uri": "s3://models/iris/m.skops", "digest": DIGEST, "sizeBytes": 9}}


def policies(plan: Plan) -> list[Manifest]:
    return [manifest for manifest in written(plan) if manifest["kind"] == "NetworkPolicy"]


def of_server(version: Manifest | None = None, **world: Any) -> Manifest:
    versions = {"iris-1": version or model_version()}
    (policy,) = policies(
        test_deployment.plan_deployment(test_deployment.seen(platform=GUARDED, versions=versions, **world))
    )
    return policy


def of_trainer(**world: Any) -> list[Manifest]:
    return policies(plan_training(test_training.seen(**{"platform": GUARDED, **world})))


def of_verifier(**world: Any) -> list[Manifest]:
    return policies(plan_version(test_versions.seen(**{"platform": GUARDED, **world})))


def stored(policy: Manifest) -> Manifest:
    """The policy as the API server returns it, which drops empty lists."""
    found: Manifest = json.loads(json.dumps(policy))
    found["spec"] = {name: value for name, value in found["spec"].items() if value}
    return found


def lets_out(policy: Manifest, address: str) -> bool:
    """Whether the policy lets a pod send to an address outside of the cluster, as the API's documentation says."""
    blocks = [
        peer["ipBlock"]
        for rule in policy["spec"]["egress"]
        for peer in rule.get("to", [])
        if "ipBlock" in peer
    ]
    return any(
        ip_address(address) in ip_network(block["cidr"])
        and not any(ip_address(address) in ip_network(one) for one in block.get("except", []))
        for block in blocks
    )


def test_a_server_answers_anybody_and_shows_its_metrics_to_those_who_watch() -> None:
    requests, metrics = of_server()["spec"]["ingress"]
    assert requests == {"ports": [{"port": 8080, "protocol": "TCP"}]}
    assert metrics["ports"] == [{"port": 8081, "protocol": "TCP"}]
    names = [peer["namespaceSelector"]["matchLabels"] for peer in metrics["from"]]
    assert names == [
        {"kubernetes.io/metadata.name": "leeway-system"},
        {"kubernetes.io/metadata.name": "monitoring"},
    ]


def test_a_server_s_policy_selects_the_pods_of_its_deployment() -> None:
    policy = of_server()
    (workload,) = test_deployment.of_kind(test_deployment.SERVING, "Deployment")
    selector = policy["spec"]["podSelector"]["matchLabels"].items()
    assert selector <= workload["spec"]["template"]["metadata"]["labels"].items()
    assert policy["metadata"]["name"] == "iris.server"
    assert policy["metadata"]["ownerReferences"][0]["name"] == "iris"


def test_a_server_of_mounted_files_sends_nothing_anywhere() -> None:
    assert of_server()["spec"]["egress"] == []
    assert "Egress" in of_server()["spec"]["policyTypes"]


OUT = {
    "93.184.215.14": True, "192.168.0.7": True, "2606:2800::1": True,
    "10.96.0.7": False, "169.254.169.254": False, "fe80::1": False,
}  # fmt: skip


@pytest.mark.parametrize(("address", "want"), OUT.items())
def test_what_fetches_sends_to(address: str, want: bool) -> None:
    (trainer,), (verifier,) = of_trainer(), of_verifier()
    server = of_server(model_version(files=IN_A_BUCKET))
    assert [lets_out(policy, address) for policy in (trainer, verifier, server)] == [want] * 3


def test_what_fetches_looks_names_up_and_reaches_a_store_in_the_cluster() -> None:
    names, fetching = of_server(model_version(files=IN_A_BUCKET))["spec"]["egress"]
    assert [(port["port"], port["protocol"]) for port in names["ports"]] == [(53, "UDP"), (53, "TCP")]
    assert {"namespaceSelector": {}} in fetching["to"]


@pytest.mark.parametrize(("made", "component"), [(of_trainer(), "trainer"), (of_verifier(), "verifier")])
def test_nobody_reaches_a_job(made: list[Manifest], component: str) -> None:
    (policy,) = made
    assert policy["metadata"]["name"] == f"leeway.{component}"
    assert policy["spec"]["ingress"] == []
    assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]


def test_the_policies_of_jobs_select_their_pods() -> None:
    plans = (
        plan_training(test_training.seen(platform=GUARDED)),
        plan_version(test_versions.seen(platform=GUARDED)),
    )
    for plan in plans:
        (policy,), (job,) = policies(plan), [made for made in created(plan) if made["kind"] == "Job"]
        selector = policy["spec"]["podSelector"]["matchLabels"].items()
        assert selector <= job["spec"]["template"]["metadata"]["labels"].items()
        kinds = [made["kind"] for made in written(plan)]
        assert kinds.index("NetworkPolicy") < kinds.index("Job")


FOREIGN = {"kind": "NetworkPolicy", "metadata": {"name": "leeway.trainer", "namespace": "ml"}, "spec": {}}
OTHER = replace(GUARDED, network=replace(NETWORK, blocked=()))


@pytest.mark.parametrize("of_job", [of_trainer, of_verifier], ids=["trainer", "verifier"])
def test_a_namespace_s_policy_is_written_where_it_differs(of_job: Any) -> None:
    (policy,) = of_job()
    assert of_job(policy=stored(policy)) == []
    assert len(of_job(policy=stored(policy), platform=OTHER)) == 1
    assert of_job(policy=FOREIGN) == []
    assert of_job(platform=PLATFORM) == []


def test_a_settled_deployment_writes_its_policy_no_more() -> None:
    world = test_deployment.settled(test_deployment.seen(platform=GUARDED))
    assert written(test_deployment.plan_deployment(world)) == []
    (policy,) = test_deployment.of_kind(world, "NetworkPolicy")
    others = tuple(child for child in world.children if child is not policy)
    world = replace(world, children=(*others, stored(policy)))
    assert written(test_deployment.plan_deployment(world)) == []


def test_a_policy_that_somebody_changed_is_put_right() -> None:
    world = test_deployment.settled(test_deployment.seen(platform=GUARDED))
    (policy,) = test_deployment.of_kind(world, "NetworkPolicy")
    opened = {**policy, "spec": {**policy["spec"], "ingress": [{}]}}
    others = tuple(child for child in world.children if child is not policy)
    plan = test_deployment.plan_deployment(replace(world, children=(*others, opened)))
    assert [manifest["kind"] for manifest in applied(plan)] == ["NetworkPolicy"]


def test_a_running_revision_keeps_what_it_may_fetch_from() -> None:
    before = replace(PLATFORM, fetch_allow="10.0.0.0/8")
    world = test_deployment.settled(test_deployment.seen(platform=before))
    assert world.manifest["status"]["stable"]["fetchAllow"] == "10.0.0.0/8"
    after = test_deployment.plan_deployment(replace(world, platform=PLATFORM))
    assert written(after) == []


def test_a_revision_is_the_same_whatever_it_may_fetch_from() -> None:
    assert Setting("server:1", "Always", fetch_allow="10.0.0.0/8") != Setting("server:1", "Always")
    plain = test_deployment.revision_of(test_deployment.SERVING)
    allowed = test_deployment.settled(
        test_deployment.seen(platform=replace(PLATFORM, fetch_allow="10.0.0.0/8"))
    )
    assert test_deployment.revision_of(allowed) == plain
