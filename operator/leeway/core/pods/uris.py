"""URIs of data and artifacts, and what a pod must mount to reach them. The operator itself never opens one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from leeway.api.kinds import Manifest

DATA_ROOT = "/leeway/data"
STORE_ROOT = "/leeway/store"


@dataclass(frozen=True, slots=True)
class Location:
    """A parsed URI: scheme, name (claim, ConfigMap, bucket or host) and the path below it, without a slash."""

    scheme: str
    name: str
    path: str


@dataclass(frozen=True, slots=True)
class Mounts:
    """Volumes of a pod and where they are mounted in its container."""

    volumes: tuple[dict[str, Any], ...] = ()
    mounts: tuple[dict[str, Any], ...] = ()

    def __add__(self, other: Mounts) -> Mounts:
        """Return both, each volume and mount once."""
        names = {volume["name"] for volume in self.volumes}
        return Mounts(
            self.volumes + tuple(v for v in other.volumes if v["name"] not in names),
            self.mounts + tuple(m for m in other.mounts if m not in self.mounts),
        )


def parse_uri(uri: str) -> Location:
    """Return the parts of a URI."""
    # The schema has checked it: names are names, and no path has a `..` that would leave its claim.
    parts = urlsplit(uri)
    return Location(parts.scheme, parts.netloc, parts.path.strip("/"))


def join(uri: str, path: str) -> str:
    """Return the URI of `path` below the folder `uri`."""
    return f"{uri.rstrip('/')}/{path}"


def data_mounts(uri: str) -> Mounts:
    """Return the mounts for `spec.data.uri`; none for what the trainer fetches itself."""
    location = parse_uri(uri)
    if location.scheme == "configmap":
        return config_map_mount(location)
    if location.scheme == "pvc":
        return claim_mount("data", location.name, f"{DATA_ROOT}/pvc/{location.name}", read_only=True)
    return Mounts()


def config_map_mount(location: Location) -> Mounts:
    """Return the mount of one key of a ConfigMap as a file."""
    # Optional: the kubelet holds back a pod with a missing ConfigMap and says so in Events only, while the trainer can
    # report which name or key is missing, and try again (decision 0004).
    volume = {
        "name": "data",
        "configMap": {
            "name": location.name,
            "optional": True,
            "items": [{"key": location.path, "path": location.path}],
        },
    }
    mount = {"name": "data", "mountPath": f"{DATA_ROOT}/configmap/{location.name}", "readOnly": True}
    return Mounts((volume,), (mount,))


def claim_mount(volume: str, claim: str, path: str, *, read_only: bool) -> Mounts:
    """Return the mount of a PersistentVolumeClaim at `path`."""
    source: Manifest = {"claimName": claim}
    mount: Manifest = {"name": volume, "mountPath": path}
    # Absent rather than false, which is the default: the API server drops it, and the child would look different.
    if read_only:
        source["readOnly"] = True
        mount["readOnly"] = True
    return Mounts(({"name": volume, "persistentVolumeClaim": source},), (mount,))


def store_mounts(uris: tuple[str, ...]) -> Mounts:
    """Return read-only mounts of every claim that the URIs name."""
    # Sorted, so that the order of the files in a spec changes neither volume names nor the revision.
    claims = sorted({parse_uri(uri).name for uri in uris if parse_uri(uri).scheme == "pvc"})
    found = Mounts()
    for number, claim in enumerate(claims):
        found += claim_mount(f"store-{number}", claim, f"{STORE_ROOT}/{claim}", read_only=True)
    return found
