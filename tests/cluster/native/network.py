"""The bridge that is the node's address and the pods' way out."""

import json
import socket
import subprocess
from pathlib import Path

from tests.cluster.native import firewall
from tests.cluster.native.commands import run
from tests.cluster.native.layout import BRIDGE, NODE_ADDRESS, POD_RANGE, SERVICE_RANGE

SWITCHES = (
    Path("/proc/sys/net/ipv4/ip_forward"),
    # Absent where the kernel has no bridge filter; kube-proxy is configured accordingly.
    Path("/proc/sys/net/bridge/bridge-nf-call-iptables"),
)
# Fixed, or the bridge would take over the lowest address of its ports and neighbours would lose it.
HARDWARE_ADDRESS = "0a:58:0a:f4:00:01"


def make_bridge() -> None:
    """The bridge is up with the node's address, and packets are forwarded."""
    if not has_bridge():
        ip("link", "add", BRIDGE, "address", HARDWARE_ADDRESS, "type", "bridge")
    ip("address", "replace", f"{NODE_ADDRESS}/{POD_RANGE.partition('/')[2]}", "dev", BRIDGE)
    ip("link", "set", BRIDGE, "up")
    # Without a default route, as on a laptop without a network, Services would be unreachable from the host.
    ip("route", "replace", SERVICE_RANGE, "dev", BRIDGE)
    for switch in SWITCHES:
        if switch.exists():
            switch.write_text("1")
    firewall.accept_pods()


def remove_bridge() -> None:
    """Neither the bridge nor a pod's cable to it is left."""
    if not has_bridge():
        return
    ports = ip("-json", "link", "show", "master", BRIDGE)
    for port in json.loads(ports or "[]"):
        # One may vanish meanwhile together with its pod's network namespace.
        subprocess.run(["ip", "link", "delete", port["ifname"]], capture_output=True, check=False)
    ip("link", "delete", BRIDGE)


def has_bridge() -> bool:
    """Return whether the bridge exists."""
    return BRIDGE in (name for _, name in socket.if_nameindex())


def ip(*arguments: str) -> str:
    """Return what the ip command printed."""
    return run(["ip", *arguments])
