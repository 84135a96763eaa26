"""The three ways to a cluster, and which of them is taken."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.cluster.native import container_images, lifecycle
from tests.cluster.native.layout import Home
from tests.cluster.native.programs import get_built
from tests.cluster.native.refusal import RefusedError, refuse_with_ways

KUBECONFIG, KIND, NATIVE = "kubeconfig", "kind", "native"
WAYS = (KUBECONFIG, KIND, NATIVE)
KIND_CLUSTER = "leeway"
KIND_CONFIG = Path(__file__).parents[3] / "kind-config.yaml"


def choose_way(wanted: str, has_docker: bool, has_kind: bool) -> str:
    """Return the way to take; unasked, kind where Docker answers, and never somebody's own cluster."""
    if wanted and wanted not in WAYS:
        raise refuse_with_ways(f"CLUSTER={wanted} is none of {', '.join(WAYS)}.")
    if wanted == KIND and not (has_docker and has_kind):
        missing = "no Docker engine answers" if not has_docker else "there is no kind on the PATH"
        raise refuse_with_ways(f"CLUSTER=kind, but {missing}.")
    return wanted or (KIND if has_docker and has_kind else NATIVE)


def get_way(home: Home) -> str:
    """Return the way that CLUSTER names, or else the one that the running cluster took."""
    wanted = os.environ.get("CLUSTER", "")
    if not wanted and home.way.exists():
        return home.way.read_text().strip()
    return choose_way(wanted, has_docker(), shutil.which("kind") is not None)


def has_docker() -> bool:
    """Return whether a Docker engine answers."""
    if shutil.which("docker") is None:
        return False
    return subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0


def up(home: Home) -> None:
    """A cluster answers, reached by one of the three ways."""
    way = get_way(home)
    home.root.mkdir(parents=True, exist_ok=True)
    {KUBECONFIG: check_kubeconfig, KIND: make_kind, NATIVE: lifecycle.up}[way](home)
    home.way.write_text(way)


def down(home: Home) -> None:
    """What ``up`` made is gone; a cluster of somebody else is left alone."""
    way = get_way(home)
    if way == KIND:
        run_kind("delete", "cluster", "--name", KIND_CLUSTER)
    if way == NATIVE:
        lifecycle.down(home)
        return
    home.kubeconfig.unlink(missing_ok=True)
    home.way.unlink(missing_ok=True)


def status(home: Home) -> bool:
    """Print how the cluster does; return whether it is healthy."""
    way = get_way(home)
    print(f"way:        {way}")
    if way == NATIVE:
        return lifecycle.status(home)
    answers = is_answering(home)
    print(f"API server: {'answers' if answers else 'does not answer'}\nkubeconfig: {get_kubeconfig(home)}")
    return answers


def load(home: Home, archive: Path, name: str) -> None:
    """The archive's image can be run in the cluster under that name."""
    way = get_way(home)
    if way == KUBECONFIG:
        raise RefusedError(f"Push {name} to a registry that your cluster reads: no other way is known here.")
    if way == KIND:
        run_kind("load", "image-archive", str(archive), "--name", KIND_CLUSTER)
        return
    print(f"loaded {container_images.load(home, archive, name)}")


def require_native(home: Home) -> None:
    """Refuse where components cannot be told apart."""
    way = get_way(home)
    if way != NATIVE:
        raise RefusedError(f"Only a native cluster has components to stop and start; this one is {way}.")


def get_kubeconfig(home: Home) -> str:
    """Return the path of the kubeconfig in use."""
    if get_way(home) != KUBECONFIG:
        return str(home.kubeconfig)
    return os.environ.get("KUBECONFIG") or str(Path.home() / ".kube" / "config")


def is_answering(home: Home) -> bool:
    """Return whether the API server says that it is ready."""
    kubectl = shutil.which("kubectl") or str(get_built(home, "kubectl"))
    command = [kubectl, "--kubeconfig", get_kubeconfig(home), "get", "--raw=/readyz", "--request-timeout=10s"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def check_kubeconfig(home: Home) -> None:
    """The cluster that KUBECONFIG points at answers."""
    if not is_answering(home):
        raise RefusedError(f"No cluster answers behind {get_kubeconfig(home)}: is KUBECONFIG right?")
    print(f"using the cluster of {get_kubeconfig(home)}")


def make_kind(home: Home) -> None:
    """A kind cluster runs, and its kubeconfig is in our folder."""
    if KIND_CLUSTER not in run_kind("get", "clusters").split():
        run_kind("create", "cluster", "--name", KIND_CLUSTER, "--config", str(KIND_CONFIG), "--wait", "120s")
    home.kubeconfig.touch(mode=0o600)
    home.kubeconfig.write_text(run_kind("get", "kubeconfig", "--name", KIND_CLUSTER))
    print(f"the kind cluster runs; export KUBECONFIG={home.kubeconfig}")


def run_kind(*arguments: str) -> str:
    """Return what kind printed; its progress goes to the terminal."""
    ended = subprocess.run(["kind", *arguments], text=True, stdout=subprocess.PIPE, check=False)
    if ended.returncode:
        raise RefusedError(f"kind {' '.join(arguments)} failed; what it said is above.")
    return ended.stdout
