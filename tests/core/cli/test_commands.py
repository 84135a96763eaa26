"""`kubectl leeway promote` and the others as people run them, with a kubectl that answers as the operator does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from leeway.cli.__main__ import app
from leeway.cli.command import HELP
from leeway.core.deployment.commands import COMMANDS
from tests.core.cli import fake_kubectl
from tests.core.cli.live.scenes import SCENES


class Cluster:
    """One object behind a kubectl."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kubectl = fake_kubectl.write(folder)
        self.keep("object.json", {"metadata": {"name": "iris"}, "spec": {}})

    def keep(self, name: str, document: object) -> None:
        (self.folder / name).write_text(json.dumps(document))

    def run(self, *arguments: str) -> Result:
        environ = {"KUBECTL": str(self.kubectl), "FAKE_KUBECTL": str(self.folder)}
        return CliRunner().invoke(app, arguments, env=environ)

    def calls(self) -> list[str]:
        return (self.folder / "calls").read_text().splitlines()


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    return Cluster(tmp_path)


def test_there_is_a_verb_for_each_command() -> None:
    assert set(HELP) == set(COMMANDS)


@pytest.mark.parametrize("command", HELP)
def test_a_command_is_done(cluster: Cluster, command: str) -> None:
    cluster.keep("answer.json", {"isDone": True, "message": "as you wish"})
    result = cluster.run(command, "iris", "-n", "loans", "--context", "prod")
    assert (result.exit_code, result.stdout) == (0, "as you wish\n")
    given = cluster.calls()[0]
    assert given.startswith(
        "--namespace=loans --context=prod annotate modeldeployments.leeway.dev iris --overwrite"
    )
    assert f"leeway.dev/command={command} leeway.dev/command-token=" in given


def test_the_quarantine_is_lifted_from_a_version(cluster: Cluster) -> None:
    cluster.keep("answer.json", {"isDone": True, "message": "lifted"})
    assert cluster.run("lift-quarantine", "iris-2").exit_code == 0
    assert cluster.calls()[0].startswith("annotate modelversions.leeway.dev iris-2 --overwrite")


def test_each_command_has_a_token_of_its_own(cluster: Cluster) -> None:
    cluster.keep("answer.json", {"isDone": True})
    cluster.run("pause", "iris")
    cluster.run("pause", "iris")
    tokens = {call.split("command-token=")[1] for call in cluster.calls() if "annotate" in call}
    assert len(tokens) == 2


def test_what_cannot_be_done_is_told_and_ends_with_1(cluster: Cluster) -> None:
    cluster.keep("answer.json", {"message": "there is no canary"})
    result = cluster.run("abort", "iris")
    assert (result.exit_code, result.stdout) == (1, "there is no canary\n")


def test_an_operator_that_does_not_answer_is_named(cluster: Cluster) -> None:
    result = cluster.run("pause", "iris", "--timeout", "0")
    assert result.exit_code == 1
    assert "error: pause was not answered within 0 s: see that the operator runs" in result.stderr


def test_an_answer_to_another_command_is_not_taken_for_this_one(cluster: Cluster) -> None:
    cluster.keep("object.json", {"status": {"command": {"token": "earlier", "isDone": True}}})
    assert cluster.run("pause", "iris", "--timeout", "0").exit_code == 1


@pytest.mark.parametrize(
    "verb", [("abort", "iris"), ("watch", "iris"), ("watch", "iris", "--once")], ids=" ".join
)
def test_what_kubectl_complains_of_is_passed_on(cluster: Cluster, verb: tuple[str, ...]) -> None:
    (cluster.folder / "object.json").unlink()
    result = cluster.run(*verb)
    assert result.exit_code == 1
    assert result.stderr == (
        'error: Error from server (NotFound): modeldeployments.leeway.dev "iris" not found\n'
    )


def test_a_missing_kubectl_is_named_with_the_remedy(cluster: Cluster) -> None:
    cluster.kubectl.unlink()
    result = cluster.run("abort", "iris")
    assert result.exit_code == 1
    assert "install kubectl, or name it in the variable KUBECTL" in result.stderr


def test_one_frame_is_printed(cluster: Cluster) -> None:
    cluster.keep("object.json", SCENES["a canary was rolled back"])
    result = cluster.run("watch", "car-loan", "--once")
    assert result.exit_code == 0
    assert result.stdout.count("loans/car-loan") == 1


def test_a_pipe_gets_one_frame_for_each_change_until_the_object_is_deleted(cluster: Cluster) -> None:
    waiting, held, gone = (
        SCENES[name]
        for name in ("a canary waits for its pods", "a canary at its step lacks rows", "nothing is known yet")
    )
    unchanged = {**waiting, "metadata": {**waiting["metadata"], "resourceVersion": "2"}}
    events = [("ADDED", waiting), ("MODIFIED", unchanged), ("MODIFIED", held), ("DELETED", gone)]
    text = "".join(json.dumps({"type": type_, "object": object_}) + "\n" for type_, object_ in events)
    (cluster.folder / "events").write_text(text)
    result = cluster.run("watch", "car-loan")
    assert result.stdout.count("loans/car-loan") == 2
    assert (result.exit_code, result.stderr) == (1, "error: car-loan was deleted\n")
