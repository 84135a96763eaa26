"""`kubectl leeway promote` and the other commands: two annotations are set, and their answer is awaited."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

import typer

from leeway.cli import flags
from leeway.cli.kubectl import DEPLOYMENTS, VERSIONS, Kubectl
from leeway.cli.refusal import BadInputError
from leeway.core.names import ANNOTATION_COMMAND, ANNOTATION_COMMAND_TOKEN
from leeway.core.versions.quarantine import LIFT

# The commands of a ModelDeployment, with the help that people read.
HELP = {
    "promote": "Make the canary stable, whatever steps are left and whatever gate holds it.",
    "abort": "Take the canary back; its revision is not started again until retry.",
    "retry": "Lift the rejection of what the spec asks for, and begin its rollout anew.",
    "pause": "Hold all rollouts of a ModelDeployment until resume or promote.",
    "resume": "End pause, and the pause of the step that the canary is at.",
    "rollback": "Go back from stable to the version before it.",
}
_SECONDS_BETWEEN_LOOKS = 0.5


def add_commands(app: typer.Typer) -> None:
    """Add a verb for each command of a ModelDeployment, and the one of a ModelVersion."""
    for name, sentence in HELP.items():
        app.command(name, help=sentence)(_verb(name))
    app.command(LIFT, help="Let deployments start a version again that was quarantined.")(_lift)


def _verb(command: str) -> Callable[..., None]:
    def verb(
        name: flags.Deployment,
        namespace: flags.Namespace = "",
        context: flags.Context = "",
        timeout: flags.Timeout = 60,
    ) -> None:
        _command(Kubectl(namespace, context), DEPLOYMENTS, name, command, timeout)

    return verb


def _lift(
    name: flags.Version,
    namespace: flags.Namespace = "",
    context: flags.Context = "",
    timeout: flags.Timeout = 60,
) -> None:
    _command(Kubectl(namespace, context), VERSIONS, name, LIFT, timeout)


def _command(kubectl: Kubectl, resource: str, name: str, command: str, timeout: float) -> None:
    """Give the command, print its answer, and exit with 1 unless it was carried out."""
    try:
        answer = _obeyed(kubectl, resource, name, command, timeout)
    except BadInputError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error
    typer.echo(answer.get("message", ""))
    if not answer.get("isDone"):
        raise typer.Exit(1)


def _obeyed(kubectl: Kubectl, resource: str, name: str, command: str, timeout: float) -> dict[str, Any]:
    """Return the answer of the status to this very command; raise BadInputError when none comes in time."""
    token = uuid.uuid4().hex
    kubectl.annotate(resource, name, {ANNOTATION_COMMAND: command, ANNOTATION_COMMAND_TOKEN: token})
    deadline = time.monotonic() + timeout
    while True:
        answer: dict[str, Any] = kubectl.get(resource, name).get("status", {}).get("command", {})
        if answer.get("token") == token:
            return answer
        if time.monotonic() > deadline:
            raise BadInputError(
                f"{command} was not answered within {timeout:g} s: see that the operator runs. The command stays, and"
                " is obeyed when it does"
            )
        time.sleep(_SECONDS_BETWEEN_LOOKS)
