"""Bring image archives into the cluster's container runtime."""

from pathlib import Path

from tests.cluster.native import oci
from tests.cluster.native.commands import run
from tests.cluster.native.configs import PAUSE_IMAGE
from tests.cluster.native.layout import Home
from tests.cluster.native.programs import get_path, get_version
from tests.cluster.native.refusal import RefusedError

STAGED = "localhost/leeway-import"
BUSYBOX = Path("/bin/busybox")  # Debian's static one: a sandbox only has to sleep
SLEEP = ("sleep", "2147483647")


def get_dns_image() -> str:
    """Return the name of CoreDNS' image."""
    return f"localhost/leeway-coredns:{get_version('coredns')}"


def load_own_images(home: Home) -> None:
    """The runtime has the images that the cluster itself needs."""
    present = set(run_ctr(home, "list", "--quiet").split())
    dns = get_dns_image()
    pause_archive = home.images / "pause-2.oci-archive"
    dns_archive = home.images / f"coredns-{get_version('coredns')}.oci-archive"
    if not pause_archive.exists():
        write_program_image(pause_archive, PAUSE_IMAGE, BUSYBOX, *SLEEP)
    if not dns_archive.exists():
        write_program_image(dns_archive, dns, get_path(home, "coredns"))
    for name, archive in ((PAUSE_IMAGE, pause_archive), (dns, dns_archive)):
        if name not in present:
            load(home, archive, name)


def write_program_image(archive: Path, name: str, program: Path, *arguments: str) -> None:
    """The archive holds an image whose one file is the static program; it is run with the arguments."""
    layer = oci.make_tar({program.name: program.read_bytes()}, mode=0o755)
    oci.write_image(archive, name, layer, {"Entrypoint": [f"/{program.name}", *arguments], "Env": ["PATH=/"]})


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
    """Return the name with a tag; only names under localhost/, which no node ever tries to pull."""
    if not name.startswith("localhost/"):
        raise RefusedError(f"{name} is no local name: call it localhost/{name}")
    return name if ":" in name else f"{name}:latest"


def run_ctr(home: Home, *arguments: str) -> str:
    """Return what the runtime's client printed about images."""
    command = ["ctr", "--address", str(home.containerd_socket), "--namespace", "k8s.io", "images", *arguments]
    return run(command)
