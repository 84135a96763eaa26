"""From a ModelVersion's manifest to a model that may answer: fetch, verify, check, then trust."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from model_server.artifact.libraries import refuse_other_libraries
from model_server.contract import reasons
from model_server.contract.identity import Identity
from model_server.contract.manifest import InvalidManifest, ModelVersion, read_model_version
from model_server.contract.outcome import InputRefused
from model_server.contract.profile import ReferenceProfile, read_profile
from model_server.contract.signature import Signature, checked, read_signature
from model_server.counts.counts import RowCounts
from model_server.counts.prometheus import Metrics
from model_server.engines.choose import MODEL, choose
from model_server.engines.engine import Engine
from model_server.protocols.v2 import datatype_of
from model_server.version.files import Files
from model_server.version.golden import Golden, read_golden, refuse_other_answers
from model_server.version.served import ServedModel


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
        raise InputRefused(reasons.INVALID_SPEC, str(error)) from error


def load(manifest: ModelVersion, beside: Path | None = None) -> Loaded:
    """Return the loaded version, whose golden rows are answered as written.

    Files are looked for in the directory `beside` first, by name. Raises `InputRefused` or `TryAgain`.
    """
    spec = manifest.spec
    refuse_other_libraries(spec.lineage.get("packages", {}))
    with tempfile.TemporaryDirectory(prefix="leeway-") as directory:
        files = Files(Path(directory), beside)
        signature = get_signature(spec.signature, files)
        profile = read_profile(files.read_stored("spec.profile", spec.profile)) if spec.profile else None
        golden = read_golden(files.read_stored("spec.golden", spec.golden)) if spec.golden else None
        engine = choose({MODEL: partial(files.read_stored, "spec.artifact", spec.artifact)}, signature)
    refuse_other_signature(signature, engine.classes, engine.width)
    # Last, since it shows what no check of a file can: this image computes what the trainer's image did.
    if golden:
        refuse_other_answers(engine, signature, golden)
    return Loaded(manifest, signature, engine, profile, golden, files.sizes.get(spec.artifact.uri, 0))


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
    counts = RowCounts()
    metrics = Metrics(identity, counts)
    if loaded.profile:
        metrics.set_profile(loaded.profile)
    return ServedModel(identity, loaded.engine, counts, metrics)


def get_signature(raw: dict[str, Any], files: Files) -> Signature:
    """Return the signature given inline or by uri and sha256, or raise `InputRefused` naming the field."""
    if "uri" in raw:
        return read_signature(files.read("spec.signature", str(raw["uri"]), str(raw.get("sha256", ""))))
    try:
        return checked(msgspec.convert(raw, Signature))
    except msgspec.ValidationError as error:
        raise InputRefused(reasons.SIGNATURE_MISMATCH, f"spec.signature: {error}") from error


def refuse_other_signature(signature: Signature, classes: Sequence[Any], width: int | None) -> None:
    """Raise `InputRefused` (SignatureMismatch) when columns or classes are not as many as the model has."""
    if width is not None and width != len(signature.inputs):
        raise InputRefused(
            reasons.SIGNATURE_MISMATCH,
            f"signature: {len(signature.inputs)} inputs, but the model takes {width} columns",
        )
    if len(signature.classes) != len(classes):
        raise InputRefused(
            reasons.SIGNATURE_MISMATCH,
            f"signature: {len(signature.classes)} classes of the first output, but the model has {len(classes)}",
        )
