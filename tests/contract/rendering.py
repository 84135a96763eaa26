"""The chart as Helm renders it: parsed, never compared as text."""

import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.cluster.native.layout import get_home
from tests.cluster.native.programs import get_built

CHART = Path(__file__).parents[2] / "charts" / "leeway"
NAMESPACE = "leeway-system"
MONITORS = tuple(
    f"monitoring.coreos.com/v1/{kind}" for kind in ("ServiceMonitor", "PodMonitor", "PrometheusRule")
)
# Values files for people who test the chart, and for us.
VALUES = {path.name.removesuffix("-values.yaml"): path for path in sorted((CHART / "ci").glob("*.yaml"))}

Manifest = dict[str, Any]


@dataclass(frozen=True)
class Release:
    """What one installation of the chart would create."""

    manifests: tuple[Manifest, ...]

    def of(self, kind: str) -> list[Manifest]:
        """The manifests of a kind."""
        return [manifest for manifest in self.manifests if manifest["kind"] == kind]

    def one(self, kind: str) -> Manifest:
        """The only manifest of a kind."""
        (manifest,) = self.of(kind)
        return manifest

    @property
    def pods(self) -> dict[str, Manifest]:
        """The pod specs, by the kind and name of what holds them."""
        holders = [*self.of("Deployment"), *self.of("Pod")]
        return {
            f"{holder['kind']} {holder['metadata']['name']}": holder["spec"].get("template", holder)["spec"]
            for holder in holders
        }

    @property
    def environment(self) -> dict[str, str]:
        """The operator's environment as its container would see it."""
        (container,) = self.one("Deployment")["spec"]["template"]["spec"]["containers"]
        fields = {"metadata.namespace": NAMESPACE, "metadata.name": "leeway-0"}
        return {
            variable["name"]: variable["value"]
            if "value" in variable
            else fields[variable["valueFrom"]["fieldRef"]["fieldPath"]]
            for variable in container["env"]
        }


def run_helm(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """How Helm ended, and what it said."""
    helm = str(get_built(get_home(), "helm"))
    return subprocess.run([helm, *arguments], input=stdin, text=True, capture_output=True, check=False)


@cache
def render(
    values: str = "default", release: str = "leeway", *settings: str, apis: tuple[str, ...] = ()
) -> Release:
    """What the chart becomes with one of the values files, and `key=value` settings above it."""
    chosen = [argument for setting in settings for argument in ("--set", setting)]
    present = [argument for api in apis for argument in ("--api-versions", api)]
    ended = run_helm(
        "template",
        release,
        str(CHART),
        "--namespace",
        NAMESPACE,
        "--values",
        str(VALUES[values]),
        *chosen,
        *present,
    )
    assert ended.returncode == 0, ended.stderr
    documents = yaml.safe_load_all(ended.stdout)
    return Release(tuple(document for document in documents if document))


def refusal(*settings: str) -> str:
    """What Helm answers to settings that it must not accept."""
    chosen = [argument for setting in settings for argument in ("--set", setting)]
    ended = run_helm("template", "leeway", str(CHART), *chosen)
    assert ended.returncode != 0, f"Helm accepted {settings}"
    return ended.stderr
