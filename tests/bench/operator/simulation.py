"""One simulated node: KWOK answers for its pods, so that hundreds fit on two cores."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.bench.operator.api import Api, until
from tests.bench.operator.manifests import NODE, NODE_LABELS, NODES, make_node
from tests.cluster.native.layout import MODULES, Home
from tests.cluster.native.programs import get_built

MODULE = "sigs.k8s.io/kwok"
STAGES = ("kustomize/stage/node/fast", "kustomize/stage/pod/fast")
POD_ADDRESSES = "10.128.0.1/16"  # neither real pods nor Services have these
LEASE_SECONDS = 40
PATIENCE_SECONDS = 60.0


@asynccontextmanager
async def node_simulated(home: Home, kubeconfig: str, api: Api) -> AsyncIterator[None]:
    """The simulated node is Ready; afterwards there is none."""
    home.logs.mkdir(parents=True, exist_ok=True)
    command = make_command(home, kubeconfig, list_stages())
    with (home.logs / "bench-kwok.log").open("wb") as log:
        kwok = await asyncio.create_subprocess_exec(*command, stdout=log, stderr=log)
    try:
        await api.create(NODES, make_node())
        await until(lambda: is_ready(api), PATIENCE_SECONDS, 0.2)
        yield
    finally:
        await api.delete(f"{NODES}/{NODE}")
        kwok.terminate()
        await kwok.wait()


def make_command(home: Home, kubeconfig: str, stages: list[Path]) -> list[str]:
    """Return the command line of KWOK."""
    (label,) = NODE_LABELS.items()
    return [
        str(get_built(home, "kwok")),
        f"--kubeconfig={kubeconfig}",
        f"--manage-nodes-with-label-selector={'='.join(label)}",
        f"--node-lease-duration-seconds={LEASE_SECONDS}",  # without a lease the node is NotReady
        f"--cidr={POD_ADDRESSES}",
        "--server-address=127.0.0.1:0",
        *(f"--config={stage}" for stage in stages),
    ]


def list_stages() -> list[Path]:
    """Return the files by which KWOK's module itself says how nodes and pods come up and go."""
    folder = MODULES / "kwok"
    # The module cache may have been emptied since the program was built.
    answer = subprocess.run(
        ["go", "mod", "download", "-json", MODULE], cwd=folder, check=True, capture_output=True, text=True
    )
    root = Path(json.loads(answer.stdout)["Dir"])
    return [file for stage in STAGES for file in sorted((root / stage).glob("*-*.yaml"))]


async def is_ready(api: Api) -> bool:
    """Return whether the node is Ready."""
    node = await api.get(f"{NODES}/{NODE}") or {}
    conditions = (node.get("status") or {}).get("conditions") or []
    return any(known["type"] == "Ready" and known["status"] == "True" for known in conditions)
