"""Where everything of the cluster lives: one folder outside the checkout."""

import os
from dataclasses import dataclass
from pathlib import Path

NODE = "leeway"
BRIDGE = "lw0"
CNI_NETWORK = "leeway"
NODE_ADDRESS = "10.244.0.1"
POD_RANGE = "10.244.0.0/24"
SERVICE_RANGE = "10.96.0.0/16"
API_ADDRESS = "10.96.0.1"
DNS_ADDRESS = "10.96.0.10"
API_PORT = 6443
DOMAIN = "cluster.local"

# Part of the stamp of a state folder: raise it when what is written there changes its shape.
LAYOUT_VERSION = 1

MODULES = Path(__file__).parent / "modules"
# The controller manager's own provisioner has this path compiled in; we make it a link into our state.
PROVISIONED = Path("/tmp/hostpath_pv")


@dataclass(frozen=True, slots=True)
class Home:
    """The cluster's folder. ``bin`` and ``images`` are caches and outlive the cluster."""

    root: Path

    @property
    def bin(self) -> Path:
        """Programs, one folder for each name and version."""
        return self.root / "bin"

    @property
    def images(self) -> Path:
        """Image archives and the builder's storage."""
        return self.root / "images"

    @property
    def state(self) -> Path:
        """What a stopped cluster restarts over: etcd, keys, containers, volumes."""
        return self.root / "state"

    @property
    def pki(self) -> Path:
        """Certificates and keys."""
        return self.state / "pki"

    @property
    def configs(self) -> Path:
        """Configuration files of the components, written anew at each start."""
        return self.state / "configs"

    @property
    def volumes(self) -> Path:
        """Folders behind the default StorageClass."""
        return self.state / "volumes"

    @property
    def leases(self) -> Path:
        """Pod addresses in use."""
        return self.state / "cni-leases"

    @property
    def stamp(self) -> Path:
        """Versions the state was written by."""
        return self.state / "versions.json"

    @property
    def logs(self) -> Path:
        """One log for each component, the audit log, and one for each build."""
        return self.root / "logs"

    @property
    def run(self) -> Path:
        """Process ids and sockets."""
        return self.root / "run"

    @property
    def containerd_socket(self) -> Path:
        """Where the container runtime listens."""
        return self.run / "containerd.sock"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's way in."""
        return self.root / "kubeconfig"

    @property
    def way(self) -> Path:
        """Which of the three ways the last ``up`` took."""
        return self.root / "way"


def get_home() -> Home:
    """Return the folder that LEEWAY_CLUSTER_HOME names, or the default one in the user's cache."""
    named = os.environ.get("LEEWAY_CLUSTER_HOME")
    return Home(Path(named).resolve() if named else Path.home() / ".cache" / "leeway" / "cluster")
