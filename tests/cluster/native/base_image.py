"""The image that ours are built from: Debian with its Python, made here, so that no registry is needed."""

import os
import subprocess
from pathlib import Path

from tests.cluster.native.debian import IMAGE_PACKAGES, install_missing, require_root
from tests.cluster.native.layout import Home
from tests.cluster.native.refusal import RefusedError

SUITE = "bookworm"
BASE_IMAGE = f"localhost/leeway-base:{SUITE}-py311"
PACKAGES = ("python3", "ca-certificates")
MIRROR = "http://deb.debian.org/debian"
UNWANTED = (
    "usr/share/doc",
    "usr/share/man",
    "usr/share/locale",
    "var/cache/apt",
    "var/lib/apt/lists",
    "var/log",
)


def buildah_env(home: Home) -> dict[str, str]:
    """Return the environment for every call of buildah: storage in our folder, RUN by chroot."""
    home.images.mkdir(parents=True, exist_ok=True)
    config = home.images / "storage.conf"
    folders = f'graphroot = "{home.images}/storage"\nrunroot = "{home.images}/run"\n'
    config.write_text(f'[storage]\ndriver = "overlay"\n{folders}')
    # Isolation by chroot asks nothing of the machine's control groups.
    return {"CONTAINERS_STORAGE_CONF": str(config), "BUILDAH_ISOLATION": "chroot"}


def get_archive(home: Home) -> Path:
    """Return where the base image is cached."""
    return home.images / f"leeway-base-{SUITE}-py311.oci-archive"


def make_base_image(home: Home) -> Path:
    """The base image is in buildah's storage and in the archive, whose path is returned."""
    require_root()
    install_missing(IMAGE_PACKAGES)
    archive = get_archive(home)
    if archive.exists() and has_image(home):
        return archive
    if archive.exists():
        run_buildah(home, "pull", f"oci-archive:{archive}")
        return archive
    container = run_buildah(home, "from", "scratch")
    try:
        fill(Path(run_buildah(home, "mount", container)))
        run_buildah(home, "config", "--env", "LANG=C.UTF-8", "--cmd", "/bin/sh", container)
        # Compressing costs many times what it saves on one machine.
        run_buildah(home, "commit", "--disable-compression", container, BASE_IMAGE)
    finally:
        run_buildah(home, "rm", container)
    half_made = archive.with_suffix(".part")
    half_made.unlink(missing_ok=True)
    run_buildah(home, "push", "--disable-compression", BASE_IMAGE, f"oci-archive:{half_made}:{BASE_IMAGE}")
    half_made.rename(archive)
    return archive


def has_image(home: Home) -> bool:
    """Return whether buildah's storage has the base image."""
    return BASE_IMAGE in run_buildah(home, "images", "--format", "{{.Name}}:{{.Tag}}").split()


def fill(root: Path) -> None:
    """The folder is a small Debian with Python and today's security fixes."""
    mirror = get_mirror()
    include = f"--include={','.join(PACKAGES)}"
    run(["debootstrap", "--variant=minbase", include, SUITE, str(root), mirror])
    (root / "etc/apt/sources.list").write_text(
        f"deb {mirror} {SUITE} main\ndeb {mirror} {SUITE}-updates main\n"
        f"deb {mirror}-security {SUITE}-security main\n"
    )
    run(["chroot", str(root), "apt-get", "update", "--quiet"])
    run(["chroot", str(root), "apt-get", "upgrade", "--yes", "--quiet"])
    run(["chroot", str(root), "apt-get", "clean"])
    for folder in UNWANTED:
        # The folders stay: packages installed later expect them.
        run(["find", str(root / folder), "-mindepth", "1", "-not", "-type", "d", "-delete"])


def get_mirror() -> str:
    """Return the mirror that the machine's apt uses for this Debian, or Debian's own."""
    command = [
        "apt-get",
        "indextargets",
        "--format",
        "$(REPO_URI)",
        "Created-By: Packages",
        f"Codename: {SUITE}",
    ]
    found = subprocess.run(command, text=True, capture_output=True, check=False).stdout.split()
    return found[0].rstrip("/") if found else MIRROR


def run_buildah(home: Home, *arguments: str) -> str:
    """Return what buildah printed."""
    return run(["buildah", *arguments], buildah_env(home))


def run(command: list[str], environment: dict[str, str] | None = None) -> str:
    """Return what the command printed; a failure is refused with what it said."""
    full = os.environ | {"DEBIAN_FRONTEND": "noninteractive"} | (environment or {})
    ended = subprocess.run(command, env=full, text=True, capture_output=True, check=False)
    if ended.returncode:
        raise RefusedError(f"{' '.join(command)} failed:\n{(ended.stdout + ended.stderr)[-2000:]}")
    return ended.stdout.strip()
