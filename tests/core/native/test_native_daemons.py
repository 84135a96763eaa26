"""Real programs are started, seen and ended by their pid files."""

import json
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.native import daemons, lifecycle
from tests.cluster.native.components import Component
from tests.cluster.native.layout import Home
from tests.cluster.native.refusal import RefusedError

SLEEPER = Component("sleeper", ("/bin/sleep", "600"), "")
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """A folder whose programs end with the test."""
    made = Home(tmp_path)
    yield made
    for name in ("sleeper", "deaf"):
        daemons.stop(made, name, seconds=0.1)


def test_a_started_program_runs_until_it_is_stopped(home: Home) -> None:
    daemons.start(home, SLEEPER)
    assert daemons.is_healthy(home, SLEEPER)
    daemons.stop(home, "sleeper")
    assert daemons.get_running(home, "sleeper") is None


def test_a_second_start_changes_nothing(home: Home) -> None:
    daemons.start(home, SLEEPER)
    first = daemons.get_running(home, "sleeper")
    daemons.start(home, SLEEPER)
    assert daemons.get_running(home, "sleeper") == first


def test_stopping_what_does_not_run_is_fine(home: Home) -> None:
    daemons.stop(home, "sleeper")
    assert daemons.get_running(home, "sleeper") is None


def test_a_program_that_ignores_the_request_is_killed(home: Home) -> None:
    daemons.start(home, Component("deaf", (sys.executable, "-c", DEAF), ""))
    assert daemons.is_true_within(30, lambda: "deaf" in daemons.read_end(daemons.get_log(home, "deaf")))
    daemons.stop(home, "deaf", seconds=0.1)
    assert daemons.get_running(home, "deaf") is None


def test_a_pid_that_was_given_to_somebody_else_is_not_ours(home: Home) -> None:
    daemons.start(home, SLEEPER)
    file = daemons.get_pid_file(home, "sleeper")
    record = json.loads(file.read_text())
    file.write_text(json.dumps(record | {"ticks": record["ticks"] + 1}))
    assert daemons.get_running(home, "sleeper") is None
    file.write_text(json.dumps(record))


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"pid": 1, "ticks": "x"}', '{"pid": 4194304, "ticks": 0}'])
def test_an_unreadable_pid_file_means_stopped(home: Home, text: str) -> None:
    home.run.mkdir()
    daemons.get_pid_file(home, "sleeper").write_text(text)
    assert daemons.get_running(home, "sleeper") is None


def test_a_program_that_dies_is_refused_with_the_end_of_its_log(home: Home) -> None:
    broken = Component("broken", ("/bin/sh", "-c", "echo no such luck; exit 1"), str(home.run / "socket"))
    daemons.start(home, broken)
    with pytest.raises(RefusedError, match="no such luck"):
        daemons.wait_healthy(home, broken)


def test_a_socket_is_healthy_while_somebody_listens(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    assert not daemons.is_listening(path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        assert daemons.is_listening(path)
    assert not daemons.is_listening(path)


def test_status_of_a_cluster_that_never_was_is_not_healthy(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lifecycle.status(home) is False
    assert "kubelet              stopped" in capsys.readouterr().out


def test_an_unknown_component_is_refused_with_the_known_ones(home: Home) -> None:
    with pytest.raises(RefusedError, match="no component kubelte: name one of etcd, containerd"):
        lifecycle.get_component(home, "kubelte")
