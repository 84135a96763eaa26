"""A ModelDeployment on the real cluster: brought up, changed, looked at, and gone afterwards."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.cluster.kube import Kube, Manifest, eventually
from tests.cluster.manifests import model_deployment


@dataclass(frozen=True)
class Served:
    """One ModelDeployment of the line."""

    kube: Kube
    name: str

    def change(self, **spec: Any) -> None:
        """Merge these fields into the spec."""
        self.kube.merge("mdep", self.name, {"spec": spec})

    def status(self) -> Manifest:
        """Return the status as it is now."""
        status: Manifest = self.kube.get("mdep", self.name)["status"]
        return status

    def command(self, name: str) -> Manifest:
        """Give the command, and return the answer to it."""
        return command(self.kube, "mdep", self.name, name)

    def decisions(self, action: str = "") -> list[Manifest]:
        """Return the recorded decisions, of all actions or of one."""
        return [one for one in self.status().get("decisions", []) if action in ("", one["action"])]

    def await_decision(self, action: str, version: str, patience: float = 180) -> Manifest:
        """Wait until a decision about the version has this action, and return the last one."""

        def made() -> Manifest | None:
            return next(
                (one for one in reversed(self.decisions(action)) if one["modelVersionName"] == version), None
            )

        return eventually(made, f"{self.name}: {action}", patience, self.status)

    def await_step(self, step: int) -> Manifest:
        """Wait until the canary is at that step, with its pods in the Service, and return its record."""

        def reached() -> Manifest | None:
            canary: Manifest = self.status().get("canary", {})
            return canary if canary.get("step") == step and "stepTime" in canary else None

        return eventually(reached, f"{self.name} is at step {step}", 300, self.status)

    def endpoints(self, revision: str) -> int:
        """Return how many pods of the revision get requests of the Service NAME."""
        own = {pod["metadata"]["uid"] for pod in self.pods(revision)}
        slices = self.kube.list_("endpointslice", f"kubernetes.io/service-name={self.name}")
        found = [one for each in slices for one in each.get("endpoints") or ()]
        return sum(one["conditions"].get("ready") and one["targetRef"]["uid"] in own for one in found)

    def await_ready(self, reason: str | None = None, status: str = "True") -> Manifest:
        """Wait for the condition Ready, and return it."""
        return self.kube.await_condition("mdep", self.name, "Ready", status, reason, patience=180)

    def first_word(self) -> Manifest:
        """Return the condition Ready of the first status that was computed for the spec as it is now."""

        def computed() -> Manifest | None:
            found = self.kube.get("mdep", self.name)
            is_current = found["status"]["observedGeneration"] == found["metadata"]["generation"]
            conditions = [one for one in found["status"]["conditions"] if one["type"] == "Ready"]
            return conditions[0] if is_current else None

        return eventually(computed, "the status is of the latest spec")

    def await_stable(self, version: str) -> None:
        """Wait until that version is stable and available."""

        def reached() -> bool:
            stable = self.status().get("stable", {}).get("modelVersionName")
            ready = self.kube.condition("mdep", self.name, "Ready")
            return stable == version and ready.get("status") == "True"

        eventually(reached, f"{version} is stable and available", 180, self.status)

    def pods(self, revision: str = "") -> list[Manifest]:
        """Return the pods, of all revisions or of one."""
        selector = f"leeway.dev/deployment={self.name}" + (
            f",leeway.dev/revision={revision}" if revision else ""
        )
        return self.kube.list_("pod", selector)

    def uids(self, revision: str = "") -> set[str]:
        """Return who the pods are: a pod that was restarted or replaced is another one."""
        return {
            f"{pod['metadata']['uid']}/{container['restartCount']}"
            for pod in self.pods(revision)
            for container in pod["status"].get("containerStatuses", ())
        }

    def revision(self) -> str:
        """Return the hash of the stable revision."""
        return str(self.status()["stable"]["revision"])

    def deployment(self) -> str:
        """Return the name of stable's Deployment."""
        return f"{self.name}-{self.revision()}"

    def await_alone(self, version: str) -> None:
        """Wait until that version is stable and available, and the last pod of every other version is gone."""
        self.await_stable(version)
        self.await_others_gone(version)

    def await_others_gone(self, version: str) -> None:
        """Wait until that version is stable and only its pods are left, terminating ones included."""

        def alone() -> bool:
            stable = self.status()["stable"]
            found = {pod["metadata"]["labels"]["leeway.dev/revision"] for pod in self.pods()}
            return bool(stable["modelVersionName"] == version) and found == {stable["revision"]}

        eventually(alone, f"only pods of {version} are left", 180, self.uids)

    def reasons(self) -> list[str]:
        """Return the reasons of all Events of the ModelDeployment."""
        return [
            event["reason"]
            for event in self.kube.list_("events")
            if event["involvedObject"]["kind"] == "ModelDeployment"
            and event["involvedObject"]["name"] == self.name
        ]


def command(kube: Kube, kind: str, name: str, given: str) -> Manifest:
    """Give an object a command, and return the answer to it."""
    token = uuid.uuid4().hex
    annotations = (f"leeway.dev/command={given}", f"leeway.dev/command-token={token}")
    kube.do("annotate", kind, name, "--overwrite", *annotations)

    def answer() -> Manifest | None:
        found: Manifest = kube.get(kind, name)["status"].get("command", {})
        return found if found.get("token") == token else None

    return eventually(answer, f"{kind} {name} answers {given}")


@contextmanager
def serving(kube: Kube, name: str, version: str = "line-1", **spec: Any) -> Iterator[Served]:
    """Serve the version under that name until the block ends; all its pods are gone afterwards."""
    kube.apply(model_deployment(name, version, **spec))
    served = Served(kube, name)
    try:
        yield served
    finally:
        kube.do("delete", "mdep", name, "--ignore-not-found", "--wait")
        kube.do("delete", "pod", "--selector", f"leeway.dev/deployment={name}", "--grace-period=1")
