"""Bring image archives into the cluster's container runtime."""

from pathlib import Path

from tests.cluster.native import oci
from tests.cluster.native.commands import run
from tests.cluster.native.configs import PAUSE_IMAGE
from tests.cluster.native.layout import Home
from tests.cluster.native.programs import get_path, get_version
from tests.cluster.native.refusal import RefusedError

STAGED = "localhost/leeway-import"


def get_dns_image() -> str:
    """Return the name of CoreDNS' image."""
    return f"localhost/leeway-coredns:{get_version('coredns')}"


def load_own_images(home: Home) -> None:
    """The runtime has the images that the cluster itself needs."""
    present = set(run_ctr(home, "list", "--quiet").split())
    for name, program in ((PAUSE_IMAGE, "pause"), (get_dns_image(), "coredns")):
        archive = home.images / f"{program}-{get_version(program)}.oci-archive"
        if not archive.exists():
            write_program_image(archive, name, get_path(home, program))
        if name not in present:
            load(home, archive, name)


def write_program_image(archive: Path, name: str, program: Path) -> None:
    """The archive holds an image whose one file, and entry point, is the static program."""
    layer = oci.make_tar({program.name: program.read_bytes()}, mode=0o755)
    oci.write_image(archive, name, layer, {"Entrypoint": [f"/{program.name}"], "Env": ["PATH=/"]})


def load(home: Home, archive: Path, name: str) -> str:
    """The archive's image is in the runtime under the name, in full, which is returned."""
    if not archive.exists():
        raise RefusedError(f"There is no archive {archive}: push one as oci-archive:FILE:NAME")
    full = make_full_name(name)
    staged = f"{STAGED}@{oci.get_digest(archive)}"
    # Imported under its digest first: what the archive calls itself does not matter then.
    run_ctr(home, "import", "--digests", "--base-name", STAGED, str(archive))
    run_ctr(home, "tag", "--force", staged, full)
    names = run_ctr(home, "list", "--quiet").split()
    run_ctr(home, "remove", *(other for other in names if other.startswith(STAGED)))
    return full


def make_full_name(name: str) -> str:
    """Return the name as Kubernetes looks it up: with a registry and a tag."""
    first, slash, rest = name.partition("/")
    if not slash:
        full = f"docker.io/library/{name}"
    elif "." in first or ":" in first or first == "localhost":
        full = name
    else:
        full = f"docker.io/{first}/{rest}"
    return full if ":" in full.rpartition("/")[2] or "@" in full else f"{full}:latest"


def run_ctr(home: Home, *arguments: str) -> str:
    """Return what the runtime's client printed about images."""
    command = ["ctr", "--address", str(home.containerd_socket), "--namespace", "k8s.io", "images", *arguments]
    return run(command)
