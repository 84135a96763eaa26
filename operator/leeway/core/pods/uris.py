"""URIs of data and artifacts: what a pod must mount to reach them. The operator itself never opens one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from leeway.api.kinds import Manifest

DATA_ROOT = "/leeway/data"
STORE_ROOT = "/leeway/store"


@dataclass(frozen=True, slots=True)
class Location:
    """A parsed URI: scheme, first name (claim, ConfigMap, bucket, host) and the path below it, without slash."""

    scheme: str
    name: str
    path: str


@dataclass(frozen=True, slots=True)
class Mounts:
    """Volumes of a pod and where its one container sees them."""

    volumes: tuple[dict[str, Any], ...] = ()
    mounts: tuple[dict[str, Any], ...] = ()

    def __add__(self, other: Mounts) -> Mounts:
        """Both, each volume once."""
        names = {volume["name"] for volume in self.volumes}
        return Mounts(
            self.volumes + tuple(v for v in other.volumes if v["name"] not in names),
            self.mounts + tuple(m for m in other.mounts if m not in self.mounts),
        )


def parse_uri(uri: str) -> Location:
    """The parts of a URI that the schema has already checked."""
    parts = urlsplit(uri)
    return Location(parts.scheme, parts.netloc, parts.path.strip("/"))


def join(uri: str, path: str) -> str:
    """The URI of `path` below the folder `uri`."""
    return f"{uri.rstrip('/')}/{path}"


def data_mounts(uri: str) -> Mounts:
    """What the trainer must mount for `spec.data.uri`; nothing for what it fetches itself."""
    location = parse_uri(uri)
    if location.scheme == "configmap":
        return config_map_mount(location)
    if location.scheme == "pvc":
        return claim_mount("data", location.name, f"{DATA_ROOT}/pvc/{location.name}", read_only=True)
    return Mounts()


def config_map_mount(location: Location) -> Mounts:
    """The one key of the ConfigMap as a file.

    Optional, since kubelet holds a pod with a missing ConfigMap back in silence, while the trainer can say
    which name or key is missing.
    """
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
    """A PersistentVolumeClaim at `path`."""
    source: Manifest = {"claimName": claim}
    mount: Manifest = {"name": volume, "mountPath": path}
    if read_only:
        source["readOnly"] = True
        mount["readOnly"] = True
    return Mounts(({"name": volume, "persistentVolumeClaim": source},), (mount,))


def store_mounts(uris: tuple[str, ...]) -> Mounts:
    """Read-only mounts for every claim that the artifact's URIs name."""
    claims = sorted({parse_uri(uri).name for uri in uris if parse_uri(uri).scheme == "pvc"})
    found = Mounts()
    for number, claim in enumerate(claims):
        found += claim_mount(f"store-{number}", claim, f"{STORE_ROOT}/{claim}", read_only=True)
    return found
