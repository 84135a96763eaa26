"""Two operators as processes of this machine, on a Lease of their own: one leads, and the other follows."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from tests.cluster.kube import ROOT, Kube, eventually

SOONER_THAN_EXPIRY_SECONDS = 10.0  # a Lease that is not given back expires after 15
LATER_THAN_EXPIRY_SECONDS = 30.0


@dataclass(frozen=True)
class Operator:
    """One `python -m leeway`."""

    run: subprocess.Popen[bytes]
    port: int

    def page(self, path: str) -> str:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return str(answer.read().decode())
        except OSError:
            return ""

    def leads(self) -> bool:
        return "leeway_operator_leader 1.0" in self.page("/metrics")

    def end(self, number: signal.Signals) -> int:
        self.run.send_signal(number)
        return self.run.wait(timeout=30)


Start = Callable[[], Operator]


@pytest.fixture
def start(cluster: Kube, namespace: Kube) -> Iterator[Start]:
    """Starts operators that serve one empty namespace; all have ended afterwards."""
    cluster.do("apply", "--server-side", "--force-conflicts", "-f", str(ROOT / "crds"))
    with ExitStack() as stack:

        def start() -> Operator:
            port = free_port()
            environ = os.environ | {
                "KUBECONFIG": str(cluster.kubeconfig),
                "PYTHONPATH": str(ROOT / "operator"),
                "LEEWAY_SERVER_IMAGE": "none:1",
                "LEEWAY_TRAINER_IMAGE": "none:1",
                "LEEWAY_NAMESPACE": namespace.namespace,
                "LEEWAY_POD_NAMESPACE": namespace.namespace,
                "LEEWAY_PORT": str(port),
            }
            operator = Operator(subprocess.Popen([sys.executable, "-m", "leeway"], env=environ), port)
            stack.callback(operator.run.wait)
            stack.callback(operator.run.kill)
            eventually(lambda: operator.page("/livez") == "ok\n", "the operator is live")
            return operator

        yield start


def free_port() -> int:
    with socket.create_server(("", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture
def pair(start: Start) -> tuple[Operator, Operator]:
    """A leader and a follower."""
    first = start()
    eventually(first.leads, "the first operator leads")
    return first, start()


def test_one_leads_and_both_are_ready(pair: tuple[Operator, Operator]) -> None:
    leader, follower = pair
    eventually(lambda: leader.page("/readyz") == "ok\n", "the leader has seen everything")
    assert follower.page("/readyz") == "ok\n"
    assert leader.leads()
    assert not follower.leads()


def test_a_leader_asked_to_stop_hands_over_at_once(pair: tuple[Operator, Operator]) -> None:
    leader, follower = pair
    assert leader.end(signal.SIGTERM) == 0
    eventually(follower.leads, "the follower leads", SOONER_THAN_EXPIRY_SECONDS)


def test_a_killed_leader_is_followed_when_its_lease_expires(pair: tuple[Operator, Operator]) -> None:
    leader, follower = pair
    leader.end(signal.SIGKILL)
    eventually(follower.leads, "the follower leads", LATER_THAN_EXPIRY_SECONDS)


def test_a_leader_whose_lease_is_taken_away_fails(pair: tuple[Operator, Operator], namespace: Kube) -> None:
    leader, _ = pair
    namespace.do("patch", "lease", "leeway", "--type=merge", "-p", '{"spec": {"holderIdentity": "thief"}}')
    assert leader.run.wait(timeout=30) == 1


def test_a_bad_setting_ends_the_operator_with_its_name(cluster: Kube) -> None:
    environ = os.environ | {"PYTHONPATH": str(ROOT / "operator"), "LEEWAY_WORKERS": "many"}
    ended = subprocess.run(
        [sys.executable, "-m", "leeway"], env=environ, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert "LEEWAY_WORKERS is 'many'" in ended.stderr
