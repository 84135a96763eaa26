"""From a ModelVersion's manifest to a model that may answer: fetch, verify, check, then trust."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import msgspec

from model_server.artifact import model_from_bytes, refuse_large_file
from model_server.count import count_rows
from model_server.dialect import Identity
from model_server.digest import read_verified
from model_server.engine import Engine, SklearnEngine
from model_server.fetch import fetch
from model_server.golden import Golden, read_golden, refuse_other_answers
from model_server.manifest import InvalidManifest, ModelVersion, StoredFile, read_model_version
from model_server.metrics import Metrics
from model_server.outcome import InputRefused, TryAgain
from model_server.profile import ReferenceProfile, read_profile
from model_server.protocol_v2 import datatype_of
from model_server.served import ServedModel
from model_server.signature import Signature, checked, read_signature

VERSIONED = (
    "scikit-learn",
    "xgboost",
    "lightgbm",
)  # a model loads only under the minor version that wrote it


@dataclass(frozen=True)
class Loaded:
    """A version's files, verified and read."""

    manifest: ModelVersion
    signature: Signature
    engine: Engine
    profile: ReferenceProfile | None
    golden: Golden | None
    size_bytes: int


def read_manifest(path: Path) -> ModelVersion:
    """Return the manifest, or raise `InputRefused` (InvalidSpec) naming the field."""
    try:
        return read_model_version(path)
    except InvalidManifest as error:
        raise InputRefused("InvalidSpec", str(error)) from error


def load(manifest: ModelVersion, beside: Path | None = None) -> Loaded:
    """Return the loaded version, whose golden rows are answered as written.

    Files are looked for in the directory `beside` first, by name. Raises `InputRefused` or `TryAgain`.
    """
    spec = manifest.spec
    refuse_other_libraries(spec.lineage.get("packages", {}))
    with tempfile.TemporaryDirectory(prefix="leeway-") as directory:
        files = Files(Path(directory), beside)
        content = files.read("spec.artifact", spec.artifact.uri, spec.artifact.sha256)
        signature = get_signature(spec.signature, files)
        profile = read_profile(files.read_stored("spec.profile", spec.profile)) if spec.profile else None
        golden = read_golden(files.read_stored("spec.golden", spec.golden)) if spec.golden else None
    model = model_from_bytes(content)
    engine = SklearnEngine(model)
    refuse_other_signature(signature, engine.classes, getattr(model, "n_features_in_", None))
    if golden:
        refuse_other_answers(engine, signature, golden)
    return Loaded(manifest, signature, engine, profile, golden, len(content))


def make_served(loaded: Loaded, deployment: str) -> ServedModel:
    """Return the version as the server answers with it; `deployment` is one more name, if not empty."""
    spec = loaded.manifest.spec
    identity = Identity(
        name=spec.model_name,
        names=tuple(dict.fromkeys(name for name in (spec.model_name, deployment) if name)),
        version=loaded.manifest.metadata.name,
        sha256=spec.artifact.sha256,
        signature=loaded.signature,
        datatype=datatype_of(loaded.engine.classes[:1]),
        metrics=spec.metrics,
        profile=loaded.profile.digest if loaded.profile else "",
    )
    metrics = Metrics(identity)
    if loaded.profile:
        metrics.set_profile(loaded.profile)
    return ServedModel(identity, loaded.engine, count_rows(metrics.rows), metrics)


@dataclass(frozen=True)
class Files:
    """Where the files of a version come from."""

    downloads: Path
    beside: Path | None

    def read(self, field: str, uri: str, sha256: str) -> bytes:
        """Return the file's verified bytes, or raise `InputRefused` or `TryAgain` naming the field."""
        try:
            path = self.find(uri)
            refuse_large_file(path)
            return read_verified(path, sha256)
        except InputRefused as refused:
            member = "sha256" if refused.reason == "DigestMismatch" else "uri"
            raise InputRefused(refused.reason, f"{field}.{member}: {refused.message}") from refused
        except FileNotFoundError as error:
            remedy = "put the file there, or create a ModelVersion with the right uri"
            raise InputRefused("ArtifactNotFound", f"{field}.uri: {error}; {remedy}") from error
        except ConnectionError as error:
            raise TryAgain("StoreUnavailable", f"{field}.uri: {error}") from error
        except (OSError, ValueError) as error:
            raise InputRefused("ArtifactUnreadable", f"{field}.uri: {error}") from error

    def read_stored(self, field: str, file: StoredFile) -> bytes:
        """Return the verified bytes of a file beside the model."""
        return self.read(field, file.uri, file.sha256)

    def find(self, uri: str) -> Path:
        """Return a local path: of the file beside the manifest, so a directory may be moved; else fetched."""
        neighbour = self.beside / uri.rpartition("/")[2] if self.beside else None
        return neighbour if neighbour and neighbour.is_file() else fetch(uri, self.downloads)


def get_signature(raw: dict[str, Any], files: Files) -> Signature:
    """Return the signature given inline or by uri and sha256, or raise `InputRefused` naming the field."""
    if "uri" in raw:
        return read_signature(files.read("spec.signature", str(raw["uri"]), str(raw.get("sha256", ""))))
    try:
        return checked(msgspec.convert(raw, Signature))
    except msgspec.ValidationError as error:
        raise InputRefused("SignatureMismatch", f"spec.signature: {error}") from error


def refuse_other_libraries(packages: dict[str, str]) -> None:
    """Raise `InputRefused` (VersionMismatch) when this image has another minor version than the trainer had."""
    for name in VERSIONED:
        if name in packages and minor(packages[name]) != minor(installed(name)):
            raise InputRefused(
                "VersionMismatch",
                f"trained with {name} {packages[name]}, but this image has {installed(name)}; "
                "train it again, or use the image it was trained with",
            )


def installed(name: str) -> str:
    """Return the version of a package in this image, or `none`."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"


def minor(text: str) -> str:
    """Return the first two numbers of a version."""
    return ".".join(text.split(".")[:2])


def refuse_other_signature(signature: Signature, classes: Sequence[Any], width: int | None) -> None:
    """Raise `InputRefused` (SignatureMismatch) when columns or classes are not as many as the model has."""
    if width is not None and width != len(signature.inputs):
        raise InputRefused(
            "SignatureMismatch",
            f"signature: {len(signature.inputs)} inputs, but the model takes {width} columns",
        )
    if len(signature.classes) != len(classes):
        raise InputRefused(
            "SignatureMismatch",
            f"signature: {len(signature.classes)} classes of the first output, but the model has {len(classes)}",
        )
