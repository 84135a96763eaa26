"""A profile that was made with another model, or that contradicts itself, is refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from model_server.contract.outcome import InputRefused
from model_server.version.load import load, read_manifest
from tests.server import models

Document = dict[str, Any]


def make_profile(digest: str) -> Document:
    """Return the profile of the point model as JSON has it."""
    return {
        "schemaVersion": "2",
        "model": "point",
        "version": "point-1",
        "modelDigest": digest,
        "createdAt": "2026-11-21T00:00:00Z",
        "source": {"rows": 200, "kind": "holdout"},
        "features": [
            {"name": "x0", "type": "numeric", "edges": [0.5], "counts": [100, 100, 0, 0]},
            {"name": "x1", "type": "numeric", "edges": [0.2, 0.8], "counts": [100, 40, 50, 10, 0]},
        ],
        "score": {"edges": [0.5], "counts": [120, 80]},
    }


def with_entry(*path: Any, value: Any) -> Callable[[Document], None]:
    """Return a change of one entry."""

    def change(profile: Document) -> None:
        holder: Any = profile
        for key in path[:-1]:
            holder = holder[key]
        holder[path[-1]] = value

    return change


def as_written(_: Document) -> None:
    """Change nothing."""


def with_fewer_features(profile: Document) -> None:
    """Leave a column out, and say why."""
    del profile["features"][1]
    profile["leftOut"] = [{"name": "x1", "reason": "it is a counter"}]


def bridge(*counts: list[int]) -> Document:
    """Return a bridge with these rows."""
    digest = "sha256:" + "1" * 64
    return {"against": "point-0", "againstDigest": digest, "againstProfile": "2" * 64, "counts": counts}


GOOD: dict[str, Callable[[Document], None]] = {
    "as written": as_written,
    "of some of the columns": with_fewer_features,
    "with a bridge": with_entry("bridge", value=bridge([70, 10], [0, 20], [50, 50])),
}
A, B = {"name": "x0", "reason": "an id"}, {"name": "x7", "reason": "an id"}
BAD: dict[str, tuple[Callable[[Document], None], str, str]] = {
    "of another model": (
        with_entry("modelDigest", value="sha256:" + "0" * 64),
        "SignatureMismatch",
        "profile.json: modelDigest is sha256:000",
    ),
    "of another column": (
        with_entry("features", 0, "name", value="x7"),
        "SignatureMismatch",
        "x7 is numeric, but in the signature it is not among the inputs",
    ),
    "of a column of another type": (
        with_entry("features", 0, value={"name": "x0", "type": "boolean", "counts": [200, 0]}),
        "SignatureMismatch",
        "x0 is boolean, but in the signature it is numeric",
    ),
    "of one column twice": (
        with_entry("features", 1, "name", value="x0"),
        "ArtifactUnreadable",
        "two entries",
    ),
    "with too few counts": (
        with_entry("features", 0, "counts", value=[100, 100]),
        "ArtifactUnreadable",
        "features.x0 has 2 counts for 4 bins",
    ),
    "with rows that were not counted": (
        with_entry("features", 1, "counts", value=[100, 40, 50, 0, 0]),
        "ArtifactUnreadable",
        "features.x1 counts 190 rows, but source.rows is 200",
    ),
    "with edges that fall": (
        with_entry("features", 1, "edges", value=[0.8, 0.2]),
        "ArtifactUnreadable",
        "edges of x1",
    ),
    "with scores that were not counted": (
        with_entry("score", "counts", value=[0, 0]),
        "ArtifactUnreadable",
        "score counts 0 rows",
    ),
    "with a column counted and left out": (
        with_entry("leftOut", value=[A]),
        "ArtifactUnreadable",
        "x0 is counted and in leftOut",
    ),
    "with a column left out twice": (
        with_entry("leftOut", value=[A, A]),
        "ArtifactUnreadable",
        "leftOut lists a column twice",
    ),
    "with a column of another model left out": (
        with_entry("leftOut", value=[B]),
        "SignatureMismatch",
        "leftOut has x7, which is not among the inputs",
    ),
    "with a bridge of other bins": (
        with_entry("bridge", value=bridge([70, 10, 0], [0, 20, 0])),
        "ArtifactUnreadable",
        "bridge.counts needs rows of 2 counts",
    ),
    "with a bridge of uneven rows": (
        with_entry("bridge", value=bridge([70, 10], [20])),
        "ArtifactUnreadable",
        "bridge.counts needs rows of 2 counts",
    ),
    "with a bridge of nothing": (
        with_entry("bridge", value=bridge()),
        "ArtifactUnreadable",
        "bridge.counts needs rows",
    ),
    "with a bridge of more rows than were counted": (
        with_entry("bridge", value=bridge([150, 51])),
        "ArtifactUnreadable",
        "bridge.counts counts 201 rows, but source.rows is 200",
    ),
    "with a bridge that takes rows away": (
        with_entry("bridge", value=bridge([150, -1])),
        "ArtifactUnreadable",
        "bridge.counts counts 149 rows",
    ),
    "with too few counts of scores": (
        with_entry("score", "counts", value=[200]),
        "ArtifactUnreadable",
        "score has 1 counts for 2 bins",
    ),
}


def written(directory: Path, change: Callable[[Document], None]) -> Path:
    """Write a version with a changed profile, and return its manifest's path."""
    signature = msgspec.to_builtins(models.POINT)
    manifest = models.write_version(directory, "point", models.make_point_model(), signature)
    files = manifest["spec"]["files"]
    profile = make_profile(files["model"]["digest"])
    change(profile)
    files["profile"] = models.write_beside(directory, "profile.json", profile)
    models.write_manifest(directory, manifest)
    return directory / "modelversion.json"


@pytest.mark.parametrize("case", GOOD)
def test_a_profile_is_read(case: str, tmp_path: Path) -> None:
    assert load(read_manifest(written(tmp_path, GOOD[case]))).profile


@pytest.mark.parametrize("case", BAD)
def test_a_profile_is_refused(case: str, tmp_path: Path) -> None:
    change, reason, words = BAD[case]
    path = written(tmp_path, change)
    with pytest.raises(InputRefused) as refused:
        load(read_manifest(path))
    assert refused.value.reason == reason
    assert words in refused.value.message
