"""The operator dies after it has recorded a decision and before it has carried it out: what follows is that decision.

No timing decides where it dies. The API server refuses its writes of Services and Deployments, so that the status is
all that it can write; it is killed then, and the next process finds that status.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest

from tests.cluster.audit import SERVICE_ACCOUNT
from tests.cluster.kube import SYSTEM, Kube, Manifest, eventually
from tests.cluster.processes import kill_operators
from tests.cluster.rollouts import Served
from tests.cluster.test_broken_canaries import PAUSE, asked, started

POLICY = "leeway-test-no-children"
# command: (the decision, who is stable then)
MOVES = {"Promote", "RollBack", "TakeBack", "EndCanary"}
COMMANDS = {"promote": ("Promote", "line-2"), "abort": ("RollBack", "line-1")}


@pytest.mark.timeout(900)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_decision_has_one_outcome_though_the_operator_is_killed(lines: Kube, command: str) -> None:
    action, winner = COMMANDS[command]
    rollout = {"steps": [PAUSE]}
    # Of one replica a canary has all its pods at its step: a promotion need not let it grow first.
    with started(lines, f"killed-{command}", replicas=1, rollout=rollout) as (served, question):
        with asked(question) as tallies:
            served.change(modelVersionName="line-2")
            served.await_step(1)
            before, known = children(served), served.decisions()[-1]["id"]
            with no_children(lines, served):
                assert served.command(command)["isDone"]
                decision = served.await_decision(action, "line-2")
                kill_operators(lines.within(SYSTEM))
                assert children(served) == before, "nothing but the status was written"
            served.await_others_gone(winner)
        moved = [one for one in served.decisions() if one["id"] > known and one["action"] in MOVES]
        assert moved == [decision], "one outcome, never two"
        assert [(tally.lost, tally.failures) for tally in tallies] == [(0, [])] * 2


@contextmanager
def no_children(kube: Kube, served: Served) -> Iterator[None]:
    """The API server refuses what the operator writes of Services and Deployments until the block ends."""
    kube.apply(*make_policy(kube.namespace))
    try:
        eventually(partial(is_refused, served), "the operator's writes are refused", 60)
        yield
    finally:
        kube.do("delete", "validatingadmissionpolicybinding,validatingadmissionpolicy", POLICY)


def make_policy(namespace: str) -> tuple[Manifest, Manifest]:
    """Return the policy that refuses the writes in a namespace, and its binding."""
    api = "admissionregistration.k8s.io/v1"
    rule = {
        "apiGroups": ["", "apps"],
        "apiVersions": ["v1"],
        "operations": ["CREATE", "UPDATE", "DELETE"],
        "resources": ["services", "deployments"],
    }
    spec = {
        "failurePolicy": "Fail",
        "matchConstraints": {"resourceRules": [rule]},
        "matchConditions": [
            {"name": "the-operator", "expression": f"request.userInfo.username == '{SERVICE_ACCOUNT}'"}
        ],
        "validations": [{"expression": "false", "message": "this test lets nothing through"}],
    }
    here = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}
    binding = {"policyName": POLICY, "validationActions": ["Deny"], "matchResources": here}
    return (
        {"apiVersion": api, "kind": "ValidatingAdmissionPolicy", "metadata": {"name": POLICY}, "spec": spec},
        {
            "apiVersion": api,
            "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": {"name": POLICY},
            "spec": binding,
        },
    )


def is_refused(served: Served) -> bool:
    """Return whether a write of the operator to the Service would be refused now."""
    asked_as = (
        "--as",
        SERVICE_ACCOUNT,
        "--dry-run=server",
        "--type=merge",
        "-p",
        '{"metadata":{"labels":{"a":"b"}}}',
    )
    answer = served.kube.run("patch", "service", served.name, *asked_as)
    return answer.returncode != 0 and "lets nothing through" in answer.stderr


def children(served: Served) -> list[object]:
    """Return what requests and pods depend on: selectors of Services, sizes of Deployments."""
    own = f"leeway.dev/owner-name={served.name}"
    selectors = [
        [one["metadata"]["name"], one["spec"]["selector"]] for one in served.kube.list_("service", own)
    ]
    sizes = [
        [one["metadata"]["name"], one["spec"]["replicas"]] for one in served.kube.list_("deployment", own)
    ]
    return [*selectors, *sizes]
