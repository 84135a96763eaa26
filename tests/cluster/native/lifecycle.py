"""The native cluster's life: up, status, down, and one component at a time."""

import contextlib
import fcntl
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.cluster.native import addons, container_images, daemons, network, remains, resolution
from tests.cluster.native.components import Component, make_components
from tests.cluster.native.configs import list_upstreams, write_configs
from tests.cluster.native.debian import CLUSTER_PACKAGES, IMAGE_PACKAGES, install_missing, require_root
from tests.cluster.native.layout import LAYOUT_VERSION, PROVISIONED, Home
from tests.cluster.native.pki import write_pki
from tests.cluster.native.programs import CLUSTER_PROGRAMS, build_missing, get_versions
from tests.cluster.native.refusal import RefusedError

SECONDS_TO_BE_READY = 90.0
RESOLV_CONF = Path("/etc/resolv.conf")


def up(home: Home) -> None:
    """The cluster runs and its node is Ready, whatever was on the machine before."""
    require_root()
    with lock(home):
        if is_healthy(home):
            print(f"the cluster runs already; export KUBECONFIG={home.kubeconfig}")
            return
        install_missing(CLUSTER_PACKAGES | IMAGE_PACKAGES)
        build_missing(home, CLUSTER_PROGRAMS)
        started = time.monotonic()
        clean_up(home)
        write_state(home)
        start_all(home)
        seconds = time.monotonic() - started
        print(f"the cluster is ready after {seconds:.1f} s; export KUBECONFIG={home.kubeconfig}")


def down(home: Home) -> None:
    """Nothing of the cluster is left but its caches."""
    require_root()
    with lock(home):
        remains.erase(home)
    print(f"nothing of the cluster is left; built programs and images stay in {home.root}")


def status(home: Home) -> bool:
    """Print what runs and where its traces are; return whether all of it is healthy."""
    components = get_components(home)
    for name, component in components.items():
        running = daemons.get_running(home, name)
        if running is None:
            print(f"{name:20} stopped")
            continue
        since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(daemons.get_start_time(running)))
        word = "healthy" if daemons.is_healthy(home, component) else "unhealthy"
        print(f"{name:20} {word:10} pid {running.pid:<8} since {since}")
    print(f"kubeconfig: {home.kubeconfig}\nlogs:       {home.logs}")
    return is_healthy(home)


def stop_component(home: Home, name: str) -> None:
    """The component has ended; containers keep running without their runtime."""
    daemons.stop(home, get_component(home, name).name)


def start_component(home: Home, name: str) -> None:
    """The component runs and is healthy."""
    component = get_component(home, name)
    daemons.start(home, component)
    daemons.wait_healthy(home, component)


def get_components(home: Home) -> dict[str, Component]:
    """Return the components as this checkout and its pins start them."""
    return make_components(home, sys.executable)


def get_component(home: Home, name: str) -> Component:
    """Return one component; an unknown name is refused with the known ones."""
    components = get_components(home)
    if name not in components:
        raise RefusedError(f"There is no component {name}: name one of {', '.join(components)}")
    return components[name]


@contextlib.contextmanager
def lock(home: Home) -> Iterator[None]:
    """Only one of us changes the cluster at a time."""
    home.root.mkdir(parents=True, exist_ok=True)
    folder = os.open(home.root, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def is_healthy(home: Home) -> bool:
    """Return whether everything runs, at the pinned versions, and is well."""
    components = get_components(home).values()
    return is_stamped(home) and all(daemons.is_healthy(home, component) for component in components)


def make_stamp() -> str:
    """Return what a state folder must have been written by to be started over."""
    return json.dumps({"layout": LAYOUT_VERSION, "versions": get_versions()}, indent=1, sort_keys=True)


def is_stamped(home: Home) -> bool:
    """Return whether the state was written by these versions."""
    return home.stamp.exists() and home.stamp.read_text() == make_stamp()


def clean_up(home: Home) -> None:
    """The machine is fit for a start: a running runtime is kept, a dead one's remains are not."""
    if not is_stamped(home):
        remains.erase(home)
    elif daemons.get_running(home, "containerd") is None:
        remains.sweep(home)


def write_state(home: Home) -> None:
    """Folders, keys, configurations and the pod network are there."""
    for folder in (home.volumes, home.run, home.logs, home.images):
        folder.mkdir(parents=True, exist_ok=True)
    # Keys are in there.
    home.state.chmod(0o700)
    write_pki(home.pki)
    write_configs(home, get_upstreams())
    link_volumes(home)
    home.stamp.write_text(make_stamp())
    network.make_bridge()


def link_volumes(home: Home) -> None:
    """The provisioner writes into our state; a real folder in its place is somebody's and stays."""
    if PROVISIONED.is_symlink() and PROVISIONED.readlink() != home.volumes:
        PROVISIONED.unlink()
    if not PROVISIONED.exists():
        PROVISIONED.symlink_to(home.volumes)


def get_upstreams() -> list[str]:
    """Return the machine's name servers that pods can reach."""
    return list_upstreams(RESOLV_CONF.read_text()) if RESOLV_CONF.exists() else []


def start_all(home: Home) -> None:
    """Every component is healthy, the node is Ready and DNS answers."""
    components = get_components(home)
    first = [components.pop(name) for name in ("etcd", "containerd", "apiserver", "volumes")]
    for component in first:
        daemons.start(home, component)
    daemons.wait_healthy(home, components_by_name(first)["containerd"])
    container_images.load_own_images(home)
    for component in first:
        daemons.wait_healthy(home, component)
    for component in components.values():
        daemons.start(home, component)
    addons.apply_addons(home, container_images.get_dns_image(), get_upstreams())
    for component in components.values():
        daemons.wait_healthy(home, component)
    wait_ready(home)


def components_by_name(components: list[Component]) -> dict[str, Component]:
    """Return the components by name."""
    return {component.name: component for component in components}


def wait_ready(home: Home) -> None:
    """The node is a worker and Ready, and DNS answers: both now, not before a crash."""

    kubelet = daemons.get_running(home, "kubelet")
    # What the node said before its kubelet started is of the past.
    since = daemons.get_start_time(kubelet) if kubelet else time.time()

    def is_ready() -> bool:
        return addons.is_node_ready(home, since)

    if not daemons.is_true_within(SECONDS_TO_BE_READY, is_ready):
        raise RefusedError(f"The node is not Ready; see {daemons.get_log(home, 'kubelet')}")
    addons.mark_worker(home)
    if not daemons.is_true_within(SECONDS_TO_BE_READY, resolution.has_dns):
        raise RefusedError("The cluster's DNS does not answer; see kubectl describe pods -n kube-system")
