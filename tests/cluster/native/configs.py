"""The configuration files of every component, as data. JSON is YAML, so the standard library writes it."""

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.cluster.native.layout import (
    API_PORT,
    BRIDGE,
    CNI_NETWORK,
    DNS_ADDRESS,
    DOMAIN,
    NODE,
    NODE_ADDRESS,
    POD_RANGE,
    Home,
)

PAUSE_IMAGE = "localhost/leeway-pause:2"
CNI_PLUGINS = "/usr/lib/cni"
SERVER = f"https://127.0.0.1:{API_PORT}"


def write_configs(home: Home, upstreams: Sequence[str]) -> None:
    """Every component's configuration is in its folder and the administrator's kubeconfig at its place."""
    home.configs.mkdir(parents=True, exist_ok=True)
    documents = {
        "audit-policy.yaml": make_audit_policy(),
        "kubelet.yaml": make_kubelet_config(home),
        "kube-proxy.yaml": make_proxy_config(home),
    } | {
        f"{name}.kubeconfig": make_kubeconfig(home, name)
        for name in ("controller-manager", "scheduler", "proxy", "kubelet")
    }
    for name, document in documents.items():
        write_private(home.configs / name, json.dumps(document, indent=1))
    write_private(home.kubeconfig, json.dumps(make_kubeconfig(home, "admin"), indent=1))
    (home.configs / "containerd.toml").write_text(make_containerd_config(home))
    (home.configs / "resolv.conf").write_text("".join(f"nameserver {server}\n" for server in upstreams))
    networks = home.configs / "cni"
    networks.mkdir(exist_ok=True)
    (networks / "10-leeway.conflist").write_text(json.dumps(make_network(home), indent=1))


def write_private(path: Path, text: str) -> None:
    """The text is at the path, for its owner only."""
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(text)


def list_upstreams(resolv_conf: str) -> list[str]:
    """Return the name servers a pod can reach too: those on the host's loopback it cannot."""
    words = [line.split() for line in resolv_conf.splitlines()]
    servers = [word[1] for word in words if len(word) > 1 and word[0] == "nameserver"]
    return [server for server in servers if not server.startswith("127.") and server != "::1"]


def make_kubeconfig(home: Home, name: str) -> dict[str, Any]:
    """Return a kubeconfig with the certificates inside, so that it may be copied."""

    def inline(file: str) -> str:
        return base64.b64encode((home.pki / file).read_bytes()).decode()

    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "leeway",
        "contexts": [{"name": "leeway", "context": {"cluster": "leeway", "user": name}}],
        "clusters": [
            {"name": "leeway", "cluster": {"server": SERVER, "certificate-authority-data": inline("ca.crt")}}
        ],
        "users": [
            {
                "name": name,
                "user": {
                    "client-certificate-data": inline(f"{name}.crt"),
                    "client-key-data": inline(f"{name}.key"),
                },
            }
        ],
    }


def make_audit_policy() -> dict[str, Any]:
    """Return the policy that notes who did what to which object, without bodies."""
    return {
        "apiVersion": "audit.k8s.io/v1",
        "kind": "Policy",
        "omitStages": ["RequestReceived"],
        "rules": [{"level": "Metadata"}],
    }


def make_kubelet_config(home: Home) -> dict[str, Any]:
    """Return the node agent's configuration, made to run where capabilities and cgroups are limited."""
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": NODE_ADDRESS,
        "authentication": {
            "anonymous": {"enabled": False},
            "x509": {"clientCAFile": str(home.pki / "ca.crt")},
        },
        "tlsCertFile": str(home.pki / "kubelet.crt"),
        "tlsPrivateKeyFile": str(home.pki / "kubelet.key"),
        "cgroupDriver": "cgroupfs",
        "failCgroupV1": False,
        # Tolerates that sysctls and out-of-memory scores cannot be written, as inside a container.
        "featureGates": {"KubeletInUserNamespace": True},
        "oomScoreAdj": 0,
        "failSwapOn": False,
        "containerRuntimeEndpoint": f"unix://{home.containerd_socket}",
        "clusterDNS": [DNS_ADDRESS],
        "clusterDomain": DOMAIN,
        "resolvConf": str(home.configs / "resolv.conf"),
        "podLogsDir": str(home.logs / "pods"),
        "volumePluginDir": str(home.state / "kubelet-plugins"),
        "maxPods": 240,
        "serializeImagePulls": False,
        # Local images cannot be pulled again, and a full laptop disk is no reason to evict pods.
        "imageGCHighThresholdPercent": 100,
        "evictionHard": {"nodefs.available": "0%", "imagefs.available": "0%", "nodefs.inodesFree": "0%"},
    }


def make_proxy_config(home: Home) -> dict[str, Any]:
    """Return kube-proxy's configuration."""
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "clientConnection": {"kubeconfig": str(home.configs / "proxy.kubeconfig")},
        "hostnameOverride": NODE,
        "mode": "iptables",
        "clusterCIDR": POD_RANGE,
        # All pods share one bridge: where it bypasses iptables, an answer would not be translated back.
        "iptables": {"masqueradeAll": not has_bridge_filter()},
        "conntrack": {"maxPerCore": 0, "min": 0},
        "oomScoreAdj": 0,
        "metricsBindAddress": "127.0.0.1:10249",
        "healthzBindAddress": "127.0.0.1:10256",
    }


def has_bridge_filter() -> bool:
    """Return whether the kernel can show bridged packets to iptables."""
    return Path("/proc/sys/net/bridge/bridge-nf-call-iptables").exists()


def make_network(home: Home) -> dict[str, Any]:
    """Return the pod network: one bridge, addresses leased from a folder of ours."""
    return {
        "cniVersion": "0.4.0",
        "name": CNI_NETWORK,
        "plugins": [
            {
                "type": "bridge",
                "bridge": BRIDGE,
                "isGateway": True,
                "ipMasq": True,
                "hairpinMode": True,
                "ipam": {
                    "type": "host-local",
                    "dataDir": str(home.leases),
                    "ranges": [[{"subnet": POD_RANGE, "gateway": NODE_ADDRESS}]],
                    "routes": [{"dst": "0.0.0.0/0"}],
                },
            },
            {"type": "portmap", "capabilities": {"portMappings": True}},
        ],
    }


def make_containerd_config(home: Home) -> str:
    """Return the runtime's configuration; nothing of it is shared with a containerd of the machine."""
    cri = 'plugins."io.containerd.grpc.v1.cri"'
    return f"""version = 2
root = "{home.state}/containerd"
state = "{home.run}/containerd"
oom_score = 0
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs"]

[grpc]
address = "{home.containerd_socket}"

[{cri}]
sandbox_image = "{PAUSE_IMAGE}"
restrict_oom_score_adj = true
netns_mounts_under_state_dir = true

[{cri}.cni]
bin_dir = "{CNI_PLUGINS}"
conf_dir = "{home.configs}/cni"

[{cri}.containerd]
snapshotter = "overlayfs"
default_runtime_name = "runc"

[{cri}.containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[{cri}.containerd.runtimes.runc.options]
SystemdCgroup = false
Root = "{home.run}/runc"
"""
