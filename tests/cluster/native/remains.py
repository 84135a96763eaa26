"""Remove what a cluster leaves on a machine, however it ended."""

import hashlib
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.cluster.native import daemons, firewall, network
from tests.cluster.native.components import VOLUMES_PROGRAM
from tests.cluster.native.layout import CNI_NETWORK, PROVISIONED, Home
from tests.cluster.native.refusal import RefusedError

PROGRAMS = {
    "etcd",
    "containerd",
    "containerd-shim-runc-v2",
    "runc",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kube-proxy",
    "kubelet",
}
MOUNTS = Path("/proc/self/mountinfo")
CGROUPS = Path("/sys/fs/cgroup")
CONTAINER_LOGS = Path("/var/log/containers")
NETWORK_RESULTS = Path("/var/lib/cni/results")
SHIM_SOCKETS = Path("/run/containerd/s")
TASKS = "io.containerd.runtime.v2.task"
# The kubelet has this path compiled in.
PLUGIN_SOCKET = Path("/var/lib/kubelet/device-plugins/kubelet.sock")
SECONDS_TO_END = 20.0


def sweep(home: Home) -> None:
    """Nothing of the cluster runs, is mounted or filters packets; its state is kept, as after a reboot."""
    kill_all(home)
    unmount_all(home)
    network.remove_bridge()
    firewall.remove_rules()
    remove_groups()
    remove_shared_traces(home)
    remove_tree(home, home.run)
    remove_tree(home, home.leases)


def erase(home: Home) -> None:
    """Nothing of the cluster is left but its caches."""
    sweep(home)
    if PROVISIONED.is_symlink() and PROVISIONED.readlink() == home.volumes:
        PROVISIONED.unlink()
    if not daemons.is_listening(PLUGIN_SOCKET):
        PLUGIN_SOCKET.unlink(missing_ok=True)
    for folder in (home.state, home.logs):
        remove_tree(home, folder)
    for link in CONTAINER_LOGS.glob("*.log"):
        if link.is_symlink() and home.logs in link.readlink().parents:
            link.unlink()
    home.kubeconfig.unlink(missing_ok=True)
    home.way.unlink(missing_ok=True)


def kill_all(home: Home) -> None:
    """No component, shim or container of this cluster runs."""
    # Twice at most: what a dying shim just started is seen by the second look.
    for _ in range(2):
        pids = [*list_programs(home), *list_contained(home)]
        for pid in pids:
            daemons.send(pid, signal.SIGKILL)
        if not daemons.is_true_within(SECONDS_TO_END, lambda: all(daemons.get_ticks(p) == 0 for p in pids)):  # noqa: B023
            raise RefusedError(f"These programs of the cluster survived kill -9: {pids}")


def list_programs(home: Home) -> Iterator[int]:
    """Yield the pid of every component and shim that was started with a path in our folder."""
    for pid in list_pids():
        argv = read_quietly(pid, "cmdline").split("\0")
        if is_ours(argv, str(home.root)):
            yield pid


def is_ours(argv: list[str], root: str) -> bool:
    """Return whether a command line is one of our components', not an editor's or a client's."""
    names = {Path(argv[0]).name, *(Path(word).name for word in argv[1:3])}
    is_component = Path(argv[0]).name in PROGRAMS or VOLUMES_PROGRAM.name in names
    return is_component and any(f"{root}/" in word for word in argv)


def list_contained(home: Home) -> Iterator[int]:
    """Yield the pid of everything that runs on a root file system of ours: the pods."""
    own = Path("/proc/self/ns/mnt").readlink()
    for pid in list_pids():
        roots = [line for line in read_quietly(pid, "mountinfo").splitlines() if line.split()[4] == "/"]
        # Not the caches: an image may be building there.
        if any(f"{home.state}/" in root for root in roots) and get_namespace(pid) != own:
            yield pid


def get_namespace(pid: int) -> Path | None:
    """Return the program's mount namespace, or None when it is gone."""
    try:
        return Path(f"/proc/{pid}/ns/mnt").readlink()
    except OSError:
        return None


def list_pids() -> Iterator[int]:
    """Yield every pid but our own."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and int(entry.name) != os.getpid():
            yield int(entry.name)


def read_quietly(pid: int, name: str) -> str:
    """Return a file of /proc, empty when the program ended meanwhile."""
    try:
        return Path(f"/proc/{pid}/{name}").read_text(errors="replace")
    except OSError:
        return ""


def list_mounts(home: Home, mountinfo: str) -> list[str]:
    """Return our mount points, the innermost first."""
    points = [decode(line.split()[4]) for line in mountinfo.splitlines()]
    inside = (f"{home.state}/", f"{home.run}/", f"{home.logs}/")
    return [point for point in reversed(points) if point.startswith(inside)]


def decode(point: str) -> str:
    """Return a mount point with its octal escapes read."""
    return re.sub(r"\\(\d{3})", lambda escape: chr(int(escape[1], 8)), point)


def unmount_all(home: Home) -> None:
    """Nothing is mounted inside our folder."""
    for point in list_mounts(home, MOUNTS.read_text()):
        subprocess.run(["umount", "--lazy", point], capture_output=True, check=False)


def remove_groups() -> None:
    """No empty control group of a pod is left; one in use is somebody else's and stays."""
    for top in [*CGROUPS.glob("kubepods"), *CGROUPS.glob("*/kubepods")]:
        for folder, _, _ in os.walk(top, topdown=False):
            try:
                Path(folder).rmdir()
            except OSError:
                continue


def remove_shared_traces(home: Home) -> None:
    """What our containers left in folders that every runtime of the machine shares is gone."""
    for container in [folder.name for folder in home.run.glob(f"containerd/{TASKS}/k8s.io/*")]:
        traces = (
            NETWORK_RESULTS / f"{CNI_NETWORK}-{container}-eth0",
            NETWORK_RESULTS / f"cni-loopback-{container}-lo",
            SHIM_SOCKETS / make_socket_name(home.containerd_socket, container),
        )
        for trace in traces:
            trace.unlink(missing_ok=True)


def make_socket_name(runtime: Path, container: str) -> str:
    """Return the name that a shim gives its socket."""
    return hashlib.sha256(f"{runtime}/k8s.io/{container}".encode()).hexdigest()


def remove_tree(home: Home, folder: Path) -> None:
    """The folder is gone; with something mounted inside it is refused, for that may be the host's."""
    points = list_mounts(home, MOUNTS.read_text())
    mounted = [point for point in points if point.startswith(f"{folder}/")]
    if mounted:
        raise RefusedError(f"Still mounted inside {folder}: {', '.join(mounted)}. Unmount, then try again.")
    if folder.exists():
        shutil.rmtree(folder)
