"""Shapes of stored arrays, looked at before anything is built of them."""

import io
import zipfile
from typing import Any

from numpy.lib import format as npy

from model_server.artifact.models.allowed import nodes
from model_server.contract import reasons
from model_server.contract.outcome import InputRefused

HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def refuse_points(content: bytes, schema: Any) -> None:
    """Raise `InputRefused` (UnsafeArtifact) for an array without a length in a model that has trees.

    scikit-learn reads the length of a tree's table without asking whether there is one, and crashes.
    """
    parts = list(nodes(schema))
    if not any(part.get("__loader__") == "TreeNode" for part in parts):
        return
    # Any part may stand for another that has its number, so that not only the tables of trees are looked at.
    files = {part["file"] for part in parts if part.get("__class__") == "ndarray" and "file" in part}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in sorted(files):
            if not shape_of(archive, name):
                raise InputRefused(
                    reasons.UNSAFE_ARTIFACT, f"array {name} of the model has no length; train it again"
                )


def shape_of(archive: zipfile.ZipFile, name: str) -> tuple[int, ...]:
    """Return the shape of a stored array; its numbers stay unread."""
    with archive.open(name) as member:
        shape, _, _ = HEADERS[npy.read_magic(member)](member)
    return tuple(shape)
