"""kubectl and helm against the real cluster, and waiting for what should come true."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tests.cluster.native.layout import get_home
from tests.cluster.native.programs import get_built
from tests.cluster.native.ways import get_kubeconfig
from tests.images.build import read_names

ROOT = Path(__file__).parents[2]
CHART = ROOT / "charts" / "leeway"
SYSTEM = "leeway-system"
PATIENCE_SECONDS = 120.0

Manifest = dict[str, Any]
T = TypeVar("T")


class NotYetError(AssertionError):
    """What was waited for did not come true in time."""


@dataclass(frozen=True, slots=True)
class Kube:
    """The cluster as its administrator sees it, from one namespace."""

    kubectl: Path
    helm: Path
    kubeconfig: Path
    namespace: str = "default"

    def within(self, namespace: str) -> Kube:
        """The same cluster from another namespace."""
        return Kube(self.kubectl, self.helm, self.kubeconfig, namespace)

    def run(self, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """What kubectl answers, whatever it is."""
        command = [str(self.kubectl), "--namespace", self.namespace, *arguments]
        return self._run(command, stdin)

    def do(self, *arguments: str, stdin: str | None = None) -> str:
        """What kubectl prints; raises when it fails."""
        return _succeeded(self.run(*arguments, stdin=stdin))

    def chart(self, *arguments: str) -> str:
        """What helm prints; raises when it fails."""
        return _succeeded(self._run([str(self.helm), *arguments], None))

    def apply(self, *manifests: Manifest) -> None:
        """The manifests are applied, as a user would."""
        # As JSON: YAML would make a boolean of the column y.
        stdin = json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests})
        self.do("apply", "-f", "-", stdin=stdin)

    def merge(self, kind: str, name: str, patch: Manifest) -> None:
        """The patch is merged into the object; None deletes a field."""
        self.do("patch", kind, name, "--type=merge", "-p", json.dumps(patch))

    def apply_file(self, path: Path) -> None:
        """The file or folder is applied, as a user would."""
        self.do("apply", "-f", str(path))

    def find(self, kind: str, name: str) -> Manifest | None:
        """The object, or None."""
        answer = self.run("get", kind, name, "--output", "json", "--ignore-not-found")
        text = _succeeded(answer)
        return json.loads(text) if text.strip() else None

    def get(self, kind: str, name: str) -> Manifest:
        """The object; raises when there is none."""
        found = self.find(kind, name)
        if found is None:
            raise NotYetError(f"there is no {kind} {name} in {self.namespace}")
        return found

    def list_(self, kind: str, selector: str = "") -> list[Manifest]:
        """The objects of a kind in the namespace."""
        arguments = ["get", kind, "--output", "json", *(["--selector", selector] if selector else [])]
        items: list[Manifest] = json.loads(self.do(*arguments))["items"]
        return items

    def condition(self, kind: str, name: str, type_: str) -> Manifest:
        """The condition of an object, or an empty one."""
        status = (self.find(kind, name) or {}).get("status", {})
        return next((c for c in status.get("conditions", []) if c["type"] == type_), {})

    def await_condition(
        self,
        kind: str,
        name: str,
        type_: str,
        status: str,
        reason: str | None = None,
        patience: float = PATIENCE_SECONDS,
    ) -> Manifest:
        """The condition once it has that status (and reason)."""

        def reached() -> Manifest | None:
            found = self.condition(kind, name, type_)
            wanted = found.get("status") == status and reason in (None, found.get("reason"))
            return found if wanted else None

        return eventually(
            reached,
            f"{kind} {name}: {type_}={status} {reason or ''}",
            patience,
            lambda: self.condition(kind, name, type_),
        )

    def ask(self, service: str, path: str, body: Any = None) -> Any:
        """What the Service answers, through the API server's proxy; a body makes it a POST."""
        url = f"/api/v1/namespaces/{self.namespace}/services/{service}:80/proxy{path}"
        if body is None:
            return json.loads(self.do("get", "--raw", url))
        return json.loads(self.do("create", "--raw", url, "-f", "-", stdin=json.dumps(body)))

    def _run(self, command: list[str], stdin: str | None) -> subprocess.CompletedProcess[str]:
        environ = {**os.environ, "KUBECONFIG": str(self.kubeconfig)}
        return subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, env=environ)


def connect() -> Kube:
    """The cluster that `make cluster` made or found."""
    home = get_home()
    return Kube(get_built(home, "kubectl"), get_built(home, "helm"), Path(get_kubeconfig(home)))


def install(kube: Kube, *settings: str, release: str = "leeway", namespace: str = SYSTEM) -> None:
    """The operator runs from the chart, with the images that were built last."""
    images = {
        "image": read_names()["operator"],
        "serverImage": read_names()["server"],
        "trainerImage": read_names()["trainer"],
    }
    values = [
        f"{value}.{part}={getattr(built, part)}"
        for value, built in images.items()
        for part in ("repository", "tag")
    ]
    chosen = [argument for value in (*values, *settings) for argument in ("--set", value)]
    kube.chart(
        "upgrade", "--install", release, str(CHART), "--namespace", namespace, "--create-namespace",
        "--take-ownership", "--force-conflicts", "--wait", "--timeout", "3m", *chosen,
    )  # fmt: skip
    # kubectl keeps what it found for hours, short names of an earlier installation included.
    kube.do("api-resources", "--cached=false", "--api-group", "leeway.dev")


def scale_operator(system: Kube, replicas: int) -> None:
    """So many pods of the operator run in its namespace."""
    system.do("scale", "deployment", "leeway", f"--replicas={replicas}")
    eventually(lambda: len(running_operators(system)) == replicas, f"{replicas} operator pods run")


def running_operators(system: Kube) -> list[str]:
    """The names of the operator's pods that run in its namespace."""
    pods = system.list_("pod", "app.kubernetes.io/name=leeway,app.kubernetes.io/component=operator")
    return [pod["metadata"]["name"] for pod in pods if pod["status"]["phase"] == "Running"]


def eventually(
    look: Callable[[], T | None],
    what: str,
    patience: float = PATIENCE_SECONDS,
    seen: Callable[[], object] | None = None,
) -> T:
    """What `look` returns once it is neither None nor false; raises NotYetError after `patience` seconds."""
    deadline = time.monotonic() + patience
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            last = f"; last seen: {seen()}" if seen else ""
            raise NotYetError(f"not within {patience:.0f} s: {what}{last}")
        time.sleep(0.3)


def _succeeded(answer: subprocess.CompletedProcess[str]) -> str:
    if answer.returncode != 0:
        raise AssertionError(f"{' '.join(answer.args)}\n{answer.stdout}{answer.stderr}")
    return answer.stdout
