"""An OCI archive of an image, without the layers that its reader has already."""

import json
import tarfile
from collections.abc import Collection
from pathlib import Path

from tests.cluster.native.oci import MEDIA, as_json, make_descriptor, sha256


def write_archive(folder: Path, name: str, present: Collection[str], archive: Path) -> None:
    """The archive holds the image that buildah put into the folder, but for the blobs that are present elsewhere.

    A container runtime whose store has a layer does not look for it in the archive.
    """
    manifest = (folder / "manifest.json").read_bytes()
    parsed = json.loads(manifest)
    entry = make_descriptor(f"{MEDIA}.manifest.v1+json", manifest)
    entry["annotations"] = {"org.opencontainers.image.ref.name": name}
    small = {
        "oci-layout": as_json({"imageLayoutVersion": "1.0.0"}),
        "index.json": as_json({"schemaVersion": 2, "manifests": [entry]}),
        f"blobs/sha256/{sha256(manifest)}": manifest,
    }
    for path, content in small.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    with tarfile.open(archive, "w") as tar:
        for path in small:
            tar.add(folder / path, path)
        for blob in (parsed["config"], *parsed["layers"]):
            digest = blob["digest"].removeprefix("sha256:")
            if blob["digest"] not in present:
                tar.add(folder / digest, f"blobs/sha256/{digest}")
