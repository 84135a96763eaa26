"""Images made of nothing but files: an OCI archive needs no builder."""

import hashlib
import io
import json
import platform
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.cluster.native.refusal import RefusedError

MEDIA = "application/vnd.oci.image"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}  # the machine's word: the image's word
LAYOUT = {"imageLayoutVersion": "1.0.0"}


def write_image(archive: Path, name: str, layer: bytes, config: dict[str, Any]) -> None:
    """The archive holds an image of that name: one layer, a tar, and how it is run."""
    image = as_json(
        {
            "architecture": ARCHITECTURES.get(platform.machine(), platform.machine()),
            "os": "linux",
            "config": config,
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{sha256(layer)}"]},
            # One entry a layer, or buildah builds nothing upon the image.
            "history": [{"created_by": "leeway"}],
        }
    )
    manifest = as_json(
        {
            "schemaVersion": 2,
            "mediaType": f"{MEDIA}.manifest.v1+json",
            "config": make_descriptor(f"{MEDIA}.config.v1+json", image),
            "layers": [make_descriptor(f"{MEDIA}.layer.v1.tar", layer)],
        }
    )
    entry = make_descriptor(f"{MEDIA}.manifest.v1+json", manifest)
    entry["annotations"] = {"org.opencontainers.image.ref.name": name}
    index = {"schemaVersion": 2, "manifests": [entry]}
    write_layout(
        archive, {"oci-layout": as_json(LAYOUT), "index.json": as_json(index)}, (layer, image, manifest)
    )


def write_layout(archive: Path, files: dict[str, bytes], blobs: Sequence[bytes]) -> None:
    """The archive holds the files and the blobs; a reader never sees half of it."""
    named = {f"blobs/sha256/{sha256(blob)}": blob for blob in blobs}
    archive.parent.mkdir(parents=True, exist_ok=True)
    half_made = archive.with_suffix(".part")
    half_made.write_bytes(make_tar(files | named, mode=0o644))
    half_made.rename(archive)


def get_digest(archive: Path) -> str:
    """Return the digest of the one image in an OCI archive."""
    try:
        with tarfile.open(archive) as tar:
            index = tar.extractfile("index.json")
            manifests = json.load(index)["manifests"] if index else []
    except (tarfile.TarError, KeyError, ValueError) as unreadable:
        raise RefusedError(
            f"{archive} is no OCI archive ({unreadable}): push the image as one"
        ) from unreadable
    if len(manifests) != 1:
        raise RefusedError(f"{archive} holds {len(manifests)} images: push exactly one into it")
    return str(manifests[0]["digest"])


def make_tar(files: dict[str, bytes], mode: int) -> bytes:
    """Return a tar of these files; the same files give the same bytes."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path, content in sorted(files.items()):
            member = tarfile.TarInfo(path)
            member.size, member.mode = len(content), mode
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def make_descriptor(media_type: str, blob: bytes) -> dict[str, Any]:
    """Return how a manifest refers to a blob."""
    return {"mediaType": media_type, "digest": f"sha256:{sha256(blob)}", "size": len(blob)}


def sha256(blob: bytes) -> str:
    """Return the hexadecimal digest."""
    return hashlib.sha256(blob).hexdigest()


def as_json(document: dict[str, Any]) -> bytes:
    """Return the document as compact JSON."""
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
