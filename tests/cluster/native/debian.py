"""What comes from Debian packages."""

import os
import shutil
import subprocess

from tests.cluster.native.refusal import RefusedError, refuse_with_ways

# Package -> a file that proves it is there.
CLUSTER_PACKAGES = {
    "containerd": "/usr/bin/containerd",
    "runc": "/usr/sbin/runc",
    "containernetworking-plugins": "/usr/lib/cni/bridge",
    "iptables": "/usr/sbin/iptables",
    "conntrack": "/usr/sbin/conntrack",
    "iproute2": "/sbin/ip",
    "socat": "/usr/bin/socat",  # port-forward needs it
    "busybox-static": "/usr/share/doc/busybox-static/copyright",  # busybox alone is linked dynamically
}
IMAGE_PACKAGES = {
    "buildah": "/usr/bin/buildah",
    "debootstrap": "/usr/sbin/debootstrap",
}


def list_missing(packages: dict[str, str]) -> list[str]:
    """Return the packages whose file is absent."""
    return [package for package, file in packages.items() if not os.path.exists(file)]  # noqa: PTH110


def require_root() -> None:
    """Refuse for a user who may not make bridges and mounts."""
    if os.geteuid() != 0:
        raise refuse_with_ways("The native cluster makes a bridge and mounts: run it as root.")


def install_missing(packages: dict[str, str]) -> None:
    """Every package is installed."""
    missing = list_missing(packages)
    if not missing:
        return
    if shutil.which("apt-get") is None:
        raise refuse_with_ways(f"{', '.join(missing)} must be installed, and there is no apt-get here.")
    print(f"installing {', '.join(missing)}", flush=True)
    # Recommended packages would pull in a second container stack.
    install = ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", *missing]
    if run_apt(install).returncode == 0:
        return
    # Stale package lists are the usual cause.
    run_apt(["apt-get", "update", "--quiet"])
    ended = run_apt(install)
    if ended.returncode:
        raise RefusedError(f"apt-get could not install {', '.join(missing)}:\n{ended.stdout[-2000:]}")


def run_apt(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Return the ended command with its two outputs in one."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(
        command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
