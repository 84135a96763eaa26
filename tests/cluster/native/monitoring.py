"""Prometheus and its promtool from the Debian package, unpacked beside the built programs; nothing is installed."""

import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.cluster.native.commands import run
from tests.cluster.native.debian import run_apt
from tests.cluster.native.layout import Home
from tests.cluster.native.refusal import RefusedError

PACKAGE = "prometheus"


def get_prometheus(home: Home, program: str = PACKAGE) -> Path:
    """Return the path of prometheus or promtool, unpacked now if it is absent."""
    folder = home.bin / f"{PACKAGE}-debian"
    if not folder.exists():
        _unpack(folder)
    return folder / program


def _unpack(folder: Path) -> None:
    # Installing the package would start a Prometheus of the machine's own.
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent) as place:
        run(["dpkg-deb", "--extract", str(_download(Path(place))), place])
        Path(place, "usr", "bin").rename(folder)


def _download(place: Path) -> Path:
    """Return the package's file."""
    if shutil.which("apt-get") is None:
        raise RefusedError("The alerts' tests take Prometheus from Debian, and there is no apt-get here.")
    ended = _fetch(place)
    if ended.returncode:
        # Stale package lists are the usual cause.
        run_apt(["apt-get", "update", "--quiet"])
        ended = _fetch(place)
    found = list(place.glob(f"{PACKAGE}_*.deb"))
    if not found:
        raise RefusedError(f"apt-get could not download {PACKAGE}:\n{ended.stdout[-2000:]}")
    return found[0]


def _fetch(place: Path) -> subprocess.CompletedProcess[str]:
    return run_apt(["env", f"--chdir={place}", "apt-get", "download", "--quiet", PACKAGE])
