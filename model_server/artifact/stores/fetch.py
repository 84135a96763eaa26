"""Files from where users keep them: mounted claims and config maps, object stores, the web, the disk.

Errors are the built-in ones a local file would raise: FileNotFoundError, PermissionError, ConnectionError
(a retry may help), TooLargeError, ForbiddenAddressError, ValueError for a uri nobody can read.
No message shows a user or a query.
"""

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import SplitResult, unquote

from model_server.artifact.stores.credentials import AMBIENT, Credentials
from model_server.artifact.stores.download import Download, fetch_web, too_large
from model_server.artifact.stores.object_store import fetch_object
from model_server.artifact.stores.reach import Reach, find_reach
from model_server.artifact.stores.uris import shown, split

DEFAULT_MAX_BYTES = 5 << 30
OBJECT_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")


def fetch(
    uri: str,
    destination: Path,
    credentials: Credentials = AMBIENT,
    most: int | None = None,
    reach: Reach | None = None,
) -> Path:
    """Return the local path of the file at `uri`, downloaded into `destination` when it is not mounted.

    It has at most `most` bytes, or LEEWAY_MAX_DATA_BYTES when that is fewer or nothing is said; it comes from an
    address within `reach`, or within that of this pod or laptop.
    """
    parts = split(uri)
    source = SOURCES.get(parts.scheme)
    if source is None:
        known = ", ".join(f"{scheme}://" for scheme in SOURCES if scheme)
        raise ValueError(f"{shown(uri)}: no such kind of uri; use one of {known}")
    limit = min(max_bytes(), max_bytes() if most is None else most)
    path = source(parts, Download(destination, credentials, limit, reach or find_reach()))
    if path.stat().st_size > limit:
        raise too_large(shown(uri), limit)
    return path


def max_bytes() -> int:
    """Return the size cap of one file in bytes: LEEWAY_MAX_DATA_BYTES, or 5 GiB."""
    return int(os.environ.get("LEEWAY_MAX_DATA_BYTES", DEFAULT_MAX_BYTES))


def fetch_local(parts: SplitResult, _: Download) -> Path:
    """Return a path of this machine; only a laptop has one, in a pod nothing but mounts may be read."""
    if "LEEWAY_DATA_ROOT" in os.environ or "LEEWAY_STORE_ROOT" in os.environ:
        raise ValueError(f"{parts.path}: local paths work on a laptop only; in a cluster use pvc:// or s3://")
    return existing(Path(unquote(parts.path) if parts.scheme else parts.path))


def fetch_claim(parts: SplitResult, _: Download) -> Path:
    """Return the file of `pvc://CLAIM/path`, looked for where pods mount claims of stores and of data."""
    roots = [Path(os.environ[name], *under) for name, under in CLAIM_ROOTS if name in os.environ]
    if not roots:
        raise ValueError(
            f"pvc://{parts.netloc}{parts.path}: claims exist in a cluster only; give a local file"
        )
    refuse_odd_name(parts)
    mounts = [root / parts.netloc for root in roots if (root / parts.netloc).is_dir()]
    if not mounts:
        raise FileNotFoundError(f"pvc://{parts.netloc}: the claim is not mounted; is it in this namespace?")
    return inside(mounts, parts)


CLAIM_ROOTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("LEEWAY_STORE_ROOT", ()),
    ("LEEWAY_DATA_ROOT", ("pvc",)),
)


def fetch_config_map(parts: SplitResult, _: Download) -> Path:
    """Return the file of `configmap://NAME/KEY`, where the operator's pods mount it."""
    if "LEEWAY_DATA_ROOT" not in os.environ:
        name = f"configmap://{parts.netloc}{parts.path}"
        raise ValueError(f"{name}: config maps exist in a cluster only; pass --data FILE")
    refuse_odd_name(parts)
    return inside([Path(os.environ["LEEWAY_DATA_ROOT"]) / "configmap" / parts.netloc], parts)


def refuse_odd_name(parts: SplitResult) -> None:
    """Raise ValueError unless the uri names a claim or config map as Kubernetes does; `..` would leave the root."""
    if not OBJECT_NAME.fullmatch(parts.netloc):
        raise ValueError(
            f"{parts.scheme}://{parts.netloc}{parts.path}: {parts.netloc!r} is no name of a volume; "
            "give lower-case letters, digits, '-' and '.'"
        )


def inside(mounts: Iterable[Path], parts: SplitResult) -> Path:
    """Return the file below one of the mounts; a path or link that leads out of them is refused."""
    name = f"{parts.scheme}://{parts.netloc}{parts.path}"
    for mount in mounts:
        path = (mount / unquote(parts.path).lstrip("/")).resolve()
        if not path.is_relative_to(mount.resolve()):
            raise PermissionError(f"{name}: leads out of its volume; give a path inside it")
        if path.is_file():
            return path
    raise FileNotFoundError(f"{name}: no such file")


def existing(path: Path) -> Path:
    """Return the path of a readable file, or raise FileNotFoundError or PermissionError naming it."""
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file")
    if not os.access(path, os.R_OK):
        raise PermissionError(f"{path}: may not be read by user {os.getuid()}")
    return path


SOURCES: dict[str, Callable[[SplitResult, Download], Path]] = {
    "": fetch_local,
    "file": fetch_local,
    "pvc": fetch_claim,
    "configmap": fetch_config_map,
    "https": fetch_web,
    "http": fetch_web,
    "s3": fetch_object,
    "gs": fetch_object,
}
