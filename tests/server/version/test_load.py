"""A version is loaded only when every byte and number is what its manifest promised."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from model_server.contract.outcome import InputRefused, TryAgain
from model_server.version.load import load, make_served, read_manifest
from tests.server import models
from tests.server.version.edits import (
    GOLDEN,
    with_endless_model,
    with_endless_signature,
    with_file,
    with_lost_signature,
    with_model,
    with_signature_file,
    with_size,
    with_spec,
    with_swapped_file,
    without_model,
)

INLINE = msgspec.to_builtins(models.POINT)
PROBABILITIES = models.make_point_model().predict_proba([[0, 0], [1, 1]])


LOADS: dict[str, Callable[[dict[str, Any], Path], None]] = {
    "as written": with_spec(),
    "with the signature in a file": with_signature_file,
    "with the size that was recorded": with_size,
    "with golden rows": with_file("golden", GOLDEN),
    "with golden rows as objects": with_file(
        "golden", GOLDEN | {"rows": [{"x0": 0, "x1": 0}, {"x0": 1, "x1": 1}]}
    ),
    "with the probabilities of golden rows": with_file(
        "golden", GOLDEN | {"probabilities": PROBABILITIES.tolist()}
    ),
    "with golden rows that differ by less than is told": with_file(
        "golden", GOLDEN | {"probabilities": (PROBABILITIES + 1e-12).tolist()}
    ),
    "with no golden row at all": with_file("golden", {"rows": [], "predictions": []}),
    "with this image's library versions": with_spec(
        lineage={"packages": {"scikit-learn": "1.9.0", "python": "3.13"}}
    ),
}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A version of the point model that a test may change."""
    models.write_version(tmp_path, "point", models.make_point_model(), INLINE)
    return tmp_path


def edited(directory: Path, edit: Callable[[dict[str, Any], Path], None]) -> Path:
    """Apply the edit and return the manifest's path."""
    path = directory / "modelversion.json"
    manifest = msgspec.json.decode(path.read_bytes())
    edit(manifest, directory)
    models.write_manifest(directory, manifest)
    return path


@pytest.mark.parametrize("case", LOADS)
def test_a_version_loads(directory: Path, case: str) -> None:
    served = make_served(load(read_manifest(edited(directory, LOADS[case]))), "")
    assert (served.identity.name, served.identity.version, served.identity.datatype) == (
        "point",
        "point-1",
        "INT64",
    )


REFUSED: dict[str, tuple[Callable[[dict[str, Any], Path], None], str, str]] = {
    "a model file over the cap": (with_endless_model, "UnsafeArtifact", "spec.files.model.uri: model.skops"),
    "no model file": (without_model, "ArtifactNotFound", "model.skops"),
    "another digest": (with_model(digest="sha256:" + "0" * 64), "DigestMismatch", "model.skops"),
    "a digest that is none": (with_model(digest="abc"), "InvalidSpec", "digest"),
    "an unknown scheme": (with_model(uri="gopher://x/model.skops"), "ArtifactUnreadable", "gopher"),
    "another format": (with_spec(format="joblib"), "InvalidSpec", "format"),
    "no model among the files": (with_spec(files={}), "InvalidSpec", "files.model is missing"),
    "a file larger than was recorded": (
        with_model(sizeBytes=9),
        "DigestMismatch",
        "spec.files.model.",
    ),
    "a file smaller than was recorded": (
        with_model(sizeBytes=1 << 20),
        "DigestMismatch",
        "1048576 were promised",
    ),
    "a signature in two places": (
        with_file("signature", INLINE),
        "InvalidSpec",
        "give the signature once",
    ),
    "a signature in no place": (with_spec(signature=None), "InvalidSpec", "give the signature once"),
    "no input": (with_spec(signature=INLINE | {"inputs": []}), "SignatureMismatch", "inputs"),
    "an input twice": (
        with_spec(signature=INLINE | {"inputs": INLINE["inputs"][:1] * 2}),
        "SignatureMismatch",
        "x0",
    ),
    "too few inputs": (
        with_spec(signature=INLINE | {"inputs": INLINE["inputs"][:1]}),
        "SignatureMismatch",
        "2 columns",
    ),
    "an input of no type": (
        with_spec(signature=INLINE | {"inputs": [{"name": "x0", "type": "text"}]}),
        "SignatureMismatch",
        "$.inputs[0].type",
    ),
    "too many classes": (
        with_spec(
            signature=INLINE | {"outputs": [{"name": "p", "type": "categorical", "classes": ["0", "1", "2"]}]}
        ),
        "SignatureMismatch",
        "classes",
    ),
    "classes in another order": (
        with_spec(
            signature=INLINE | {"outputs": [{"name": "p", "type": "categorical", "classes": ["1", "0"]}]}
        ),
        "SignatureMismatch",
        "the model has 0, 1",
    ),
    "an output of another type": (
        with_spec(signature=INLINE | {"outputs": [{"name": "p", "type": "numeric", "classes": ["0", "1"]}]}),
        "SignatureMismatch",
        "one output, of type categorical",
    ),
    "two outputs": (
        with_spec(signature=INLINE | {"outputs": [*INLINE["outputs"], {"name": "q", "type": "numeric"}]}),
        "SignatureMismatch",
        "the model has one output",
    ),
    "a signature file that is not there": (
        with_lost_signature,
        "ArtifactNotFound",
        "signature.json",
    ),
    "golden rows that answer otherwise": (
        with_file("golden", GOLDEN | {"predictions": [0, 0]}),
        "GoldenRowsDiffer",
        "row 1",
    ),
    "golden rows with other probabilities": (
        with_file("golden", GOLDEN | {"probabilities": [[0.9, 0.1], [0.5, 0.5]]}),
        "GoldenRowsDiffer",
        "probabilities",
    ),
    "golden rows with probabilities that are a little off": (
        with_file("golden", GOLDEN | {"probabilities": (PROBABILITIES + 1e-8).tolist()}),
        "GoldenRowsDiffer",
        "row 0 has probabilities",
    ),
    "golden rows with one probability a row": (
        with_file("golden", GOLDEN | {"probabilities": [[0.5], [0.5]]}),
        "GoldenRowsDiffer",
        "probabilities",
    ),
    "golden rows with probabilities of fewer rows": (
        with_file("golden", GOLDEN | {"probabilities": PROBABILITIES[:1].tolist()}),
        "ArtifactUnreadable",
        "2 rows, but 1 rows of probabilities",
    ),
    "golden rows with a tolerance that tolerates all": (
        with_file("golden", GOLDEN | {"tolerance": "inf"}),
        "ArtifactUnreadable",
        "from 0 to below 1",
    ),
    "golden rows of another width": (
        with_file("golden", GOLDEN | {"rows": [[0], [1]]}),
        "GoldenRowsDiffer",
        "rows[0]",
    ),
    "golden rows without answers": (
        with_file("golden", GOLDEN | {"predictions": []}),
        "ArtifactUnreadable",
        "golden",
    ),
    "golden rows that are no JSON object": (with_file("golden", [1]), "ArtifactUnreadable", "golden"),
    "golden rows changed after the record": (with_swapped_file, "DigestMismatch", "golden.json"),
    "a signature file larger than any": (
        with_endless_signature,
        "UnsafeArtifact",
        "spec.files.signature.uri: signature.json has more than",
    ),
    "a metric that is no number": (
        with_spec(metrics={"accuracy": "97%"}),
        "InvalidSpec",
        'spec.metrics.accuracy: "97%" is no number',
    ),
    "a positive class that is none": (
        with_spec(
            signature=INLINE
            | {
                "outputs": [
                    {"name": "p", "type": "categorical", "classes": ["0", "1"], "positiveClass": "yes"}
                ]
            }
        ),
        "SignatureMismatch",
        '"yes" is none of classes',
    ),
    "a profile that is none": (with_file("profile", {"features": 1}), "ArtifactUnreadable", "profile"),
    "another minor version of scikit-learn": (
        with_spec(lineage={"packages": {"scikit-learn": "1.2.0"}}),
        "VersionMismatch",
        "1.2.0",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_version_is_refused_with_its_reason(directory: Path, case: str) -> None:
    edit, reason, word = REFUSED[case]
    path = edited(directory, edit)
    with pytest.raises(InputRefused) as refused:
        load(read_manifest(path))
    assert refused.value.reason == reason
    assert word in refused.value.message


def test_a_store_that_does_not_answer_may_be_tried_again(directory: Path) -> None:
    path = edited(directory, with_model(uri="http://127.0.0.1:9/model.skops"))
    with pytest.raises(TryAgain) as pause:
        load(read_manifest(path))
    assert pause.value.reason == "StoreUnavailable"


def test_one_flipped_bit_anywhere_is_noticed(directory: Path) -> None:
    artifact = directory / "model.skops"
    content = artifact.read_bytes()
    manifest = read_manifest(directory / "modelversion.json")
    for offset in random.Random(1).sample(range(len(content)), 100):
        flipped = bytearray(content)
        flipped[offset] ^= 1 << (offset % 8)
        artifact.write_bytes(flipped)
        with pytest.raises(InputRefused) as refused:
            load(manifest)
        assert refused.value.reason == "DigestMismatch"


def test_a_directory_may_be_moved(directory: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    moved = tmp_path_factory.mktemp("moved") / "version"
    directory.rename(moved)
    with pytest.raises(InputRefused):
        load(read_manifest(moved / "modelversion.json"))
    assert load(read_manifest(moved / "modelversion.json"), moved).engine
