"""Where builds keep what they may need again, outside the checkout and outside the cluster's folder."""

import os
import subprocess
from pathlib import Path

MOUNTS = Path("/proc/self/mounts")


def get_cache() -> Path:
    """Return our folder in the user's cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "leeway"


def get_wheels() -> Path:
    """Return the folder of the wheels."""
    return get_cache() / "wheels"


def get_images() -> Path:
    """Return the folder of the builder's storage and of the names file.

    It is not the cluster's own: taking a cluster down ends everything that runs on a mount in that one.
    """
    return get_cache() / "images"


def release_mounts() -> None:
    """Nothing is mounted in the builder's storage: buildah leaves its folder bound, and an interrupted build more."""
    inside = f"{get_images()}/"
    points = [line.split()[1] for line in MOUNTS.read_text().splitlines()]
    for point in reversed([point for point in points if point.startswith(inside)]):
        subprocess.run(["umount", point], capture_output=True, check=False)
