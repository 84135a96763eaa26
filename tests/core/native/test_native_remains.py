"""What belongs to the cluster on a dirty machine, and what does not."""

from pathlib import Path

import pytest

from tests.cluster.native import remains
from tests.cluster.native.layout import Home

ROOT = "/home/me/.cache/leeway/cluster"
HOME = Home(Path(ROOT))

PROGRAMS = {
    "a component from our folder": (
        f"{ROOT}/bin/kubelet-1.35.4/kubelet --root-dir={ROOT}/state/kubelet",
        True,
    ),
    "a component of another version": (f"{ROOT}/bin/etcd-3.6.5/etcd --name=leeway", True),
    "our container runtime": (f"/usr/bin/containerd --config {ROOT}/state/configs/containerd.toml", True),
    "a shim of it": (
        f"/usr/bin/containerd-shim-runc-v2 -namespace k8s.io -address {ROOT}/run/containerd.sock",
        True,
    ),
    "the opener of volumes": (f"/venv/bin/python -I /src/native/volumes.py {ROOT}/state/volumes", True),
    "the machine's own runtime": ("/usr/bin/containerd", False),
    "another cluster's kubelet": ("/usr/bin/kubelet --root-dir=/var/lib/kubelet", False),
    "a client with our kubeconfig": (
        f"{ROOT}/bin/kubectl-1.35.4/kubectl --kubeconfig={ROOT}/kubeconfig",
        False,
    ),
    "somebody reading a log": (f"tail -f {ROOT}/logs/kubelet.log", False),
    "a folder whose name only begins like ours": (f"/usr/bin/containerd --config {ROOT}-2/c.toml", False),
    "a kernel thread": ("", False),
}


@pytest.mark.parametrize(("command", "want"), PROGRAMS.values(), ids=PROGRAMS)
def test_only_our_programs_are_ours(command: str, want: bool) -> None:
    assert remains.is_ours(command.split(" "), ROOT) is want


MOUNTS = f"""24 1 254:0 / / rw,relatime - ext4 /dev/vda rw
50 24 0:41 / {ROOT}/run/containerd/task/a/rootfs rw - overlay overlay rw
51 24 0:42 / {ROOT}/state/kubelet/pods/b/volumes/with\\040space rw - tmpfs tmpfs rw
52 51 0:43 / {ROOT}/state/kubelet/pods/b/volumes/with\\040space/inner rw - tmpfs tmpfs rw
53 24 0:44 / {ROOT}/images/storage/overlay rw - ext4 /dev/vda rw
54 24 0:45 / /mnt/state/x rw - ext4 /dev/vda rw
"""


def test_our_mounts_are_listed_from_the_inside() -> None:
    assert remains.list_mounts(HOME, MOUNTS) == [
        f"{ROOT}/state/kubelet/pods/b/volumes/with space/inner",
        f"{ROOT}/state/kubelet/pods/b/volumes/with space",
        f"{ROOT}/run/containerd/task/a/rootfs",
    ]


def test_a_folder_is_removed_and_its_neighbour_stays(tmp_path: Path) -> None:
    home = Home(tmp_path)
    for folder in (home.state / "deep", home.bin):
        folder.mkdir(parents=True)
    remains.remove_tree(home, home.state)
    remains.remove_tree(home, home.state)
    assert [entry.name for entry in tmp_path.iterdir()] == ["bin"]
