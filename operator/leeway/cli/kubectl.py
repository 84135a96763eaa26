"""kubectl as a program: it brings its configuration, its authentication plugins and its messages."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from leeway.api.kinds import Manifest
from leeway.cli.refusal import BadInputError

# Whole, since another group may have a resource of the same name.
DEPLOYMENTS = "modeldeployments.leeway.dev"
VERSIONS = "modelversions.leeway.dev"


@dataclass(frozen=True, slots=True)
class Kubectl:
    """The cluster and namespace of kubectl's configuration, or those that were named."""

    namespace: str = ""
    context: str = ""

    def get(self, resource: str, name: str) -> Manifest:
        """Return the object; raise BadInputError with kubectl's message when it cannot be had."""
        found: Manifest = json.loads(self._run("get", resource, name, "--output=json"))
        return found

    def annotate(self, resource: str, name: str, annotations: dict[str, str]) -> None:
        """Set the annotations, all at once; raise BadInputError with kubectl's message."""
        pairs = [f"{key}={value}" for key, value in annotations.items()]
        self._run("annotate", resource, name, "--overwrite", *pairs)

    @contextmanager
    def watch(self, resource: str, name: str) -> Iterator[Iterator[Manifest]]:
        """Give the object as it is and after each change, until it is deleted or the API server ends the watch."""
        command = self._command("get", resource, name, "--output=json", "--watch", "--output-watch-events")
        with _started(command) as running:
            try:
                yield _states(running)
            finally:
                running.terminate()

    def _run(self, *arguments: str) -> str:
        with _started(self._command(*arguments)) as running:
            printed, complaint = running.communicate()
        if running.returncode:
            raise BadInputError(complaint.strip().removeprefix("error: "))
        return printed

    def _command(self, *arguments: str) -> list[str]:
        chosen = (("--namespace", self.namespace), ("--context", self.context))
        flags = [f"{flag}={value}" for flag, value in chosen if value]
        return [_program(), *flags, *arguments]


def _program() -> str:
    return os.environ.get("KUBECTL", "kubectl")


def _started(command: list[str]) -> subprocess.Popen[str]:
    try:
        return subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
        )
    except OSError as error:
        raise BadInputError(
            f"{command[0]} cannot be run: {error}; install kubectl, or name it in the variable KUBECTL"
        ) from error


def _states(running: subprocess.Popen[str]) -> Iterator[Manifest]:
    """Yield the object of each event; kubectl prints one a line."""
    assert running.stdout and running.stderr  # both are pipes
    for line in running.stdout:
        event = json.loads(line)
        if event["type"] == "DELETED":
            raise BadInputError(f"{event['object']['metadata']['name']} was deleted")
        yield event["object"]
    complaint = running.stderr.read().strip()
    if running.wait():
        raise BadInputError(complaint.removeprefix("error: "))
