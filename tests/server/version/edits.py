"""Edits of a version's manifest or files, before it is loaded."""

import copy
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from model_server.artifact.models.model_file import MAX_FILE_BYTES
from model_server.version.files import MAX_DOCUMENT_BYTES
from tests.server import models

GOLDEN = {"rows": [[0, 0], [1, 1]], "predictions": [0, 1], "tolerance": "1e-6"}


def with_spec(**changed: Any) -> Callable[[dict[str, Any], Path], None]:
    """Return an edit that replaces members of the spec."""

    def edit(manifest: dict[str, Any], _: Path) -> None:
        manifest["spec"] |= copy.deepcopy(changed)

    return edit


def with_model(**changed: Any) -> Callable[[dict[str, Any], Path], None]:
    """Return an edit that replaces members of the model's file."""

    def edit(manifest: dict[str, Any], _: Path) -> None:
        manifest["spec"]["files"]["model"] |= changed

    return edit


def with_file(member: str, document: Any) -> Callable[[dict[str, Any], Path], None]:
    """Return an edit that stores a document beside the model and refers to it."""

    def edit(manifest: dict[str, Any], directory: Path) -> None:
        manifest["spec"]["files"][member] = models.write_beside(directory, f"{member}.json", document)

    return edit


def with_swapped_file(manifest: dict[str, Any], directory: Path) -> None:
    """Change golden rows after their digest was taken."""
    with_file("golden", GOLDEN)(manifest, directory)
    models.write_beside(directory, "golden.json", GOLDEN | {"predictions": [1, 1]})


def with_signature_file(manifest: dict[str, Any], directory: Path) -> None:
    """Move the signature into a file."""
    with_file("signature", manifest["spec"].pop("signature"))(manifest, directory)


def with_size(manifest: dict[str, Any], directory: Path) -> None:
    """Record the size of the model."""
    size = (directory / "model.skops").stat().st_size
    with_model(sizeBytes=size)(manifest, directory)


def with_lost_signature(manifest: dict[str, Any], _: Path) -> None:
    """Refer to a signature file that is not there."""
    del manifest["spec"]["signature"]
    lost = {"uri": "file:///nowhere/signature.json", "digest": "sha256:" + "0" * 64}
    manifest["spec"]["files"]["signature"] = lost


def without_model(_: dict[str, Any], directory: Path) -> None:
    """Delete the model."""
    (directory / "model.skops").unlink()


def with_endless_model(_: dict[str, Any], directory: Path) -> None:
    """Let the model's file be larger than the cap, without a byte on the disk."""
    os.truncate(directory / "model.skops", MAX_FILE_BYTES + 1)


def with_endless_signature(manifest: dict[str, Any], directory: Path) -> None:
    """Let the signature's file be larger than the cap, without a byte on the disk."""
    with_signature_file(manifest, directory)
    os.truncate(directory / "signature.json", MAX_DOCUMENT_BYTES + 1)
