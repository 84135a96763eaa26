"""The image that ours are built from: Debian with its Python, made here, so that no registry is needed."""

import tempfile
from pathlib import Path

from tests.cluster.native import oci
from tests.cluster.native.commands import run
from tests.cluster.native.debian import IMAGE_PACKAGES, install_missing, require_root
from tests.cluster.native.layout import Home
from tests.cluster.native.refusal import RefusedError

SUITE = "bookworm"
BASE_IMAGE = f"localhost/leeway-base:{SUITE}-py311"
CONFIG = {
    "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"],
    "Cmd": ["/bin/sh"],
}
PACKAGES = ("python3", "ca-certificates")
DOCUMENTATION = ("usr/share/doc", "usr/share/man", "usr/share/locale")
UNWANTED = (*DOCUMENTATION, "var/cache/apt", "var/lib/apt/lists", "var/log")


def get_archive(home: Home) -> Path:
    """Return where the base image is cached."""
    return home.images / f"leeway-base-{SUITE}-py311.oci-archive"


def make_base_image(home: Home) -> Path:
    """The base image is in the OCI archive whose path is returned; once made, it is kept."""
    archive = get_archive(home)
    if archive.exists():
        return archive
    require_root()
    install_missing(IMAGE_PACKAGES)
    home.images.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="leeway-base-", dir=home.images) as folder:
        root, layer = Path(folder, "root"), Path(folder, "layer.tar")
        fill(root)
        pack(root, layer)
        oci.write_image(archive, BASE_IMAGE, layer.read_bytes(), CONFIG)
    return archive


def fill(root: Path) -> None:
    """The folder is a small Debian with Python and today's security fixes."""
    mirror = get_mirror()
    run_quietly(
        ["debootstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", SUITE, str(root), mirror]
    )
    (root / "etc/apt/sources.list").write_text(
        f"deb {mirror} {SUITE} main\ndeb {mirror} {SUITE}-updates main\n"
        f"deb {mirror}-security {SUITE}-security main\n"
    )
    run_quietly(["chroot", str(root), "apt-get", "update", "--quiet"])
    run_quietly(["chroot", str(root), "apt-get", "upgrade", "--yes", "--quiet"])
    for folder in UNWANTED:
        # The folders stay: packages installed later expect them.
        run_quietly(["find", str(root / folder), "-mindepth", "1", "-not", "-type", "d", "-delete"])


def pack(root: Path, layer: Path) -> None:
    """The tar holds the folder's files with their owners."""
    # Device nodes come from the container's runtime, and not every builder may unpack them.
    command = ["tar", "--create", "--numeric-owner", "--sort=name", "--one-file-system", "--exclude=./dev/*"]
    run_quietly([*command, "--file", str(layer), "--directory", str(root), "."])


def get_mirror() -> str:
    """Return the mirror that the machine's apt uses for this Debian."""
    only = ["Created-By: Packages", f"Codename: {SUITE}"]
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI)", *only]
    found = run(command).split()
    if not found:
        raise RefusedError(f"apt knows no mirror of Debian {SUITE}: add one to /etc/apt/sources.list")
    return found[0].rstrip("/")


def run_quietly(command: list[str]) -> None:
    """The command has done its work without asking anything."""
    run(command, environment={"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"})
