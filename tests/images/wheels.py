"""Fetch wheels on the host, checked against their hashes, for the target's Python and platform."""

import hashlib
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from tests.cluster.native.refusal import RefusedError
from tests.images.folders import get_wheels
from tests.images.lock import PYTHON
from tests.images.recipe import Component

# Debian 12 has glibc 2.36: wheels for it or anything earlier run on the base.
NEWEST_GLIBC, OLDEST_GLIBC = 36, 17


def fetch_wheels(component: Component) -> Path:
    """Return a folder with exactly the wheels that the component's requirement files pin."""
    content = hashlib.sha256(b"\0".join(path.read_bytes() for path in component.locks)).hexdigest()
    folder = get_wheels() / f"{component.folder}-{get_machine()}-{content[:12]}"
    if not folder.exists():
        half_made = folder.with_suffix(".part")
        shutil.rmtree(half_made, ignore_errors=True)
        for lock in component.locks:
            download(lock, half_made)
        half_made.rename(folder)
        remove_others(folder, component)
    return folder


def download(lock: Path, folder: Path) -> None:
    """The wheels of one requirement file are in the folder; a wrong hash or an absent wheel refuses."""
    python = PYTHON.replace(".", "")
    ended = subprocess.run(
        [
            sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
            "--require-hashes", "--only-binary", ":all:", "--dest", str(folder),
            "--python-version", PYTHON, "--implementation", "cp",
            *[option for abi in (f"cp{python}", "abi3", "none") for option in ("--abi", abi)],
            *[option for name in list_platforms(get_machine()) for option in ("--platform", name)],
            "--requirement", str(lock),
        ],
        text=True,
        capture_output=True,
        check=False,
    )  # fmt: skip
    if ended.returncode:
        raise RefusedError(f"fetching the wheels of {lock} failed:\n{ended.stderr}{ended.stdout}")


def get_machine() -> str:
    """Return this machine's architecture by Linux' name for it."""
    name = platform.machine()
    return {"arm64": "aarch64", "AMD64": "x86_64"}.get(name, name)


def list_platforms(machine: str) -> list[str]:
    """Return the wheel tags that run on the base, the newest first."""
    numbered = [f"manylinux_2_{glibc}_{machine}" for glibc in range(NEWEST_GLIBC, OLDEST_GLIBC - 1, -1)]
    return [*numbered, f"manylinux2014_{machine}"]


def remove_others(kept: Path, component: Component) -> None:
    """No folder of the component's earlier requirement files is left in the cache."""
    for folder in kept.parent.glob(f"{component.folder}-*"):
        if folder != kept:
            shutil.rmtree(folder)
